"""One backup, or one verification: `python -m pgcharm.backing /etc/postgresql-charm/backup.json full`.

Knows: the order: look who is who, run pgBackRest, write down how it went. Must not know: why it was begun.
Only one is at work on a unit: another one that is begun meanwhile ends at once. Between units, pgBackRest takes a lock
in the primary.
"""

from __future__ import annotations

import fcntl
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from pgcharm.adapters.pgbackrest import BUSY, PgBackRestError
from pgcharm.adapters.wake import ask_for_wake
from pgcharm.backing.notes import Notes
from pgcharm.backing.places import Places, find_places
from pgcharm.backing.tell import Progress
from pgcharm.backing.verification import verify
from pgcharm.backing.workplace import Workplace
from pgcharm.backup.facts import VERIFY, Run
from pgcharm.backup.info import stanza_in

OK, FAILED, ANOTHER = 0, 1, 0
"""Exit codes. That another one is at work is no failure: that one will say how it went."""


class Told(Exception):
    """systemd, or an operator, has told us to stop."""


def main(config: str, kind: str) -> int:
    """Do it; the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    work = Workplace.read(config)
    with alone(f"{work.notes}.lock") as mine:
        if not mine:
            print("another backup or verification is at work", flush=True)
            return ANOTHER
        notes = Notes(work.notes)
        run = notes.begin(Run(kind, time.time()))
        try:
            with work.unchanged() as here:
                run = verified(here, notes, run) if kind == VERIFY else backed_up(here, notes, run)
        except PgBackRestError as error:
            hint = f" ({error.hint})" if error.hint else ""
            said = "another backup of this cluster is under way" if error.code == BUSY else f"{error.said}{hint}"
            run = replace(run, error=said)
        except Told:
            run = replace(run, error="it was stopped")
        notes.end(replace(run, ended=time.time()))
        ask_for_wake(work.again, 0)
        print(run.error or f"done: {run.id}", flush=True)
        return OK if run.ok else FAILED


def backed_up(work: Workplace, notes: Notes, run: Run) -> Run:
    """Run one backup. Raises PgBackRestError."""
    places = find_places(work)
    run = notes.begin(replace(run, standby=places.standby))
    progress = Progress()
    for line in work.backrest.lines("backup", f"--type={run.kind}", *options(work, places)):
        if progress.hears(line):
            notes.tell(replace(run, percent=progress.percent))
    seen = stanza_in(work.backrest.run("info", "--output=json"), work.stanza)
    made = next((backup for backup in reversed(seen.backups) if backup.id == progress.id), seen.newest)
    if made is None:
        return replace(run, error="pgBackRest has ended well, and there is no backup")
    work.note_seen(seen)
    return replace(run, ok=True, id=made.id, size=made.size, percent=100.0)


def options(work: Workplace, places: Places) -> list[str]:
    """pgBackRest's options besides its configuration: where the primary and the standby are."""
    words = ["--log-level-console=detail", *places.options(work.host)]
    words += ["--backup-standby" if places.standby else "--no-backup-standby"]
    if work.annotates:
        words += [f"--annotation=unit={places.standby or places.primary}"]
    return words


def verified(work: Workplace, notes: Notes, run: Run) -> Run:
    """Verify every backup and the archive. Raises PgBackRestError."""
    stamp = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    seen = work.backrest.info()
    found = verify(work.backrest, [backup.id for backup in seen.backups])
    notes.verified({name: wrong or f"ok {stamp}" for name, wrong in found.backups.items()})
    return replace(run, ok=not found.errors, error=found.errors, percent=100.0)


@contextmanager
def alone(path: str) -> Iterator[bool]:
    """Whether nobody else of us is at work; until the end nobody else will be."""
    with Path(path).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _stop(_: int, __: FrameType | None) -> Any:
    raise Told


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
