"""What has to be on the machine before anything of the cluster can be: packages, directories, certificates.

Knows: what is needed. Must not know: how it is brought about.
"""

from __future__ import annotations

from pgcharm.layout import PGDG_SOURCES
from pgcharm.observation import File, Secrets
from pgcharm.options import Value
from pgcharm.packages import DISTRIBUTION_SERVICES, built_in, wanted_packages
from pgcharm.plan.files import create_cluster, pgdg_sources, write_if_needed
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import (
    FetchLists,
    GenerateLocale,
    InstallPackages,
    IssueCertificate,
    MakeDirectory,
    MaskServices,
    NoteConfig,
    RemovePath,
)
from pgcharm.plan.types import Step

RENEW_BEFORE = 30 * 86400.0
"""Seconds before its end at which a certificate is issued anew."""

_OWNERS = {"etcd": "etcd", "postgres": "postgres", "pgbackrest": "postgres"}


def packages(s: Situation) -> Part:
    """The distribution's packages, without what they would start by themselves."""
    machine = s.o.machine
    names = wanted_packages(machine.distribution, machine.release, s.layout.version, s.options.locale)
    missing = tuple(name for name in names if name not in machine.packages)
    unmasked = tuple(name for name in DISTRIBUTION_SERVICES if not machine.services[name].masked)
    steps: list[Step] = []
    if unmasked:
        steps.append(MaskServices("the charm runs its own", unmasked))
    if config := write_if_needed(s, create_cluster()):
        steps.append(config)
    steps += archive(s)
    if missing:
        steps.append(InstallPackages("they are missing", missing))
        if not built_in(s.options.locale):
            steps.append(GenerateLocale("libc does not have it of itself", s.options.locale))
    return Part(tuple(steps))


def archive(s: Situation) -> tuple[Step, ...]:
    """The PostgreSQL project's archive, where the operator wants it. Its key is in the package postgresql-common."""
    there = PGDG_SOURCES in s.o.machine.files
    if not s.options.pgdg:
        return (RemovePath("the option pgdg is off", PGDG_SOURCES), FetchLists("an archive is gone")) if there else ()
    if (sources := write_if_needed(s, pgdg_sources(s))) is None:
        return ()
    common = (InstallPackages("it has the archive's key", ("postgresql-common",)),)
    return *common, sources, FetchLists("an archive is new")


def directories(s: Situation) -> Part:
    """Directories with the right owners."""
    postgres = (f"{s.layout.storage}/{s.layout.version}",) if s.layout.storage else ()
    wanted = [
        *((path, "root", "root", 0o755) for path in (s.layout.etc, f"{s.layout.etc}/tls", s.layout.state)),
        (s.layout.etcd_data, "etcd", "etcd", 0o700),
        (f"{s.layout.state}/archive", "postgres", "postgres", 0o755),
        (s.layout.backups, "postgres", "postgres", 0o750),
        *((path, "postgres", "postgres", 0o700) for path in postgres),
    ]
    return Part(
        tuple(
            MakeDirectory("it is missing or not as it should be", path, owner, group, mode)
            for path, owner, group, mode in wanted
            if s.o.machine.files.get(path) != File("", owner, group, mode)
            and not (path == s.layout.etcd_data and s.o.juju.stopping)
        )
    )


def certificates(s: Situation) -> Part:
    """A certificate of the cluster's authority for each program that needs one."""
    if s.secrets is None or not s.o.juju.address:
        return Part()
    found = (certificate(s, s.secrets, program) for program in _OWNERS)
    return Part(tuple(step for step in found if step))


def certificate(s: Situation, secrets: Secrets, program: str) -> IssueCertificate | None:
    """The step that issues a program's certificate, or None where it has a good one."""
    names = tuple(sorted({s.o.juju.address, "127.0.0.1", "localhost", s.o.machine.hostname} - {""}))
    if not (reason := why_issue(s, secrets, program, names)):
        return None
    return IssueCertificate(
        reason,
        program,
        s.name,
        names,
        _OWNERS[program],
        s.layout.certificate(program),
        s.layout.key(program),
        secrets.ca_certificate,
        secrets.ca_key,
    )


def why_issue(s: Situation, secrets: Secrets, program: str, names: tuple[str, ...]) -> str:
    """Why a program needs a new certificate; empty where it does not."""
    seen = s.o.machine.certificates.get(program)
    key = s.o.machine.files.get(s.layout.key(program))
    if seen is None or key is None:
        return "it has none"
    if seen.issuer != secrets.ca_fingerprint:
        return "its own is another authority's"
    if seen.names != names:
        return f"its own is for {', '.join(seen.names)}"
    if seen.expires - s.o.now < RENEW_BEFORE:
        return "its own is about to expire"
    if (key.owner, key.mode) != (_OWNERS[program], 0o600):
        return f"its key belongs to {key.owner} with mode {key.mode:o}"
    return ""


def note_config(s: Situation) -> Part:
    """A configuration without a mistake is what later mistakes fall back to."""
    config: dict[str, Value] = dict(s.o.juju.config)
    if s.mistakes or s.o.machine.memories.config == config:
        return Part()
    return Part((NoteConfig("it has no mistake in it", config),))
