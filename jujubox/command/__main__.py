"""Entry of the `jujubox` command: find the command, parse its flags, run it, turn errors into texts and exit codes.

A command is a module of this package with `USAGE`, `flags(known)` and `run(given) -> exit code`, and with
`INTERSPERSED = False` where a command of somebody else follows.
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from types import ModuleType

from jujubox.flags import FlagSet, HelpWanted, UsageError
from jujubox.machines.errors import MachinesError

COMMANDS = {
    "up": "bring the box up: network, package cache, image, controller",
    "down": "remove every trace of the box",
    "status": "what there is and whether it runs",
    "preflight": "whether this host can have machines",
    "machine": "list machines, or run a command in one",
    "fault": "crash, freeze, cut, slow, fill-disk; heal; list",
    "image": "make a base image",
    "controller": "start, stop or kill the controller",
    "pack": "pack a charm's directory",
}


def main() -> int:
    """Runs the command line of this process; its exit code. SIGTERM ends it as SIGINT does: tidily."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        print("interrupted; the same command again goes on from here", file=sys.stderr)
        return 130


def run(argv: Sequence[str]) -> int:
    """Runs one command line; its exit code."""
    if not argv or argv[0] in ("help", "-h", "--help"):
        print(overview())
        return 0
    try:
        if argv[0] not in COMMANDS:
            raise UsageError(f'"{argv[0]}" is not a jujubox command. See "jujubox help".')
        return _run_command(importlib.import_module(f"jujubox.command.{argv[0]}"), argv)
    except UsageError as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 2
    except (MachinesError, OSError) as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 1


def _run_command(command: ModuleType, argv: Sequence[str]) -> int:
    known = FlagSet()
    command.flags(known)
    try:
        given = known.parse(argv[1:], interspersed=getattr(command, "INTERSPERSED", True))
    except HelpWanted:
        print("\n".join([f"Usage: jujubox {argv[0]} {command.USAGE}", "", COMMANDS[argv[0]], *known.described()]))
        return 0
    return int(command.run(given))


def overview() -> str:
    """What `jujubox help` prints."""
    lines = [f"    {name:<12}{told}" for name, told in COMMANDS.items()]
    where = (
        "JUJUBOX_HOME (default /var/lib/jujubox) holds the box, JUJUBOX_CACHE (/var/cache/jujubox) what boxes share."
    )
    return "\n".join(
        ["Juju on one machine. Drive it with `juju`; `jujubox` looks after the machine.", "", *lines, "", where]
    )


if __name__ == "__main__":
    sys.exit(main())
