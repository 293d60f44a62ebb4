"""A connection to one host that can be cut from outside, at once, whatever it is waiting for.

psycopg's `close` under a running statement frees a file descriptor that the event loop still watches, and asks a
frozen server to cancel for several seconds. `cut` shuts the socket down instead: whoever waits on it gets an
`OperationalError` in the next moment, and the descriptor stays valid until its owner closes the connection.

Knows: psycopg connections. Must not know: pools, roles, why it is cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import RV, PQGen

from pgclient.errors import TimedOut
from pgclient.waits import within


class Session(psycopg.AsyncConnection[Any]):
    """A psycopg connection with an end that others may bring about."""

    cancel_grace: float = 1.0
    cut_because: str = ""
    """Why it was cut; empty if it was not."""
    committing: bool = False
    before_cursor: Callable[[], None] | None = None
    """Called before psycopg itself reads from the socket: somebody else may be at it."""
    _operations: int = 0
    _poll: select.poll | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.born = monotonic()
        self.used = self.born
        """When it was last taken or given back."""

    def cut(self, why: str) -> None:
        """End the session now: every wait on it fails, and it is never used again."""
        if self.closed or self.cut_because:
            return
        self.cut_because = why
        with (
            contextlib.suppress(OSError, psycopg.OperationalError),  # libpq has found out by itself
            socket.socket(fileno=os.dup(self.pgconn.socket)) as twin,
        ):
            twin.shutdown(socket.SHUT_RDWR)

    async def wait(self, gen: PQGen[RV], *args: Any, **kwargs: Any) -> RV:
        """Do one operation (psycopg's inner loop), and count it."""
        self._operations += 1
        if self.before_cursor:
            self.before_cursor()
        return await super().wait(gen, *args, **kwargs)

    def count_operation(self) -> None:
        """Something else than what ran before runs now."""
        self._operations += 1

    async def close(self) -> None:
        if self.before_cursor:
            self.before_cursor()
        await super().close()

    def has_something_to_read(self) -> bool:
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.pgconn.socket, select.POLLIN)
        return bool(self._poll.poll(0))

    async def request_cancel(self) -> None:
        """Ask the server to cancel what runs, and wait until it has taken note."""
        with contextlib.suppress(psycopg.Error):
            await super().cancel_safe(timeout=self.cancel_grace)

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:
        """Cancel what runs. If it does not end soon after, it is cut: no caller waits for a frozen server.

        A COMMIT is not cancelled, only cut: one that waits for a standby would end as if the standby had it.
        """
        loop = asyncio.get_running_loop()
        loop.call_later(self.cancel_grace, self._cut_if_still, self._operations, "it did not heed a cancel request")
        if not self.committing:
            await super().cancel_safe(timeout=min(timeout, self.cancel_grace))

    def _cut_if_still(self, operation: int, why: str) -> None:
        active = not self.closed and self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE
        if active and self._operations == operation:
            self.cut(why)


async def connect(
    conninfo: str, seconds: float, prepare_threshold: int | None = None, *, autocommit: bool = True
) -> Session:
    """A session of one's own. Raises what psycopg raises, or `asyncio.TimeoutError`."""
    return await within(
        seconds,
        Session.connect(conninfo, autocommit=autocommit, prepare_threshold=prepare_threshold),
        lambda session: session.pgconn.finish(),
    )


def is_stale(session: Session) -> bool:
    """Did an idle session end without anybody looking? Costs no round trip.

    An idle server has nothing to say: if there is something to read, it is a farewell, a parameter or a notification.
    """
    if session.closed or session.pgconn.status != pq.ConnStatus.OK:
        return True
    if not session.has_something_to_read():
        return False
    try:
        session.pgconn.consume_input()
        session.pgconn.is_busy()
    except psycopg.Error:
        return True
    return session.pgconn.status != pq.ConnStatus.OK or session.has_something_to_read()


def says_standby(session: Session) -> bool:
    """What the server last said of itself on this session (pushed since PostgreSQL 14, no round trip)."""
    return session.info.parameter_status("in_hot_standby") == "on"


def code(error: psycopg.Error) -> str | None:
    """The error's SQLSTATE; None where the connection broke; empty for a mistake that psycopg found before sending.

    libpq's own complaints (a lost connection, rubbish on the wire) come as OperationalError or as plain DatabaseError.
    """
    by_libpq = isinstance(error, psycopg.OperationalError) or type(error) is psycopg.DatabaseError
    return "" if error.sqlstate is None and not by_libpq else error.sqlstate


@contextlib.asynccontextmanager
async def limited(session: Session, seconds: float | None) -> AsyncIterator[None]:
    """Give what runs inside `seconds`: then the server is asked to cancel, and shortly after the session is cut.

    Raises `TimedOut` if that made it fail.
    """
    if seconds is None:
        yield
        return
    loop = asyncio.get_running_loop()
    late: list[asyncio.Task[None]] = []

    def stop() -> None:
        late.append(loop.create_task(_stop(session, session.cancel_grace)))

    timer = loop.call_later(max(0.0, seconds), stop)
    heeded = False
    try:
        yield
    except psycopg.Error as error:
        heeded = isinstance(error, psycopg.errors.QueryCanceled)
        if late:
            raise TimedOut(f"cannot finish the work: it took longer than {seconds:.3g} s") from error
        raise
    finally:
        timer.cancel()
        for task in late:
            task.cancel()
        if late and not heeded:
            session.cut("a cancel request may be under way, and would hit whoever has it next")


async def _stop(session: Session, grace: float) -> None:
    timer = asyncio.get_running_loop().call_later(grace, session.cut, "it did not heed a cancel request")
    try:
        with contextlib.suppress(psycopg.Error):
            await session.cancel_safe(timeout=grace)
        await asyncio.sleep(2 * grace)
    finally:
        timer.cancel()
