"""Writes numbered rows on one connection, and notes what was acknowledged.

Knows: one stream of numbers. Must not know: other streams, files, who decides the rate.

A strict stream writes row n only after n-1 is acknowledged: after a failure it looks row n up, and writes it again if
it is not there. A loose stream goes on with n+1 and looks up later what became of n. A row that was neither answered
for nor found was never acknowledged: it cannot be lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2

from ledger.connection import Connector, Session
from ledger.journal import Journal
from ledger.pulse import Pulse

TABLE = """
    CREATE TABLE IF NOT EXISTS ledger_rows (
        run text, stream text, number bigint, unit text NOT NULL,
        written_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (run, stream, number))"""
LOCK, UNLOCK = "SELECT pg_advisory_lock(1818583143)", "SELECT pg_advisory_unlock(1818583143)"
"""CREATE TABLE IF NOT EXISTS fails where two sessions do it at once."""

INSERT = "INSERT INTO ledger_rows (run, stream, number, unit) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
FIND = "SELECT number FROM ledger_rows WHERE run = %s AND stream = %s AND number = ANY(%s)"


@dataclass
class Writer:
    """One stream. `run` returns when `stop` is set."""

    stream: str
    strict: bool
    unit: str
    connector: Connector
    journal: Journal
    pulse: Pulse
    rate: Callable[[], float]
    """Rows per second that this stream should write now."""
    stop: threading.Event
    reconnections: int = 0
    last_error: str = ""
    address: tuple[str, str] | None = None
    _unsure: list[int] = field(default_factory=list)

    def run(self) -> None:
        """Write until told to stop, through whatever happens."""
        number = self.journal.highest(self.stream) + 1
        while not self.stop.is_set():
            try:
                session = self.connector.connect()
            except psycopg2.Error as error:
                self.last_error = str(error).strip()
                session = None
            if session is None:
                self.stop.wait(0.25)
                continue
            number = self._write_until_failure(session, number)

    def _write_until_failure(self, session: Session, number: int) -> int:
        """The next number to write."""
        self.address = session.address
        try:
            self._prepare(session)
            number = self._settle(session, number)
            pace = _Pace(self.rate)
            while not self.stop.is_set():
                self._unsure.append(number)
                session.rows(INSERT, (self.journal.run, self.stream, number, self.unit))
                self._unsure.remove(number)
                self._acknowledge(number)
                number += 1
                self.stop.wait(pace.pause(time.monotonic()))
        except psycopg2.Error as error:
            self.last_error = str(error).strip()
            self.reconnections += 1
            self.connector.failed_at(session.address)
            number += 0 if self.strict else 1
            self.stop.wait(0.1)
        finally:
            self.address = None
            session.close()
        return number

    def _prepare(self, session: Session) -> None:
        ((there,),) = session.rows("SELECT to_regclass('ledger_rows') IS NOT NULL")
        if not there:
            session.rows(LOCK)
            session.rows(TABLE)
            session.rows(UNLOCK)

    def _settle(self, session: Session, number: int) -> int:
        """Look up the rows whose fate is unknown; the next number to write."""
        if self._unsure:
            found = {row[0] for row in session.rows(FIND, (self.journal.run, self.stream, self._unsure))}
            for unsure in self._unsure:
                if unsure in found:
                    self._acknowledge(unsure)
            if self.strict and number in found:
                number += 1
            self._unsure.clear()
        return number

    def _acknowledge(self, number: int) -> None:
        self.journal.acknowledge(self.stream, number)
        self.pulse.beat(time.time())


class _Pace:
    """How long to rest so that the rate is kept; lost time is not made up for."""

    def __init__(self, rate: Callable[[], float]) -> None:
        self._rate = rate
        self._due = 0.0

    def pause(self, now: float) -> float:
        self._due = max(self._due + 1 / self._rate(), now)
        return self._due - now
