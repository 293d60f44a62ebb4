"""The socket that hook tools call; it exists while one context is active.

Knows: the frames of `programs/hook_tool.py`, one call at a time. Must not know: any tool.

A question is a frame of fields separated by NUL: context id, directory, tool, whether stdin follows ("0" or "1"), the
number of arguments, the arguments, and stdin, which may hold anything. The answer is a line `<code> <bytes of stdout>`
and then stdout and stderr. Code -1 asks for the question again with stdin.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from jujubox.agent.frames import read_frame

STDIN_WANTED = -1


@dataclass(frozen=True)
class ToolCall:
    """One call of a hook tool."""

    context_id: str
    directory: str
    tool: str
    args: tuple[str, ...]
    stdin: bytes | None


@dataclass(frozen=True)
class ToolAnswer:
    """What the tool prints and its exit code."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""


Answerer = Callable[[ToolCall], Awaitable[ToolAnswer]]


def decode_call(frame: bytes) -> ToolCall:
    """The call in a frame. Raises ValueError."""
    context_id, directory, tool, has_stdin, count, rest = frame.split(b"\0", 5)
    fields = rest.split(b"\0", int(count))
    text = [os.fsdecode(field) for field in fields[:-1]]
    stdin = fields[-1] if has_stdin == b"1" else None
    return ToolCall(os.fsdecode(context_id), os.fsdecode(directory), os.fsdecode(tool), tuple(text), stdin)


def encode_answer(answer: ToolAnswer) -> bytes:
    """The bytes that the program expects."""
    return b"%d %d\n" % (answer.code, len(answer.stdout)) + answer.stdout + answer.stderr


@contextlib.asynccontextmanager
async def tool_socket(path: Path, answer: Answerer) -> AsyncIterator[None]:
    """Serve `answer` at `path`, one call at a time, while the block runs."""
    lock = asyncio.Lock()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            frame = await read_frame(reader)
            async with lock:
                reply = await answer(decode_call(frame))
            writer.write(encode_answer(reply))
            await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # the caller went away or is no hook tool
        finally:
            tasks.discard(task)
            writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, path, limit=1 << 20)
    path.chmod(0o700)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        for task in list(tasks):
            task.cancel()
