"""Transactions that outlive the host they ran on: done again where that is safe, cleared up where it is open.

Knows: the order of BEGIN, work, mark, COMMIT, and what each failure asks for. Must not know: how hosts are chosen.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import pq, sql

from pgclient.errors import CommitUnknown, TimedOut, Unavailable
from pgclient.fate import Fate, Mark, judge
from pgclient.hosts import Address, HostView
from pgclient.lsn import CommitToken
from pgclient.question import Question
from pgclient.retry import CONFLICTS, Stage, Verdict, pause, verdict
from pgclient.router import Router
from pgclient.routing import Route, Wanted
from pgclient.session import Session, code, limited
from pgclient.transactions import Transaction, ask_answer, is_prepared, token_now

T = TypeVar("T")

_MOST_CONFLICTS = 20
"""So many serialization failures or deadlocks of one call are a fault of the application, not bad luck."""
_ASK_EVERY = 0.05
_AT_LEAST = 2.0
"""Seconds to find out about a COMMIT, also when the caller's time is up."""


@dataclass(frozen=True)
class Terms:
    """How a transaction is to be begun, and where."""

    begin: str
    wanted: Route
    read_only: bool
    timeout: float | None
    deadline: float
    prepare_as: str = ""
    """Prepare it under this name instead of committing it."""

    def seconds_left(self) -> float | None:
        """For the work itself; None without a timeout of its own."""
        return None if self.timeout is None else max(0.0, self.deadline - monotonic())


@contextlib.asynccontextmanager
async def transaction(router: Router, terms: Terms) -> AsyncIterator[Transaction]:
    """One attempt. An outcome left open is cleared up before anybody hears of it.

    Raises what the work raised, the database's error if the transaction did not hold, or `CommitUnknown`.
    """
    stack, session, view = await _begin(router, terms)
    tx = Transaction(session, terms.read_only, terms.prepare_as)
    try:
        async with stack:
            yield tx
            await tx.commit()
    except (psycopg.Error, TimedOut) as error:
        if tx.mark is None or not _is_open(error, tx.stage):
            raise
        end = max(terms.deadline, monotonic() + _AT_LEAST)
        if await resolve(router, view.address, tx.mark, end, error, terms.prepare_as) is not Fate.COMMITTED:
            raise


async def _begin(router: Router, terms: Terms) -> tuple[contextlib.AsyncExitStack, Session, HostView]:
    """A session in a transaction, and what ends both. Another session is taken if this one turns out to be gone."""

    async def attempt() -> tuple[contextlib.AsyncExitStack, Session, HostView]:
        async with contextlib.AsyncExitStack() as stack:
            session, view = await stack.enter_async_context(router.lease(terms.wanted, terms.deadline))
            await stack.enter_async_context(limited(session, terms.seconds_left()))
            await stack.enter_async_context(_rolled_back(session))
            await session.execute(terms.begin.encode())
            return stack.pop_all(), session, view

    return await _again(attempt, terms.deadline, Stage.WORKING)


async def ask(router: Router, terms: Terms, question: Question, stage: Stage) -> Any:
    """The answer to one statement outside of a transaction, asked again where `stage` says that this is safe."""
    return await _again(
        lambda: router.ask(question, terms.wanted, terms.deadline, terms.timeout is not None), terms.deadline, stage
    )


async def run(router: Router, terms: Terms, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """The result of `work` in a transaction that holds, however often it has to be begun."""

    async def attempt() -> T:
        async with transaction(router, terms) as tx:
            return await work(tx)

    # A COMMIT without an answer is decided before its error gets here: the transaction does not hold, or wrote nothing.
    return await _again(attempt, terms.deadline, Stage.WORKING)


async def _again(attempt: Callable[[], Awaitable[T]], deadline: float, stage: Stage) -> T:
    """Until it succeeds, raises what a retry does not mend, or time is up."""
    conflicts = retries = 0
    while True:
        try:
            return await attempt()
        except psycopg.Error as error:
            conflicts += error.sqlstate in CONFLICTS
            again = verdict(code(error), stage) is Verdict.AGAIN and conflicts <= _MOST_CONFLICTS
            if not again or monotonic() >= deadline:
                raise
        retries += 1
        await asyncio.sleep(min(pause(retries, random.random()), max(0.0, deadline - monotonic())))


def _is_open(error: Exception, stage: Stage) -> bool:
    if isinstance(error, psycopg.Error):
        return verdict(code(error), stage) is Verdict.ASK
    return stage is Stage.COMMITTING


async def end_prepared(router: Router, verb: str, name: str, deadline: float) -> CommitToken:
    """`COMMIT PREPARED` or `ROLLBACK PREPARED`, done again until it is known to have happened; the token after it.

    Raises psycopg's `UndefinedObject` if no such transaction was there at the first attempt.
    """
    statement = sql.SQL("{} PREPARED {}").format(sql.SQL("COMMIT" if verb == "COMMIT" else "ROLLBACK"), name)
    attempts = 0

    async def attempt() -> CommitToken:
        nonlocal attempts
        async with router.lease(Route(Wanted.PRIMARY), deadline) as (session, _):
            attempts += 1
            try:
                await session.execute(statement)
            except psycopg.errors.UndefinedObject:
                if attempts == 1:
                    raise  # later ones: it was the first attempt, whose answer got lost
            return await token_now(session)

    return await _again(attempt, deadline, Stage.WORKING)


async def resolve(
    router: Router, address: Address, mark: Mark, deadline: float, cause: BaseException, prepared_as: str = ""
) -> Fate:
    """Ask primaries until one can tell; raises `CommitUnknown` if none can. Prepared counts as committed."""
    while True:
        try:
            fate = await _ask(router, address, mark, deadline, prepared_as)
        except Unavailable as error:
            raise CommitUnknown(
                f"cannot tell whether transaction {mark.xid} was committed: {error}", mark.xid
            ) from cause
        except (psycopg.Error, TimedOut):
            fate = Fate.RUNNING  # the primary went away under the question
        if fate in (Fate.COMMITTED, Fate.ABORTED):
            return fate
        if fate is Fate.UNKNOWN or monotonic() >= deadline:
            raise CommitUnknown(
                f"cannot tell whether transaction {mark.xid} was committed: the primary does not know its history\n"
                "hint: look for its effect before doing it again",
                mark.xid,
            ) from cause
        await asyncio.sleep(_ASK_EVERY)


async def _ask(router: Router, address: Address, mark: Mark, deadline: float, prepared_as: str) -> Fate:
    async with (
        router.lease(Route(Wanted.PRIMARY), deadline) as (session, view),
        limited(session, router.options.probe_timeout * 3),
    ):
        if prepared_as and await is_prepared(session, prepared_as):
            return Fate.COMMITTED
        answer = await ask_answer(session, mark)
        unbroken = router.is_unbroken(address, mark.started, answer.started)
        return judge(mark, replace(answer, was_standby=router.was_standby(view), unbroken=unbroken))


@contextlib.asynccontextmanager
async def _rolled_back(session: Session) -> AsyncIterator[None]:
    """Leave no transaction behind, and wait for that no longer than for a cancelled statement."""
    try:
        yield
    finally:
        if not session.closed and session.pgconn.transaction_status in _OPEN and not session.cut_because:
            timer = asyncio.get_running_loop().call_later(session.cancel_grace, session.cut, "it did not roll back")
            try:
                with contextlib.suppress(psycopg.Error):
                    await session.execute("ROLLBACK")
            finally:
                timer.cancel()


_OPEN = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
