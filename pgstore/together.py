"""Two-phase commit: one piece of work in several databases, in all of them or in none.

    async with together(orders, stock) as (in_orders, in_stock):
        await in_orders.create(...)
        await in_stock.update(...)

Needs `max_prepared_transactions` above 0. If this process dies between the phases, `pgstore check` shows what is left.

Knows: the two phases. Must not know: what is written.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import psycopg

from pgclient import Transaction
from pgstore.door import explained
from pgstore.errors import BadRequest, Inconsistent
from pgstore.store import Store

PREFIX = "pgstore-"


@contextlib.asynccontextmanager
async def together(*stores: Store) -> AsyncIterator[tuple[Any, ...]]:
    """The stores, bound to one piece of work. Everything holds when the block is left, or nothing if it raises."""
    name = f"{PREFIX}{uuid4().hex}"
    with explained():
        async with contextlib.AsyncExitStack() as stack:
            sessions: list[Any] = []
            for store in stores:
                session = await stack.enter_async_context(store._backing.door.cluster.connection())
                await session.execute("BEGIN")
                sessions.append(session)
            try:
                yield tuple(
                    store.within(Transaction(session, False)) for store, session in zip(stores, sessions, strict=True)
                )
            except BaseException:
                await _each(sessions, "ROLLBACK")
                raise
            await _both_phases(sessions, name)


async def _both_phases(sessions: Sequence[Any], name: str) -> None:
    prepared: list[Any] = []
    try:
        for number, session in enumerate(sessions):
            await session.execute(f"PREPARE TRANSACTION '{name}-{number}'")
            prepared.append(session)
    except psycopg.Error as error:
        for number, session in enumerate(prepared):
            await session.execute(f"ROLLBACK PREPARED '{name}-{number}'")
        await _each(sessions[len(prepared) :], "ROLLBACK")
        if isinstance(error, psycopg.errors.ObjectNotInPrerequisiteState):
            raise BadRequest(
                "cannot commit in two phases: the server has max_prepared_transactions 0\nhint: set it above 0"
            ) from error
        raise
    left = []
    for number, session in enumerate(sessions):
        try:
            await session.execute(f"COMMIT PREPARED '{name}-{number}'")
        except psycopg.Error:
            left.append(f"{name}-{number}")
    if left:
        raise Inconsistent(
            f"cannot finish a commit in two phases: {', '.join(left)} stay prepared\n"
            "hint: COMMIT PREPARED them, in the databases that they are in"
        )


async def _each(sessions: Sequence[Any], statement: str) -> None:
    for session in sessions:
        with contextlib.suppress(psycopg.Error):
            await session.execute(statement)
