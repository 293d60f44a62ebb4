"""Steps about backups. What pgBackRest refuses is no failure of a hook: it is noted down, and the status says it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pgcharm.adapters import host, juju, postgres
from pgcharm.adapters.looks import note_look, sight
from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError
from pgcharm.adapters.segments import create_stanza, fill
from pgcharm.apply.means import Means, Perform
from pgcharm.backup.notes import read_runs
from pgcharm.plan import backup_steps
from pgcharm.plan.requests.steps import DeleteBackup, FollowBackup
from pgcharm.plan.types import Step

SECONDS = 60.0
"""How long a repository may take to answer in a hook."""
LOOK_SECONDS = 0.1
"""Between two looks at a backup that somebody waits for."""
STARTS_SECONDS = 15.0
"""The backup program has written down that it is at work by then."""


def reload_service(step: backup_steps.ReloadService, means: Means) -> bool:
    """It has read its files: by a signal, or, where it has just ended and nobody was there to hear it, by a start."""
    try:
        host.run("systemctl", "reload", step.service, timeout=30)
    except host.HostError as error:
        juju.log(f"cannot {step.says()}, so it is restarted: {error}", "WARNING")
        host.ensure_service_restarted(step.service)
    means.note("loaded", step.loads)
    return True


def make_stanza(step: backup_steps.MakeStanza, means: Means) -> bool:
    """Look before: what is there already, this cluster's or another's, is left as it is."""
    backrest, by = PgBackRest(means.layout.pgbackrest, step.stanza), sight(means.layout.pgbackrest)
    try:
        seen = backrest.info(SECONDS)
        if not seen.exists:
            strays = create_stanza(backrest, *options_of("pg2", step.primary), timeout=SECONDS)
            if strays:
                juju.log(f"removed what was archived in {step.place} before there was a stanza: {', '.join(strays)}")
            seen = backrest.info(SECONDS)
    except PgBackRestError as error:
        juju.log(f"cannot {step.says()}: {error}", "WARNING")
        means.note(
            "backup", {"failed": f"{error.said}" + (f" ({error.hint})" if error.hint else ""), "at": str(host.uptime())}
        )
        return False
    means.note("backup", {"failed": "", "at": ""})
    note_look(means.layout.repository_seen, seen, by)
    wake_archiver()
    return True


def options_of(prefix: str, options: Mapping[str, str]) -> list[str]:
    """
    >>> options_of("pg2", {"host": "10.0.0.1", "path": "/data"})
    ['--pg2-host=10.0.0.1', '--pg2-path=/data']
    """
    return [f"--{prefix}-{name}={value}" for name, value in options.items()]


def wake_archiver() -> None:
    """After three failures the archiver sleeps for a minute, unless a segment is new."""
    try:
        link = postgres.local(postgres.running_port(5432))
    except postgres.PostgresError:
        return
    try:
        postgres.rows(link, "SELECT pg_switch_wal() WHERE NOT pg_is_in_recovery()")
    except postgres.PostgresError as error:
        juju.log(f"cannot wake the archiver: {error}", "WARNING")
    finally:
        link.close()


def note_passphrase(step: backup_steps.NotePassphrase, means: Means) -> bool:
    means.note("backup", {"passphrase": step.passphrase, "proved": step.proved})
    return True


def start_backup(step: backup_steps.StartBackup, _: Means) -> bool:
    host.start_in_background(step.service)
    return True


def fill_archive(step: backup_steps.FillArchive, means: Means) -> bool:
    """Segments of older timelines that are here and not in the archive are handed to PostgreSQL's archiver again."""
    backrest = PgBackRest(means.layout.pgbackrest, step.stanza)
    try:
        filled = fill(backrest, step.data, means.layout.version, step.timeline)
    except (PgBackRestError, OSError) as error:
        juju.log(f"cannot {step.says()}: {error}", "WARNING")
        means.note("backup", {"tried-to-fill": str(int(time.time()))})
        return False
    if filled:
        juju.log(f"archiving {len(filled)} files that are not in {step.place}: {', '.join(filled)}")
    means.note("backup", {"filled": step.word()})
    return bool(filled)


def follow_backup(step: FollowBackup, means: Means) -> bool:
    """Begin, and stay with it for a while. It needs nobody to go on."""
    begun, end = time.time(), time.monotonic() + step.seconds
    host.start_in_background(step.service)
    told = ""
    while time.monotonic() < end:
        run = read_runs(host.read_text(means.layout.backup_notes) or "").runs.get(step.kind)
        if run is not None and run.started >= begun - 1:
            if run.ended:
                break
            if (said := f"{run.percent:.0f} %") != told and run.percent:
                juju.action_log(said)
                told = said
        if time.time() - begun > STARTS_SECONDS and not host.services([step.service])[step.service].active:
            break
        time.sleep(LOOK_SECONDS)
    return True


def delete_backup(step: DeleteBackup, means: Means) -> bool:
    backrest = PgBackRest(means.layout.pgbackrest, step.stanza)
    backrest.run("expire", f"--set={step.id}", timeout=600)
    note_look(means.layout.repository_seen, backrest.info(SECONDS), sight(backrest.config))
    return True


PERFORM: dict[type[Step], Perform] = {
    FollowBackup: follow_backup,
    DeleteBackup: delete_backup,
    backup_steps.ReloadService: reload_service,
    backup_steps.MakeStanza: make_stanza,
    backup_steps.NotePassphrase: note_passphrase,
    backup_steps.StartBackup: start_backup,
    backup_steps.FillArchive: fill_archive,
}
