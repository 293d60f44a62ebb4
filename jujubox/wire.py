"""Calls over a stream socket: one JSON object a line, many calls under way on one connection.

Knows: framing, matching answers to questions, errors with a code.
Must not know: what any method means (see `protocol`).

A question is `{"id": 7, "method": "unit.config", "params": {...}}`; its answer is `{"id": 7, "result": ...}` or
`{"id": 7, "error": {"message": "...", "code": "not found"}}`. Answers may come in any order: a long poll does not
hold up the calls behind it. Only the standard library is used, because agents run on bare machines.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

LINE_LIMIT = 64 * 1024 * 1024
"""Bytes in the longest line accepted; a chunk of a charm travels as base64 within one."""


class CallError(Exception):
    """The other side answered with an error.

    `code` is Juju's: `not found`, `already exists`, `bad request`, `unauthorized access`, ... or empty.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Disconnected(ConnectionError):
    """The connection ended before the answer came; whether the call took effect is not known."""


def encode(message: dict[str, Any]) -> bytes:
    """One line of the protocol."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _answer(message: dict[str, Any]) -> Any:
    error = message.get("error")
    if error is not None:
        raise CallError(error["message"], error.get("code", ""))
    return message.get("result")


class Connection:
    """A blocking caller, one call at a time, for command-line tools.

        with Connection.unix("/var/lib/jujubox/controller.sock") as controller:
            controller.call("client.status", model="default")
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb")
        self._ids = itertools.count(1)

    @classmethod
    def unix(cls, path: str) -> Connection:
        """Connect to a unix socket. Raises OSError if nobody listens there."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            raise
        return cls(sock)

    def call(self, method: str, **params: Any) -> Any:
        """The result of `method`. Raises CallError or Disconnected."""
        call_id = next(self._ids)
        try:
            self._sock.sendall(encode({"id": call_id, "method": method, "params": params}))
            line = self._stream.readline(LINE_LIMIT)
        except OSError as error:
            raise Disconnected(str(error)) from error
        if not line.endswith(b"\n"):
            raise Disconnected(f"connection closed while {method} was under way")
        return _answer(json.loads(line))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._sock.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
            future.set_result(_answer(message))
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

    async def answer(message: dict[str, Any]) -> None:
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
            task = asyncio.ensure_future(answer(json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except (OSError, ValueError):
        pass
    finally:
        for task in tasks:
            task.cancel()
        writer.close()
