"""state-set [--file F|-] k=v …: the charm's own state, when the hook succeeds."""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import FlagSet
from jujubox.hooktools.tool import Invocation, Tool, key_values, yaml_map

KEY_LIMIT, VALUE_LIMIT = 256, 65536


def flags(flags: FlagSet) -> None:
    flags.string("file")


async def run(context: Context, call: Invocation) -> None:
    given = key_values(call.args)
    stored = yaml_map(call.read_file(call.flags["file"])) if call.flags["file"] else {}
    for key, value in {**stored, **given}.items():
        _check(key, value)
    context.state.write({**stored, **given})


def _check(key: str, value: str) -> None:
    if len(key.encode()) > KEY_LIMIT:
        raise ToolError(f"max allowed key length ({KEY_LIMIT}): {len(key.encode())} exceeded")
    if len(value.encode()) > VALUE_LIMIT:
        raise ToolError(f"max allowed value length ({VALUE_LIMIT}): {len(value.encode())} exceeded")


TOOL = Tool("state-set", "Set server-side-state values.", run, "[options] key=value [key=value ...]", flags)
