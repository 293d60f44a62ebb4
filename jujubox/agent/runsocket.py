"""The socket where juju-exec hands over commands for a unit; it exists as long as the unit's agent runs.

Knows: the frames of `programs/juju_exec.py`. Must not know: how a command is run.

A question is a frame of relation id (or nothing), remote unit, remote application, "1" to take the remote unit as
given, and the command, separated by NUL. The answer is as a hook tool's: a line `<code> <bytes of stdout>`, then stdout
and stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jujubox.agent.frames import read_frame
from jujubox.agent.process import Ended
from jujubox.agent.runtime import CommandRequest, Runtime
from jujubox.agent.state import Command


def decode_command(frame: bytes) -> Command:
    """The command in a frame. Raises ValueError."""
    relation, unit, application, force, text = (os.fsdecode(field) for field in frame.split(b"\0", 4))
    number = relation.rsplit(":", 1)[-1]
    if relation and not number.isdigit():
        raise ValueError(f'invalid value "{relation}" for option -r: invalid relation id')
    return Command(secrets.token_hex(8), text, int(number) if relation else None, unit, application, force == "1")


@contextlib.asynccontextmanager
async def run_socket(runtime: Runtime, wake: asyncio.Event) -> AsyncIterator[None]:
    """Take commands at the unit's run socket while the block runs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ended = await _wait_for_turn(runtime, wake, await read_frame(reader), reader)
            if ended is not None:
                writer.write(b"%d %d\n" % (_exit_code(ended), len(ended.stdout)) + ended.stdout + ended.stderr)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # the caller went away or is no juju-exec
        finally:
            writer.close()

    path: Path = runtime.paths.run_socket
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, path)
    path.chmod(0o700)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        for request in runtime.commands:
            request.outcome.cancel()


async def _wait_for_turn(
    runtime: Runtime, wake: asyncio.Event, frame: bytes, reader: asyncio.StreamReader
) -> Ended | None:
    """The command's outcome; None when the caller went away before."""
    try:
        command = decode_command(frame)
    except ValueError as error:
        return Ended(2, b"", f"ERROR {error}\n".encode())
    request = CommandRequest(command, asyncio.get_running_loop().create_future())
    runtime.commands.append(request)
    wake.set()
    gone: asyncio.Future[bytes] = asyncio.ensure_future(reader.read(1))
    waiting: set[asyncio.Future[Any]] = {gone, request.outcome}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return request.outcome.result() if request.outcome.done() else None
    finally:
        gone.cancel()
        request.outcome.cancel()
        if request in runtime.commands:
            runtime.commands.remove(request)


def _exit_code(ended: Ended) -> int:
    return ended.code if ended.code >= 0 else 128 - ended.code
