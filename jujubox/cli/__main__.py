"""Entry of the `juju` command: find the command, parse its flags, run it, turn errors into texts and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from jujubox.cli.errors import CommandError, Silent
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Command, Scope, load, resolve
from jujubox.flags import FlagSet, HelpWanted, UsageError, quote


def main() -> int:
    """Runs the command line of this process; its exit code."""
    try:
        return run(sys.argv[1:], os.environ, sys.stdout, sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def run(argv: Sequence[str], environment: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Runs one command line; its exit code."""
    try:
        return _dispatch(argv, environment, out, err)
    except UsageError as error:
        err.write(f"ERROR {error}\n")
        return 2
    except CommandError as error:
        err.write(f"ERROR {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 1
    except Silent as end:
        return end.code
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        err.write(f"ERROR {_told(error)}\n")
        return 1


def _dispatch(argv: Sequence[str], environment: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    words = list(argv)
    leading: list[str] = []
    while words and words[0].startswith("-"):
        leading.append(words.pop(0))
    if not words or leading in (["--help"], ["-h"]):
        words, leading = ["version" if leading == ["--version"] else "help", *words], []
    name = resolve(words[0])
    if name is None:
        raise UsageError(f'juju: {quote(words[0])} is not a juju command. See "juju --help".')
    command = load(name)
    known = flags_of(command)
    try:
        flags = known.parse([*leading, *words[1:]], interspersed=getattr(command, "INTERSPERSED", True))
    except HelpWanted:
        from jujubox.cli.commands.help import help_of

        out.write(help_of(name, command))
        return 0
    call = Invocation(name, flags, environment, out, err)
    call.selection.check_controller(flags["controller"] if command.SCOPE == "controller" else "")
    return _run(command, call)


def _run(command: Command, call: Invocation) -> int:
    from jujubox.blocking import CallError

    try:
        return command.run(call) or 0
    except CallError as error:
        suffix = f" ({error.code})" if error.code else ""
        raise CommandError(f"{error.message}{suffix}") from error


def flags_of(command: Command) -> FlagSet:
    """The flags of a command: its own and those that every command takes."""
    known = FlagSet()
    _common(known, command.SCOPE)
    command.flags(known)
    return known


def _common(known: FlagSet, scope: Scope) -> None:
    for name in ("debug", "show-log", "quiet"):
        known.boolean(name)
    known.boolean("v", "verbose")
    known.boolean("B", "no-browser-login")
    known.string("logging-config")
    if scope == "model":
        known.string("m", "model")
    if scope == "controller":
        known.string("c", "controller")


def _told(error: OSError) -> str:
    named = f"{error.filename}: " if error.filename else ""
    return f"{named}{error.strerror or error}"


if __name__ == "__main__":
    sys.exit(main())
