"""storage-add <name>[=count] …: more storage for the unit, when the hook succeeds."""

from __future__ import annotations

import re

from jujubox.agent.context.context import Context
from jujubox.flags import UsageError, quote
from jujubox.hooktools.tool import Invocation, Tool

_NAME = re.compile(r"^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$")


async def run(context: Context, call: Invocation) -> None:
    if not call.args:
        raise UsageError("storage add requires a storage directive")
    context.storage_added.extend([_directive(arg) for arg in call.args])


def _directive(text: str) -> tuple[str, int]:
    name, equals, count = text.partition("=")
    if not _NAME.match(name):
        raise UsageError(f"storage name {quote(name)} not valid")
    if not equals:
        return name, 1
    if not count.isdigit():
        raise UsageError(f"only count can be specified for {quote(name)}")
    if int(count) < 1:
        raise UsageError(f"cannot parse directive {quote(text)}: count must be greater than zero, got {quote(count)}")
    return name, int(count)


TOOL = Tool("storage-add", "Add storage instances.", run, "<charm storage name>[=count] ...")
