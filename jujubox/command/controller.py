"""Start, stop or kill the controller; machines and their agents go on without it."""

from __future__ import annotations

import signal

from jujubox.box import Box
from jujubox.command import controller_process
from jujubox.flags import Flags, FlagSet, UsageError

USAGE = "start|stop|kill"


def flags(known: FlagSet) -> None:
    """No flags."""


def run(given: Flags) -> int:
    """Say what was done."""
    if len(given.args) != 1 or given.args[0] not in ("start", "stop", "kill"):
        raise UsageError("expected one of start, stop, kill")
    box = Box.from_environment()
    if given.args[0] == "start":
        controller_process.start(box)
        print(f"the controller runs, pid {controller_process.pid(box)}")
        return 0
    number = signal.SIGTERM if given.args[0] == "stop" else signal.SIGKILL
    print("the controller has ended" if controller_process.stop(box, number) else "the controller was not running")
    return 0
