"""Dotted keys of action-get and action-set, and the actions' common refusal."""

from __future__ import annotations

import re

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, quote

KEY = re.compile(r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$")
RESERVED = ("stdout", "stdout-encoding", "stderr", "stderr-encoding")


def current_action(context: Context) -> ActionRun:
    """The action that runs. Raises ToolError where there is none."""
    if context.action is None:
        raise ToolError("not running an action")
    return context.action


def read_result(arg: str) -> tuple[list[str], str]:
    """The path and the value of `a.b=v`. Raises UsageError."""
    name, equals, value = arg.partition("=")
    if not equals or not name:
        raise UsageError(f"argument {quote(arg)} must be of the form key...=value")
    path = name.split(".")
    for key in path:
        if not KEY.match(key):
            raise UsageError(
                f"key {quote(key)} must start and end with lowercase alphanumeric, "
                "and contain only lowercase alphanumeric and hyphens"
            )
    if path[0] in RESERVED:
        raise UsageError(f"cannot set reserved action key {quote(name)}")
    return path, value
