"""PgBouncer: its console, where root is admitted by the socket alone, and its signals.

Knows: what is asked and sent. Must not know: when.
Pausing is asked for by a signal and not on the console, where the question would be answered only when the last
transaction has ended. A signal ends a PgBouncer that is just starting: where the console does not answer, none is sent.
"""

from __future__ import annotations

import os
import signal
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2

from pgcharm.adapters.host import main_process

_CONSOLE = "pgbouncer"
_NOT_PAUSED = "not paused"


class BouncerError(RuntimeError):
    """A pooler does not run, or does not answer."""


@dataclass(frozen=True)
class Bouncer:
    """One pooler: its service, the directory of its socket, its port."""

    service: str
    sockets: str
    port: int

    def pause(self) -> None:
        """From now on no client gets a server's connection; those that have one keep it to the transaction's end."""
        self._pools()
        self._send(signal.SIGUSR1)

    def resume(self) -> None:
        """Clients get connections. To one that is not paused this does nothing."""
        try:
            self._ask("RESUME")
        except BouncerError as error:
            if _NOT_PAUSED not in str(error):
                raise

    def reload(self) -> None:
        """The files have been read. Connections to a server that is not meant any more end with their transaction."""
        self._ask("RELOAD")

    def busy(self) -> int:
        """How many server connections are lent."""
        return sum(int(pool["sv_active"]) for pool in self._pools())

    def clients(self) -> int:
        """How many clients are connected."""
        return sum(int(pool["cl_active"]) + int(pool["cl_waiting"]) for pool in self._pools())

    def _pools(self) -> list[dict[str, Any]]:
        return [pool for pool in self._ask("SHOW POOLS") if pool["database"] != _CONSOLE]

    def _ask(self, command: str) -> list[dict[str, Any]]:
        try:
            link = psycopg2.connect(host=self.sockets, port=self.port, dbname=_CONSOLE, user="root", connect_timeout=3)
            link.autocommit = True
            with closing(link), link.cursor() as cursor:
                cursor.execute(command)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []
        except psycopg2.Error as error:
            raise BouncerError(f"{self.service} does not answer: {str(error).strip()[:160]}") from error

    def _send(self, what: signal.Signals) -> None:
        process = main_process(self.service)
        if not process:
            raise BouncerError(f"{self.service} does not run")
        try:
            os.kill(process, what)
        except ProcessLookupError as error:
            raise BouncerError(f"{self.service} has just ended") from error
