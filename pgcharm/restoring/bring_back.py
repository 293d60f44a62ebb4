"""The restore itself: files by pgBackRest, then the log replayed to the target by a server that nobody reaches.

Knows: the order, what is tried again and what is final. Must not know: Juju, Patroni, etcd.
It may be killed at any moment and is started again: pgBackRest goes on with the files that are there, and a recovery
that was through is seen to be so.

What stays at the end is a data directory that was shut down cleanly on a new line of history.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pgcharm.adapters import host
from pgcharm.adapters.pgbackrest import PgBackRest, PgBackRestError
from pgcharm.backup.target import IMMEDIATE, TIME
from pgcharm.restoring.notes import DONE, FAILED, WORKING, Notes, Task
from pgcharm.restoring.server import PrivateServer, ServerFailed

FETCHED, RECOVERED = "fetched", "recovered"
FINAL = (75, 28, 55, 25, 40)
"""pgBackRest's errors that another try would not cure: no such backup set, a file that is not as it was stored, ..."""
AGAIN_SECONDS = (2.0, 60.0)
"""Between two tries: at first, and at most."""
OWNER = ("postgres", "postgres", 0o700)


class GivenUp(RuntimeError):
    """Why the data cannot be brought back."""


def bring_back(task: Task, notes: Notes) -> None:
    """All of it; how it ended is in the notes."""
    begun = time.monotonic()
    try:
        if not notes.stage:
            fetch(task, notes)
        if notes.stage == FETCHED:
            replay(task, notes)
    except GivenUp as error:
        notes.say(FAILED, str(error))
    else:
        notes.say(DONE, f"the data is back after {time.monotonic() - begun:.0f} s")


def fetch(task: Task, notes: Notes) -> None:
    """The backup's files. What may pass by itself or by somebody's hand is told and tried again, ever less often."""
    tool = PgBackRest(task.pgbackrest, task.stanza)
    pause, told = AGAIN_SECONDS[0], ""
    while True:
        host.ensure_directory(task.data, *OWNER)
        try:
            with progress(task, notes):
                tool.run(*words(task), timeout=14 * 86400)
            break
        except PgBackRestError as error:
            if error.code in FINAL:
                raise GivenUp(f"{error.said}" + (f" ({error.hint})" if error.hint else "")) from error
            notes.say(WORKING, f"waiting for the repository: {error.said}", wakes=error.said != told)
            told = error.said
            time.sleep(pause)
            pause = min(pause * 2, AGAIN_SECONDS[1])
    host.ensure_file(f"{task.data}/recovery.signal", "", "postgres", "postgres", 0o600)
    notes.stage = FETCHED
    notes.say(WORKING, "the backup is fetched")


def words(task: Task) -> tuple[str, ...]:
    """The command. Recovery is our own affair: it may not begin by itself with settings that are in the data."""
    return (
        f"--pg1-path={task.data}", f"--set={task.backup}", "--type=none", "--delta", "--log-level-console=warn",
        "restore",
    )  # fmt: skip


@contextmanager
def progress(task: Task, notes: Notes) -> Iterator[None]:
    """Meanwhile, how much is there already."""
    import threading

    over = threading.Event()

    def tell() -> None:
        while not over.wait(3.0):
            there = host.size(task.data)
            percent = min(99, there * 100 // task.size) if task.size else 0
            notes.say(WORKING, f"fetching backup {task.backup}, {percent} %", percent=percent)

    notes.say(WORKING, f"fetching backup {task.backup}", percent=0)
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def settings(task: Task) -> dict[str, str]:
    """How the server replays."""
    get = f"pgbackrest --config={task.pgbackrest} --stanza={task.stanza} --log-level-file=off --pg1-path={task.data}"
    found = {
        **dict(task.settings),
        "restore_command": f'{get} archive-get %f "%p"',
        "recovery_target_timeline": task.timeline or "latest",
        "recovery_target_action": "promote",
    }
    if task.kind == TIME:
        found["recovery_target_time"] = task.time
    if task.kind == IMMEDIATE:
        found["recovery_target"] = "immediate"
    if task.archive:
        push = f"{get} --no-archive-async archive-push %p"
        found |= {"archive_mode": "on", "archive_command": push}
    return found


def replay(task: Task, notes: Notes) -> None:
    """To the target, onto a new line of history, and down again."""
    scratch = tempfile.mkdtemp(prefix="charm-restore-", dir="/run")
    try:
        shutil.chown(scratch, "postgres", "postgres")
        server = PrivateServer(task.binaries, task.data, scratch, settings(task))
        notes.say(WORKING, "replaying the log")
        try:
            server.start(lambda said: notes.say(WORKING, said))
            notes.say(WORKING, "the target is reached, writing it to disk")
            server.stop()
        except ServerFailed as error:
            raise GivenUp(why(task, server, str(error))) from error
        finally:
            server.stop("immediate")
        if not server.stopped_well:
            raise GivenUp(f"the server did not shut down cleanly: {server.complaint()}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    notes.stage = RECOVERED


def why(task: Task, server: PrivateServer, said: str) -> str:
    """Why the target was not reached, with what can be."""
    if "recovery ended before configured recovery target was reached" in said:
        last = server.last_commit() or "not known"
        return (
            f"{task.time} was not reached: the last commit in the archive is of {last} (expected one after {task.time})"
        )
    return f"PostgreSQL cannot replay the log: {said}"
