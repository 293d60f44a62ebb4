"""A blocking caller of the protocol in `wire`, for command-line tools.

Knows: one question and its answer on a stream socket, errors with a code.
Must not know: what any method means, or asyncio: importing that takes longer than a whole command should.
"""

from __future__ import annotations

import itertools
import json
import socket
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


def answer(message: dict[str, Any]) -> Any:
    """The result in an answer. Raises CallError if it holds an error."""
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
        return answer(json.loads(line))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._sock.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
