"""Calls over a stream socket: one JSON object a line, many calls under way on one connection.

Knows: framing, matching answers to questions, errors with a code.
Must not know: what any method means (see `protocol`).

A question is `{"id": 7, "method": "unit.config", "params": {...}}`; its answer is `{"id": 7, "result": ...}` or
`{"id": 7, "error": {"message": "...", "code": "not found"}}`. Answers may come in any order: a long poll does not
hold up the calls behind it. The blocking caller is in `blocking`. Only the standard library is used, because agents
run on bare machines.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from jujubox.blocking import LINE_LIMIT, CallError, Connection, Disconnected, answer, encode

__all__ = ["LINE_LIMIT", "CallError", "Caller", "Connection", "Disconnected", "Handler", "encode", "serve"]


class Caller:
    """An asyncio caller: any number of calls under way on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closed: Disconnected | None = None
        self._task = asyncio.ensure_future(self._read(reader))

    @classmethod
    async def tcp(cls, host: str, port: int) -> Caller:
        """Connect. Raises OSError if nobody listens there."""
        return cls(*await asyncio.open_connection(host, port, limit=LINE_LIMIT))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        reason = "connection closed by the other side"
        try:
            while line := await reader.readline():
                message = json.loads(line)
                future = self._waiting.pop(message["id"], None)
                if future is not None and not future.done():
                    self._settle(future, message)
        except (OSError, ValueError) as error:
            reason = str(error)
        finally:
            self._closed = Disconnected(reason)
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Disconnected(reason))
            self._waiting.clear()
            self._writer.close()

    @staticmethod
    def _settle(future: asyncio.Future[Any], message: dict[str, Any]) -> None:
        try:
            future.set_result(answer(message))
        except CallError as error:
            future.set_exception(error)

    async def call(self, method: str, **params: Any) -> Any:
        """The result of `method`. Raises CallError or Disconnected."""
        if self._closed is not None:
            raise Disconnected(str(self._closed))
        call_id = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        try:
            self._writer.write(encode({"id": call_id, "method": method, "params": params}))
            return await future
        finally:
            self._waiting.pop(call_id, None)

    async def close(self) -> None:
        """Close the connection; calls under way raise Disconnected."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


Handler = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Answers one call: `(method, params)` to a JSON value. Raises CallError for an error that the caller should see."""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
    """Answer calls on one connection until it closes; each call runs in a task of its own."""
    tasks: set[asyncio.Task[None]] = set()

    async def reply_to(message: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": message["id"]}
        try:
            reply["result"] = await handle(message["method"], message.get("params", {}))
        except CallError as error:
            reply["error"] = {"message": error.message, "code": error.code}
        with contextlib.suppress(OSError):
            writer.write(encode(reply))
            await writer.drain()

    try:
        while line := await reader.readline():
            task = asyncio.ensure_future(reply_to(json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except (OSError, ValueError):
        pass
    finally:
        for task in tasks:
            task.cancel()
        writer.close()
