"""Statements that are asked on their own, at one host: each on an idle session, or, where none is idle, together.

A batch of reads waits in the same queue as everybody else: one place, one session, one round trip for all.

Knows: lines, batches, which statement is fit for company. Must not know: how a host is chosen.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from pgclient.errors import TimedOut
from pgclient.kinds import Kind, Loners
from pgclient.pools import Elsewhere, HostPool
from pgclient.question import Alone, Question, Ticket
from pgclient.session import Session, limited, says_standby

MOST = 16
"""Statements in one batch: more would make the last one wait for too many others."""


class Batch:
    """Reads that travel together once a session is free."""

    def __init__(self, desk: Desk, from_primary: bool) -> None:
        self.tickets: list[Ticket] = []
        self.sent = False
        self._desk = desk
        self._from_primary = from_primary

    def serve(self, session: Session) -> bool:
        self._desk.close_batch(self, self._from_primary)
        if self._from_primary and says_standby(session):
            self.fail(Elsewhere())
            return False
        if not self.tickets:
            return False
        self.sent = True
        self._desk.send(self.tickets, session)
        return True

    def fail(self, error: Exception) -> None:
        self._desk.close_batch(self, self._from_primary)
        for ticket in self.tickets:
            ticket.fail(error)


class Desk:
    """Where single statements for one host are handed in."""

    def __init__(self, pool: HostPool, share: bool) -> None:
        self._pool = pool
        self._share = share
        self._loop = asyncio.get_running_loop()
        self._loners = Loners()
        self._open: dict[bool, Batch] = {}

    async def ask(self, question: Question, deadline: float, limit: bool, from_primary: bool) -> Any:
        """The answer. `limit`: the deadline holds for the statement, too, not only for the wait before it.

        Raises `Elsewhere` where this host turns out not to be the one.
        """
        try:
            return await self._ask(question, deadline, limit, from_primary)
        except Alone:
            self._pool.counts.done_alone += 1
        session = await self._pool.take(deadline)
        return await self._alone(session, question, deadline, limit, from_primary, plain=True)

    async def _ask(self, question: Question, deadline: float, limit: bool, from_primary: bool) -> Any:
        session = self._pool.take_now()
        if session is None:
            if self._share and question.kind is Kind.READ and not self._is_loner(question):
                return await self._in_company(question, deadline, limit, from_primary)
            session = await self._pool.take(deadline)
        return await self._alone(session, question, deadline, limit, from_primary)

    async def _alone(
        self,
        session: Session,
        question: Question,
        deadline: float,
        limit: bool,
        from_primary: bool,
        plain: bool = False,
    ) -> Any:
        if from_primary and says_standby(session):
            self._pool.put(session)
            raise Elsewhere
        ticket = Ticket(question, self._loop.create_future(), plain)
        line = self._pool.lines[session]
        line.ask(ticket)
        try:
            if limit:
                async with limited(session, deadline - monotonic()):
                    answer = await ticket.answer
            else:
                answer = await ticket.answer
        except asyncio.CancelledError:
            line.end(lambda: self._pool.put(session))
            raise
        except BaseException:
            self._pool.put(session)
            raise
        self._pool.put(session)
        return answer

    async def _in_company(self, question: Question, deadline: float, limit: bool, from_primary: bool) -> Any:
        batch = self._open.get(from_primary) or Batch(self, from_primary)
        self._pool.join(batch)
        self._open[from_primary] = batch
        ticket = Ticket(question, self._loop.create_future())
        batch.tickets.append(ticket)
        if len(batch.tickets) >= MOST:
            self.close_batch(batch, from_primary)
        began = monotonic()
        timer = self._loop.call_later(max(0.0, deadline - began), self._late, ticket, batch, deadline - began, limit)
        try:
            return await ticket.answer
        finally:
            timer.cancel()
            if not batch.sent and ticket in batch.tickets:
                batch.tickets.remove(ticket)
                self._pool.leave(batch)

    def send(self, tickets: list[Ticket], session: Session) -> None:
        """A session is there for a batch."""
        counts = self._pool.counts
        counts.batches += 1
        counts.in_company += len(tickets)
        line = self._pool.lines[session]
        line.slow = self._remember
        line.ask_all(tickets, lambda: self._pool.put(session))

    def close_batch(self, batch: Batch, from_primary: bool) -> None:
        """Nobody joins it any more."""
        if self._open.get(from_primary) is batch:
            del self._open[from_primary]

    def _late(self, ticket: Ticket, batch: Batch, seconds: float, limit: bool) -> None:
        if not batch.sent:
            ticket.fail(self._pool.busy(seconds))
        elif limit:
            ticket.fail(TimedOut(f"cannot finish the work: it took longer than {seconds:.3g} s"))

    def _is_loner(self, question: Question) -> bool:
        return isinstance(question.query, (str, bytes)) and self._loners.has(question.query, monotonic())

    def _remember(self, ticket: Ticket) -> None:
        query = ticket.question.query
        if isinstance(query, (str, bytes)):
            self._loners.add(query, monotonic())
