"""The files of backups: pgBackRest's configuration, what PostgreSQL hands its log to, services and timers.

Knows: the content of each. Must not know: who reads them when.
"""

from __future__ import annotations

import json

from pgcharm.backup.facts import FULL, INCREMENTAL
from pgcharm.backup.notes import PLACE
from pgcharm.backup.repository import LOCAL, Lacking, Repository
from pgcharm.layout import PATRONI_PORT, PGBACKREST_PORT, SOCKETS, member_name
from pgcharm.plan.repository import address_of, keeper, keeps, repository, stanza, version, where
from pgcharm.plan.situation import Situation, digest, interpreter
from pgcharm.plan.wanted import Wanted
from pgcharm.render.templates import render

LOGS = "/var/log/pgbackrest"
SPOOL = "/var/spool/pgbackrest"
QUEUE = "256MiB"
"""So much of the log waits at least before any of it is given up."""
_BUNDLES, _BLOCKS = (2, 39), (2, 46)
"""Versions of pgBackRest that put small files together, and that keep of large ones what has changed."""


def backup_files(s: Situation) -> tuple[Wanted, ...]:
    """All of them. Where the repository cannot be told, its configuration stays as it is."""
    return (
        *repository_files(s),
        push(s),
        pgbackrest_unit(s),
        backup_json(s),
        backup_unit_file(s),
        *(timer(s, kind) for kind, calendar in calendars(s).items() if calendar),
    )


def calendars(s: Situation) -> dict[str, str]:
    """When backups are made, by kind."""
    return {FULL: s.options.backup_full_schedule, INCREMENTAL: s.options.backup_incremental_schedule}


def repository_files(s: Situation) -> tuple[Wanted, ...]:
    """What pgBackRest has to know of the repository."""
    found = repository(s)
    if isinstance(found, Lacking) or (found.kind == LOCAL and not address_of(s, keeper(s))):
        return ()
    files = [pgbackrest_conf(s, found)]
    if found.authorities:
        files.append(Wanted(s.layout.repository_ca, found.authorities))
    if found.private_key:
        files.append(Wanted(s.layout.repository_key, found.private_key, "postgres", "postgres", 0o600))
    return tuple(files)


def pgbackrest_conf(s: Situation, found: Repository) -> Wanted:
    text = render(
        "pgbackrest.conf.j2",
        logs=LOGS,
        locks=f"{s.layout.state}/archive",
        spool=SPOOL,
        processes=max(1, min(4, s.o.machine.cores // 2)),
        compression="zst",
        heading=PLACE + where(s, found),
        repository=repository_lines(s, found),
        server_port=PGBACKREST_PORT,
        ca=s.layout.ca,
        certificate=s.layout.certificate("pgbackrest"),
        key=s.layout.key("pgbackrest"),
        peers=peers(s),
        stanza=stanza(s),
        data=s.layout.data,
        port=s.options.listen_port,
        sockets=SOCKETS,
    )
    return Wanted(s.layout.pgbackrest, text, "root", "postgres", 0o640)


def repository_lines(s: Situation, found: Repository) -> tuple[tuple[str, str], ...]:
    """pgBackRest's options of the repository, without `repo1-`."""
    if not keeps(s):
        return tuple(host_options(s, address_of(s, keeper(s))).items())
    lines = {**found.settings, **found.secrets}
    if found.authorities:
        lines["storage-ca-file"] = s.layout.repository_ca
    if found.private_key:
        lines["sftp-private-key-file"] = s.layout.repository_key
    if found.passphrase:
        lines |= {"cipher-type": "aes-256-cbc", "cipher-pass": found.passphrase}
    lines |= retention(s)
    if version(s) >= _BUNDLES:
        lines["bundle"] = "y"
    if version(s) >= _BLOCKS:
        lines["block"] = "y"
    return tuple(lines.items())


def retention(s: Situation) -> dict[str, str]:
    """How long backups are kept."""
    if s.options.backup_retention_days:
        return {"retention-full-type": "time", "retention-full": str(s.options.backup_retention_days)}
    return {"retention-full": str(s.options.backup_retention_full)}


def host_options(s: Situation, address: str) -> dict[str, str]:
    """How another unit's pgBackRest is reached, as options that `repo1-` or `pg2-` goes before."""
    return {
        "host": address,
        "host-type": "tls",
        "host-port": str(PGBACKREST_PORT),
        "host-config": s.layout.pgbackrest,
        "host-ca-file": s.layout.ca,
        "host-cert-file": s.layout.certificate("pgbackrest"),
        "host-key-file": s.layout.key("pgbackrest"),
    }


def peers(s: Situation) -> tuple[str, ...]:
    """Members that may ask this unit's server."""
    others = s.o.juju.others
    return tuple(sorted(member_name(unit) for unit in {*others, *s.staying} - {s.o.juju.unit}))


def push(s: Situation) -> Wanted:
    text = render(
        "pgbackrest-push.j2",
        configuration=s.layout.pgbackrest,
        stanza=stanza(s),
        queue=QUEUE,
        dropped=s.layout.dropped,
        error=s.layout.push_error,
    )
    return Wanted(s.layout.archive_push, text, mode=0o755)


def pgbackrest_unit(s: Situation) -> Wanted:
    text = render("pgbackrest.service.j2", application=s.o.juju.application, configuration=s.layout.pgbackrest)
    return Wanted(s.layout.unit_file(s.layout.pgbackrest_service), text)


def backup_unit_file(s: Situation) -> Wanted:
    text = render(
        "backup.service.j2",
        application=s.o.juju.application,
        patroni_service=s.layout.patroni_service,
        charm_dir=s.o.juju.charm_dir,
        python=interpreter(s),
        configuration=s.layout.rendered("backup.json"),
    )
    return Wanted(s.layout.unit_file(s.layout.backup_service("")), text)


def backup_json(s: Situation) -> Wanted:
    """What the backup program has to know. Nothing of it is secret."""
    content = {
        "unit": s.o.juju.unit,
        "stanza": stanza(s),
        "config": s.layout.pgbackrest,
        "patroni": f"https://127.0.0.1:{PATRONI_PORT}",
        "ca": s.layout.ca,
        "certificate": s.layout.certificate("etcd"),
        "key": s.layout.key("etcd"),
        "data": s.layout.data,
        "sockets": SOCKETS,
        "host": host_options(s, ""),
        "annotates": version(s) >= (2, 41),
        "notes": s.layout.backup_notes,
        "seen": s.layout.repository_seen,
        "again": s.layout.again,
    }
    return Wanted(s.layout.rendered("backup.json"), json.dumps(content, indent=2) + "\n")


def timer(s: Situation, kind: str) -> Wanted:
    calendar = calendars(s)[kind]
    text = render(
        "backup.timer.j2",
        application=s.o.juju.application,
        kind=kind,
        calendar=calendar.removesuffix(" UTC").removesuffix(" utc"),
        service=s.layout.backup_service(kind),
    )
    return Wanted(s.layout.unit_file(s.layout.backup_timer(kind)), text)


def server_reads(s: Situation) -> str:
    """The digest of what pgBackRest's server reads when it is told to; the rest it reads anew for each that asks."""
    certificate = s.o.machine.files.get(s.layout.certificate("pgbackrest"))
    return digest(certificate.digest if certificate else "", stanza(s), *peers(s))
