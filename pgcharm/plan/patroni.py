"""This unit's Patroni and PostgreSQL: start, reload, restart.

Knows: what has been read and started, and what has changed since. Must not know: how anything is done.
A clone that is under way is never disturbed.
"""

from __future__ import annotations

from pgcharm.plan.files import (
    PATRONI,
    POSTGRES,
    files,
    patroni_unit,
    patroni_yml,
    pg_hba,
    pg_ident,
    postgresql_conf,
    watch_json,
    watch_unit,
)
from pgcharm.plan.rejoin import rejoin
from pgcharm.plan.rolling import holds_role, is_stale, restart
from pgcharm.plan.situation import Part, Situation, digest
from pgcharm.plan.steps import AwaitPatroni, ReloadPatroni, ReloadPostgres, RestartInTurn, StartService, WriteFile
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.plan.upgrade import upgrade
from pgcharm.view import why_unknown


def database(s: Situation) -> Part:
    """What this unit does about Patroni and PostgreSQL now."""
    if s.o.machine.data_version not in ("", s.layout.version):
        what = f"{s.layout.data} holds PostgreSQL {s.o.machine.data_version} (expected {s.layout.version})"
        return Part(blocks=(Block(what, "attach storage of the cluster's version"),))
    if not s.o.machine.services[s.layout.patroni_service].active:
        return begin(s)
    if (part := rejoin(s)) != Part():
        return part
    if s.patroni is None:
        return silent(s)
    if steps := reloads(s):
        return Part(steps)
    restarting = restart(s, s.patroni, patroni_inputs(s))
    return restarting if restarting != Part() else upgrade(s, s.patroni)


def silent(s: Situation) -> Part:
    """Patroni runs and does not answer. Where its files have changed since, it may be what they put right."""
    if is_stale(s, patroni_inputs(s)) and not holds_role(s):
        reason = "it does not answer, and its files have changed"
        return Part((RestartInTurn(reason, s.layout.patroni_service, patroni_inputs(s)),))
    return Part(waits=(Wait("Patroni", why_unknown(s.o.patroni)),))


def begin(s: Situation) -> Part:
    """Start Patroni, once there is a cluster to join, or as the first."""
    if s.etcd is None:
        return Part()
    if not s.etcd.initialized and not s.is_first:
        first = s.founding.first if s.founding else "the first unit"
        return Part(waits=(Wait(f"{first} to make the cluster", "there is no database cluster yet"),))
    reason = "it does not run" if s.etcd.initialized else "the database cluster begins with this unit"
    service = s.layout.patroni_service
    started = StartService(reason, service, patroni_inputs(s), {PATRONI: reads(s), POSTGRES: server_reads(s)})
    alone = s.is_first and not s.etcd.initialized
    waited: tuple[Step, ...] = (AwaitPatroni("it begins with this unit", 90, primary=True),) if alone else ()
    return Part((started, *waited, *watch(s)))


def watch(s: Situation) -> tuple[Step, ...]:
    """The service that wakes the charm."""
    service = s.o.machine.services[s.layout.watch_service]
    inputs = digest(watch_unit(s).content, watch_json(s).content)
    if service.active and s.o.machine.memories.started_with.get(s.layout.watch_service) == inputs:
        return ()
    return (StartService("it wakes the charm when the cluster changes", s.layout.watch_service, inputs),)


def patroni_inputs(s: Situation) -> str:
    """The digest of what only a restart of Patroni can change."""
    return digest(patroni_unit(s).content)


def reads(s: Situation) -> str:
    """The digest of what Patroni reads."""
    certificate = s.o.machine.files.get(s.layout.certificate(POSTGRES))
    text = patroni_yml(s, s.secrets).content if s.secrets else ""
    return digest(text, certificate.digest if certificate else "")


def server_reads(s: Situation) -> str:
    """The digest of what PostgreSQL reads."""
    certificate = s.o.machine.files.get(s.layout.certificate(POSTGRES))
    read = (postgresql_conf(s), pg_hba(s), pg_ident(s))
    return digest(*(file.content for file in read), certificate.digest if certificate else "")


def reloads(s: Situation) -> tuple[Step, ...]:
    """What has been written and not been read."""
    loaded = s.o.machine.memories.loaded
    written = {step.reader for step in files(s).steps if isinstance(step, WriteFile)}
    steps: list[Step] = []
    if s.postgres is not None and (POSTGRES in written or loaded.get(POSTGRES) != server_reads(s)):
        steps.append(ReloadPostgres("its files have changed", s.postgres.port, server_reads(s)))
    if PATRONI in written or loaded.get(PATRONI) != reads(s):
        steps.append(ReloadPatroni("its file has changed", reads(s)))
    return tuple(steps) + watch(s)
