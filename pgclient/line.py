"""Statements over one session by the shortest way: libpq's pipeline mode, one Sync a statement.

Each statement is a transaction of its own, whatever becomes of those before it: the server forgets an error at the
Sync. Several that travel together are each made read-only first (`set_config` for the transaction that ends with the
Sync), so that nothing of them can have an effect, and the one that holds the others up may be stopped and done again.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING

psycopg's cursors on the same session go on as ever: before they begin, `leave` takes the line off the socket.

Knows: one session, libpq. Must not know: pools, roles, who asks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import psycopg
from psycopg import pq

from pgclient.prepared import OUTDATED, Prepared
from pgclient.question import Alone, Ticket
from pgclient.session import Session

STUCK = 0.05
"""Seconds after which a statement that others stand behind is stopped, to be done again alone."""
_GUARD = b"SELECT pg_catalog.set_config('transaction_read_only', 'on', true)"
_CANCELLED, _READ_ONLY = b"57014", b"25006"


class Line:
    """What one session is asked by the short way. One at a time owns a session, and with it its line."""

    def __init__(self, session: Session, threshold: int | None) -> None:
        self._session = session
        self._pgconn = session.pgconn
        self._loop = asyncio.get_running_loop()
        self._prepared = Prepared(threshold)
        self._sent: deque[Ticket] = deque()
        self._guarded = False
        self._answered = 0
        self._looking: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._stopped = -1
        self._unheeded = 0
        self._descriptor = -1
        self._done: Callable[[], None] | None = None
        self.slow: Callable[[Ticket], None] = _nothing
        """Told of each statement that is not fit for company."""
        session.before_cursor = self.leave

    def ask(self, ticket: Ticket) -> None:
        """Send one statement, alone."""
        self._guarded = False
        self._send((ticket,))

    def ask_all(self, tickets: Sequence[Ticket], done: Callable[[], None]) -> None:
        """Send several at once; `done` is called when the last one is answered, or the session is lost."""
        self._guarded = len(tickets) > 1
        self._done = done
        self._send(tickets)
        self._looking = self._loop.call_later(STUCK, self._look, self._answered)

    @property
    def busy(self) -> bool:
        return bool(self._sent)

    def leave(self) -> None:
        """Off the socket, for somebody else to read from it."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._descriptor = -1
            if self._sent:
                self._lost(psycopg.OperationalError("the connection was closed"))
            elif self._pgconn.status == pq.ConnStatus.OK:
                self._pgconn.exit_pipeline_mode()

    def _enter(self) -> None:
        if self._descriptor < 0:
            self._pgconn.enter_pipeline_mode()
            self._descriptor = self._pgconn.socket
            self._loop.add_reader(self._descriptor, self._read)

    def _send(self, tickets: Sequence[Ticket]) -> None:
        self._session.count_operation()
        try:
            self._enter()
            for ticket in tickets:
                self._queue(ticket)
            self._flush()
        except psycopg.Error as error:
            self._lost(error, tickets)
        if self._done and not self._sent:
            self._loop.call_soon(self._finished)

    def _queue(self, ticket: Ticket) -> None:
        try:
            query = ticket.convert(self._session)
        except Exception as error:
            ticket.fail(error)
            return
        ticket.named = self._guarded and self._guard()
        name, ticket.prepares = (b"", False) if ticket.plain else self._prepared.name(query.query, query.types)
        if ticket.prepares:
            self._pgconn.send_prepare(name, query.query, query.types)
        if name:
            ticket.named = True
            self._pgconn.send_query_prepared(name, query.params, query.formats)
        else:
            self._pgconn.send_query_params(query.query, query.params, query.types, query.formats)
        self._pgconn.pipeline_sync()
        self._sent.append(ticket)

    def _guard(self) -> bool:
        """Make the transaction that ends with the next Sync read-only. Is that a prepared statement?"""
        name, is_new = self._prepared.name(_GUARD, ())
        if is_new:
            self._pgconn.send_prepare(name, _GUARD)
        if name:
            self._pgconn.send_query_prepared(name, None)
        else:
            self._pgconn.send_query_params(_GUARD, None)
        return bool(name)

    def _flush(self) -> None:
        """Write what the socket takes; the rest once it takes more."""
        if self._pgconn.flush():
            self._loop.add_writer(self._descriptor, self._flush_more)

    def _flush_more(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._descriptor)
        except psycopg.Error as error:
            self._lost(error)

    def _read(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            while self._sent and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    if pgconn.status != pq.ConnStatus.OK:
                        break
                elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                    self._next()
                else:
                    self._sent[0].see(result)
            if not self._sent:
                pgconn.is_busy()  # reads a farewell, a parameter, a notification
        except psycopg.Error as error:
            self._lost(error)
            return
        if pgconn.status != pq.ConnStatus.OK:
            self._lost(psycopg.OperationalError("the connection was lost"))
        elif not self._sent and self._done:
            self._finished()

    def _next(self) -> None:
        """The first statement under way is answered."""
        ticket = self._sent.popleft()
        self._answered += 1
        state = ticket.sqlstate
        if state is not None and self._deserves_another_try(ticket, state):
            ticket.fail(Alone())
        else:
            ticket.finish(self._session)

    def _deserves_another_try(self, ticket: Ticket, state: bytes) -> bool:
        """Did it fail by the way it travelled, not by itself?"""
        if ticket.named and state in OUTDATED:
            self._prepared.forget()
            return True
        if ticket.failed_to_prepare:
            self._prepared.drop(ticket.converted.query, ticket.converted.types)
        if state == _CANCELLED and self._stopping:
            self._unheeded = max(0, self._unheeded - 1)
        elif not (state == _READ_ONLY and self._guarded):
            return False
        if self._guarded:
            self.slow(ticket)
        return self._guarded

    def _look(self, answered: int) -> None:
        """Is one statement holding up others, or holding a connection for nobody?"""
        if not self._sent:
            return
        if answered == self._answered and (len(self._sent) > 1 or self._sent[0].abandoned):
            self.stop()
        self._looking = self._loop.call_later(STUCK, self._look, self._answered)

    def stop(self) -> None:
        """Ask the server to cancel what runs, once for each statement. What does not heed that in time is cut."""
        if self._stopped == self._answered or (self._stopping and not self._stopping.done()):
            return
        self._stopped = self._answered
        self._unheeded += 1
        self._stopping = self._loop.create_task(self._session.request_cancel())
        self._loop.call_later(self._session.cancel_grace, self._cut_if_still, self._answered)

    def end(self, done: Callable[[], None]) -> None:
        """Nobody waits for what is under way: stop it. `done` is called when that is over."""
        self._done = done
        if self._sent:
            self.stop()
        else:
            self._finished()

    def _cut_if_still(self, answered: int) -> None:
        if self._sent and answered == self._answered:
            self._session.cut("it did not heed a cancel request")

    def _finished(self) -> None:
        """Nothing is under way. A cancel request that still is would hit whoever has the session next."""
        if self._sent or self._done is None:
            return
        if self._stopping and not self._stopping.done():
            self._stopping.add_done_callback(lambda _: self._finished())
            return
        if self._unheeded:
            self._session.cut("a cancel request may be under way, and would hit whoever has it next")
        if self._looking:
            self._looking.cancel()
        self._stopping, self._looking, self._stopped, self._unheeded = None, None, -1, 0
        done, self._done = self._done, None
        done()

    def _lost(self, error: psycopg.Error, unsent: Sequence[Ticket] = ()) -> None:
        """The session is gone, and with it the answers."""
        self.leave()
        lost, self._sent = self._sent, deque()
        for ticket in (*lost, *unsent):
            if ticket.sqlstate:
                ticket.finish(self._session)
            else:
                ticket.fail(type(error)(str(error)))
        if self._done:
            self._loop.call_soon(self._finished)


def _nothing(ticket: Ticket) -> None:
    """Nobody wants to know."""
