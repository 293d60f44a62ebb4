"""Connections that cannot hang: libpq finds the primary, a guard cuts what takes too long.

Knows: psycopg2, sockets. Must not know: what is read or written.

A machine that is frozen keeps its TCP connections alive (its kernel answers), so that no keepalive notices. The guard
shuts the socket of an operation that is over its time; libpq then reports a lost connection, and the caller connects
anew, wherever the primary is by then.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import extensions

from ledger.conninfo import Conninfo, Files

STATEMENT_SECONDS = 8.0
"""A commit may wait for a standby; one that takes longer is given up, and looked up later."""


class Guard:
    """One thread that shuts sockets at their deadlines, until it is closed itself."""

    def __init__(self) -> None:
        self._deadlines: dict[int, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        self._next = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="guard")
        self._thread.start()

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """No deadline is watched any more."""
        self._closed.set()
        self._thread.join()

    @contextmanager
    def within(self, seconds: float, of: socket.socket) -> Iterator[None]:
        """Shut `of` unless the block ends in time."""
        with self._lock:
            self._next += 1
            ticket = self._next
            self._deadlines[ticket] = time.monotonic() + seconds, of
        try:
            yield
        finally:
            with self._lock:
                self._deadlines.pop(ticket, None)

    def _watch(self) -> None:
        while not self._closed.wait(0.5):
            now = time.monotonic()
            with self._lock:
                due = [sock for deadline, sock in self._deadlines.values() if deadline < now]
            for sock in due:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


@dataclass
class Session:
    """A connection, its guarded socket, and the address that it reached."""

    connection: extensions.connection
    guard: Guard
    address: tuple[str, str]
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._socket = socket.socket(fileno=os.dup(self.connection.fileno()))
        self.connection.autocommit = True

    def rows(
        self, query: str, values: tuple[object, ...] = (), seconds: float = STATEMENT_SECONDS
    ) -> list[tuple[Any, ...]]:
        """What a statement answers. Raises psycopg2.Error."""
        with self.guard.within(seconds, self._socket), self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self._socket.close()
        self.connection.close()


@dataclass
class Connector:
    """Connects where the connection file says; remembers which address failed last, to try it last."""

    files: Files
    guard: Guard
    attributes: str = "read-write"
    failed: tuple[str, str] | None = None

    def connect(self) -> Session | None:
        """A session, or None while there is no database to go to. Raises psycopg2.Error."""
        conninfo = self.files.read_conninfo()
        if conninfo is None:
            return None
        if self.failed in conninfo.addresses and self.failed is not None:
            conninfo = conninfo.last(self.failed)
        return session(conninfo, self.guard, target_session_attrs=self.attributes)

    def failed_at(self, address: tuple[str, str]) -> None:
        """Try `address` last from now on."""
        self.failed = address


def session(conninfo: Conninfo, guard: Guard, **settings: str) -> Session:
    """A session with the first address that will have us. Raises psycopg2.Error."""
    connection = psycopg2.connect(conninfo.string({"application_name": "ledger", **settings}))
    return Session(connection, guard, (connection.info.host, str(connection.info.port)))
