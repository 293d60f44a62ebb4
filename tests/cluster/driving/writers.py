"""Writers on this host: numbered rows on several connections, every acknowledgement noted with its time.

Knows: libpq without blocking, one connection string that names all units, when an operation takes too long.
Must not know: what happens to the servers meanwhile.

    writers = Writers(Target.of(addresses, password="..."))
    writers.start()
    ...
    writers.stop()
    writers.acks                # driving.history says what they show

A strict stream writes row n only once n-1 is acknowledged or found: after a failure it looks row n up and writes it
again if it is not there. A loose stream goes on with n+1. The address that an operation last failed at is tried last,
and one that gave no answer is left out for a while, as any good client does; libpq itself passes over standbys.
"""

from __future__ import annotations

import secrets
import select
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg2
from psycopg2 import extensions

from driving.history import Ack

PACE = 0.02
"""Seconds between two rows of one stream."""
PATIENCE = 3.0
"""Seconds after which a statement counts as hung: longer than any commit waits while all is well."""
CONNECT_PATIENCE = 1.5
"""The same for a connection."""
SHUNNED_SECONDS = 8.0
"""How long an address that gave no answer is left out."""
TABLE = """
    CREATE TABLE IF NOT EXISTS proof (
        run text, stream text, number bigint, PRIMARY KEY (run, stream, number))"""
WRITE = """
    INSERT INTO proof VALUES (%s, %s, %s)
    RETURNING host(inet_server_addr()), ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int"""
LOOK_UP = """
    SELECT host(inet_server_addr()), ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
      FROM proof WHERE run = %s AND stream = %s AND number = %s"""


@dataclass(frozen=True)
class Target:
    """Where to write: all hosts, in the order in which they are tried."""

    hosts: tuple[str, ...]
    password: str = field(repr=False)
    user: str = "proof"
    database: str = "proof"
    port: int = 5432

    def conninfo(self, attributes: str = "read-write") -> str:
        """A connection string with every host; the first is taken that has the attributes."""
        return (
            f"host={','.join(self.hosts)} port={self.port} dbname={self.database} user={self.user} "
            f"password={self.password} sslmode=prefer target_session_attrs={attributes} application_name=proof"
        )

    def last(self, host: str) -> Target:
        """The same with one host tried last."""
        return replace(self, hosts=(*(each for each in self.hosts if each != host), host))

    def without(self, hosts: set[str]) -> Target:
        """The same without some hosts, unless nobody would be left."""
        left = tuple(each for each in self.hosts if each not in hosts)
        return replace(self, hosts=left or self.hosts)


