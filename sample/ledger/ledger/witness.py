"""Reads from a standby, and looks on the primary whether what was acknowledged is still there.

Knows: what was acknowledged. Must not know: how it was written.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import psycopg2

from ledger.check import lost_rows
from ledger.connection import Connector, Session
from ledger.journal import Journal

READ_EVERY = 0.5
CHECK_EVERY = 10.0
RECENT = 2000
"""Rows per stream that a routine check looks at; after a change of primary it looks at all."""
MOVE_EVERY = 60.0
"""Seconds after which the reader goes on to another standby."""

_READ = """
    SELECT pg_is_in_recovery(), (SELECT max(number) FROM ledger_rows WHERE run = %s AND stream = %s)"""


@dataclass
class Reader:
    """Reads the newest row, from a standby where there is one."""

    connector: Connector
    journal: Journal
    stream: str
    stop: threading.Event
    reads: int = 0
    standby_reads: int = 0
    address: tuple[str, str] | None = None
    from_standby: bool = False
    rows_behind: int = 0

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stop.wait(READ_EVERY):
            try:
                session = self.connector.connect()
                if session is not None:
                    self._read_for_a_while(session)
            except psycopg2.Error:
                self.address = None

    def _read_for_a_while(self, session: Session) -> None:
        until = time.monotonic() + MOVE_EVERY
        try:
            while time.monotonic() < until and not self.stop.wait(READ_EVERY):
                expected = self.journal.highest(self.stream)
                ((standby, newest),) = session.rows(_READ, (self.journal.run, self.stream))
                self.address, self.from_standby = session.address, standby
                self.rows_behind = max(0, expected - (newest or 0))
                self.reads += 1
                self.standby_reads += bool(standby)
        finally:
            self.connector.failed_at(session.address)
            session.close()


@dataclass
class Checker:
    """Keeps the list of lost rows; empty, if all is well."""

    connector: Connector
    journal: Journal
    stop: threading.Event
    lost: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _checked_at: tuple[str, str] | None = None

    def run(self) -> None:
        """Check until told to stop."""
        while not self.stop.wait(CHECK_EVERY):
            try:
                session = self.connector.connect()
                if session is not None:
                    self._check(session)
            except psycopg2.Error:
                continue

    def _check(self, session: Session) -> None:
        try:
            acknowledged = self.journal.acknowledged()
            if session.address == self._checked_at:
                acknowledged = {s: r.between(r.highest - RECENT, r.highest) for s, r in acknowledged.items()}
                found = lost_rows(session, self.journal.run, acknowledged)
                self.lost = {s: tuple(sorted({*self.lost.get(s, ()), *found.get(s, ())})) for s in {*self.lost, *found}}
            else:
                self.lost = lost_rows(session, self.journal.run, acknowledged)
            self._checked_at = session.address
        finally:
            session.close()
