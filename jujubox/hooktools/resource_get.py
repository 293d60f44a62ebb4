"""resource-get <name>: downloads a resource if need be and prints its path, without a newline."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.agent.download import download
from jujubox.flags import UsageError, refuse_more
from jujubox.hooktools.tool import Invocation, Tool
from jujubox.wire import CallError


async def run(context: Context, call: Invocation) -> str:
    if not call.args:
        raise UsageError("missing required resource name")
    refuse_more(call.args[1:])
    name = call.args[0]
    try:
        found = await context.calls("resource.path", name=name)
        path = context.resources / name / str(found["filename"])
        if not _is_current(path, str(found["sha256"])):
            await _fetch(context, name, path)
    except (CallError, OSError) as error:
        raise ToolError(f"could not download resource: {error}") from error
    return str(path)


async def _fetch(context: Context, name: str, path: Path) -> None:
    async def read(offset: int, length: int) -> dict[str, Any]:
        chunk: dict[str, Any] = await context.calls("resource.read", name=name, offset=offset, length=length)
        return chunk

    await download(read, path)


def _is_current(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == sha256


TOOL = Tool("resource-get", "Get the path to the locally cached resource file.", run, "<resource name>")
