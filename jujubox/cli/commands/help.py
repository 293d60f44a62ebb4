"""Shows what a command does, or the list of commands."""

from __future__ import annotations

import inspect

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import ALIASES, COMMANDS, Command, Scope, load, resolve
from jujubox.flags import FlagSet, UsageError

USAGE = "[<command>]"
SCOPE: Scope = "none"
_INTRODUCTION = """juju, on one machine: a compatible subset of Juju's commands, served by jujubox.

Usage: juju <command> [options] [arguments]

Common options: -m/--model NAME, --format FORMAT, -o/--output FILE, --quiet, --help

Commands:
"""


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args or call.args == ["commands"]:
        call.write(_INTRODUCTION + _listed())
        return
    name = resolve(call.args[0])
    if name is None:
        raise UsageError(f"unknown command or topic for {call.args[0]}")
    call.write(help_of(name, load(name)))


def _listed() -> str:
    width = max(map(len, COMMANDS))
    return "".join(f"    {name:<{width}}  {_summary(load(name))}\n" for name in sorted(COMMANDS))


def _summary(command: Command) -> str:
    return inspect.cleandoc(command.__doc__).split("\n")[0].rstrip(".")


def help_of(name: str, command: Command) -> str:
    """The help text of one command."""
    from jujubox.cli.__main__ import flags_of

    text = inspect.cleandoc(command.__doc__)
    summary, _, details = text.partition("\n")
    parts = [f"Usage: juju {name} [options] {command.USAGE}".rstrip(), f"Summary:\n{summary}", details.strip()]
    parts.append("Options:\n" + "\n".join(flags_of(command).described()))
    aliases = sorted(alias for alias, target in ALIASES.items() if target == name)
    if aliases:
        parts.append("Aliases: " + ", ".join(aliases))
    return "\n\n".join(part for part in parts if part) + "\n"
