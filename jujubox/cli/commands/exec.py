"""Runs a command on units, with the hook environment, or on machines, without."""

from __future__ import annotations

from collections.abc import Sequence

from jujubox.cli.action_params import is_target
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.cli.tasks import finish, streams_as_text
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_application, is_machine

USAGE = "(--unit U | --application A | --machine M | --all) -- <command>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("plain", "json", "yaml")
    known.string("u", "unit", repeated=True)
    known.string("a", "app", "application", repeated=True)
    known.string("machine", repeated=True)
    for name in ("all", "background", "utc", "color", "no-color"):
        known.boolean(name)
    known.boolean("parallel", default=True)
    known.string("execution-group")
    known.duration("wait", default=300.0)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no commands specified")
    found = {name: listed(call.flags[name]) for name in ("unit", "application", "machine")}
    _check(call.flags["all"], **found)
    if call.flags["background"] and call.flags.given("wait"):
        raise UsageError("cannot specify both --wait and --background")
    queued = call.on_model(
        "exec",
        commands=_commands(call.args),
        units=found["unit"],
        applications=found["application"],
        machines=found["machine"],
        all=call.flags["all"],
        parallel=call.flags["parallel"],
        execution_group=call.flags["execution-group"],
        timeout=call.flags["wait"],
    )
    finish(call, queued, call.flags["verbose"], streams_as_text)


def _commands(words: Sequence[str]) -> str:
    """One word is shell text as it is; several are one command and its arguments."""
    if len(words) == 1:
        return words[0]
    from shlex import join

    return join(words)


def _check(everything: bool, unit: list[str], application: list[str], machine: list[str]) -> None:
    if everything and (unit or application or machine):
        kind = "machines" if machine else "applications" if application else "units"
        raise UsageError(f"You cannot specify --all and individual {kind}")
    if not (everything or unit or application or machine):
        raise UsageError("You must specify a target, either through --all, --machine, --application or --unit")
    wrong = [f"{quote(name)} is not a valid machine id" for name in machine if not is_machine(name)]
    wrong += [f"{quote(name)} is not a valid application name" for name in application if not is_application(name)]
    wrong += [f"{quote(name)} is not a valid unit name" for name in unit if not is_target(name)]
    if wrong:
        lines = "\n".join(f"  {line}" for line in wrong)
        raise UsageError(f"The following exec targets are not valid:\n{lines}")