class Hung(psycopg2.OperationalError):
    """An operation took longer than its time."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"no answer from {host} within {seconds:g} s")
        self.host = host


class Session:
    """One connection that cannot hang: every operation has its end."""

    def __init__(self, target: Target, attributes: str = "read-write") -> None:
        self.connection = psycopg2.connect(target.conninfo(attributes), async_=1)
        self.tried = target.hosts[0]
        try:
            self._wait(CONNECT_PATIENCE)
        except psycopg2.Error:
            self.close()
            raise

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a statement answers. Raises psycopg2.Error, Hung among them."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            self._wait(PATIENCE)
            return cursor.fetchall() if cursor.description else []

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (state := self.connection.poll()) != extensions.POLL_OK:
            reading = [self.connection.fileno()] if state == extensions.POLL_READ else []
            writing = [self.connection.fileno()] if state == extensions.POLL_WRITE else []
            self.tried = self.connection.info.host or self.tried
            ready = select.select(reading, writing, [], max(0.0, end - time.monotonic()))
            if not any(ready):
                raise Hung(self.tried, seconds)

    def close(self) -> None:
        self.connection.close()


def session(target: Target, seconds: float = 20.0) -> Session:
    """A session before or after anything happens: on a busy host the first attempt may take too long."""
    end = time.monotonic() + seconds
    while True:
        try:
            return Session(target)
        except psycopg2.OperationalError:
            if time.monotonic() > end:
                raise


@dataclass
class Client:
    """One connection after the other, and what is done on them over and over: `turn`. `work` returns on `stop`."""

    target: Target
    stop: threading.Event
    pace: float = PACE
    errors: list[tuple[float, str]] = field(default_factory=list)
    _shunned: dict[str, float] = field(default_factory=dict)

    def turn(self, session: Session, begun: float) -> None:
        """One thing done. Raises psycopg2.Error."""
        raise NotImplementedError

    def work(self) -> None:
        """Go on until told to stop, through whatever happens."""
        while not self.stop.is_set():
            session = None
            try:
                session = Session(self.target.without(self._shunned_now()))
                while not self.stop.is_set():
                    begun = time.monotonic()
                    self.turn(session, begun)
                    self.stop.wait(max(0.0, begun + self.pace - time.monotonic()))
            except psycopg2.Error as error:
                self._failed(error, session)
            finally:
                if session is not None:
                    session.close()

    def _failed(self, error: psycopg2.Error, session: Session | None) -> None:
        self.errors.append((time.monotonic(), str(error).strip()))
        if session is None and isinstance(error, Hung):
            self._shunned[error.host] = time.monotonic() + SHUNNED_SECONDS
        elif session is not None:
            self.target = self.target.last(session.tried)
        self.stop.wait(0.1)

    def _shunned_now(self) -> set[str]:
        return {host for host, end in self._shunned.items() if end > time.monotonic()}


@dataclass
class Stream(Client):
    """One connection's rows."""

    run: str = ""
    name: str = ""
    strict: bool = False
    acks: list[Ack] = field(default_factory=list)
    number: int = 1
    _unsure: bool = False

    def turn(self, session: Session, begun: float) -> None:
        """Write the next row, or find out what became of the last."""
        if self.strict and self._unsure and self._found(session, begun):
            return
        if self._unsure and not self.strict:
            self.number += 1
        self._unsure = True
        ((server, timeline),) = session.rows(WRITE, (self.run, self.name, self.number))
        self._acknowledged(begun, server, timeline)

    def _found(self, session: Session, begun: float) -> bool:
        """Whether the row whose fate is unknown is there; it then counts as acknowledged now."""
        for server, timeline in session.rows(LOOK_UP, (self.run, self.name, self.number)):
            self._acknowledged(begun, server, timeline)
            return True
        return False

    def _acknowledged(self, begun: float, server: str, timeline: int) -> None:
        self.acks.append(Ack(self.name, self.number, begun, time.monotonic(), server, timeline))
        self.number += 1
        self._unsure = False


class Writers:
    """Several streams at once, one of them strict."""

    def __init__(self, target: Target, loose: int = 2, pace: float = PACE) -> None:
        self.run = secrets.token_hex(4)
        self._stop = threading.Event()
        names = ["strict", *(f"loose-{number}" for number in range(1, loose + 1))]
        self.target = target
        self.streams = [
            Stream(target, self._stop, pace, run=self.run, name=name, strict=name == "strict") for name in names
        ]
        self._threads = [threading.Thread(target=stream.work, daemon=True, name=stream.name) for stream in self.streams]

    def start(self) -> None:
        """Begin to write; the table is made first."""
        with closing(session(self.target)) as one:
            one.rows(TABLE)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; what is under way is waited for."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)

    @property
    def acks(self) -> list[Ack]:
        """All acknowledgements so far, in the order of their coming."""
        return sorted((ack for stream in self.streams for ack in list(stream.acks)), key=lambda ack: ack.ended)

    def found(self, host: str) -> set[tuple[str, int]]:
        """The rows of this run that one server has, primary or standby; none where it does not answer."""
        try:
            with closing(Session(replace(self.target, hosts=(host,)), "any")) as session:
                rows = session.rows("SELECT stream, number FROM proof WHERE run = %s", (self.run,))
        except psycopg2.Error:
            return set()
        return {(str(stream), int(number)) for stream, number in rows}

    def reaches(self, host: str) -> bool:
        """Whether one server lets us in."""
        try:
            Session(replace(self.target, hosts=(host,)), attributes="any").close()
        except psycopg2.Error:
            return False
        return True

    def errors(self, since: float = 0.0) -> list[tuple[float, str, str]]:
        """What the streams met: time, stream, text."""
        return sorted((at, s.name, text) for s in self.streams for at, text in list(s.errors) if at >= since)

    def acknowledged_since(self, begun: float) -> Callable[[], bool]:
        """A question: whether every stream had a row acknowledged that it sent after `begun`."""
        return lambda: all(bool(stream.acks) and stream.acks[-1].begun > begun for stream in self.streams)
