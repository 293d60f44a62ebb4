"""Two-phase commit: one piece of work in several databases, in all of them or in none.

    async with together(orders, stock) as (in_orders, in_stock):
        await in_orders.create(...)
        await in_stock.update(...)

First all transactions are prepared: what is prepared outlives a failover. Then all are committed, on whoever is the
primary by then. Needs `max_prepared_transactions` above 0, on standbys too. If this process dies between the phases,
`pgstore check` shows what is left.

Knows: the two phases. Must not know: what is written, how a prepared transaction is found again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg

from pgclient import ClusterError, CommitUnknown, Transaction
from pgstore.door import Door, explained
from pgstore.errors import BadRequest, Inconsistent
from pgstore.store import Store

PREFIX = "pgstore-"


@dataclass
class _Part:
    """The work in one database."""

    door: Door
    name: str
    is_prepared: bool = False
    """Or may be: nobody knows for certain what became of it."""


@contextlib.asynccontextmanager
async def together(*stores: Store) -> AsyncIterator[tuple[Any, ...]]:
    """The stores, bound to one piece of work. Everything holds when the block is left, or nothing if it raises."""
    name = f"{PREFIX}{uuid4().hex}"
    parts = [_Part(store._backing.door, f"{name}-{number}") for number, store in enumerate(stores)]
    with explained():
        try:
            async with contextlib.AsyncExitStack() as stack:
                begun = [await stack.enter_async_context(_first_phase(part)) for part in parts]
                yield tuple(store.within(tx) for store, tx in zip(stores, begun, strict=True))
        except BaseException as error:
            await _finish(_give_up(parts))
            if isinstance(error, psycopg.errors.ObjectNotInPrerequisiteState):
                raise BadRequest(
                    "cannot commit in two phases: the server has max_prepared_transactions 0\nhint: set it above 0"
                ) from error
            raise
        await _finish(_second_phase(parts))


@contextlib.asynccontextmanager
async def _first_phase(part: _Part) -> AsyncIterator[Transaction]:
    try:
        async with part.door.cluster.transaction(prepare_as=part.name, timeout=part.door.timeout) as tx:
            yield tx
        part.is_prepared = True
    except CommitUnknown:
        part.is_prepared = True
        raise


async def _second_phase(parts: Sequence[_Part]) -> None:
    left = []
    for part in parts:
        try:
            part.door.written.token = await part.door.cluster.commit_prepared(part.name)
        except (psycopg.Error, ClusterError):
            left.append(part.name)
    if left:
        raise Inconsistent(
            f"cannot finish a commit in two phases: {', '.join(left)} could not be committed, the others are\n"
            "hint: `pgstore check` shows what is prepared: COMMIT PREPARED it, in the database that it is in"
        )


async def _give_up(parts: Sequence[_Part]) -> None:
    """What cannot be ended now stays prepared: `pgstore check` shows it."""
    for part in parts:
        if part.is_prepared:
            with contextlib.suppress(psycopg.Error, ClusterError):
                await part.door.cluster.rollback_prepared(part.name)


async def _finish(work: Any) -> None:
    """What was decided is carried out, also by a task that is told to stop meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # the cancellation goes first
        raise
