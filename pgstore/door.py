"""The way to the database: statements go through pgclient, and errors come back as the store's own.

    Door(cluster)             each call is a transaction of its own, done again where that is safe
    Door(cluster, tx=tx)      calls belong to a transaction that somebody else commits
    Door(cluster, route=...)  reads go to standbys; nothing is written

Knows: pgclient's public names, psycopg's error classes. Must not know: documents, tables.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg

from pgclient import Busy, Cluster, CommitToken, CommitUnknown, Misconfigured, Route, TimedOut, Transaction, Wanted
from pgclient import Unavailable as NobodyThere
from pgstore import outcomes
from pgstore.errors import BadRequest, Trouble, Unavailable
from pgstore.sql.sentences import Sentence

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass
class Written:
    """The token of the last commit, for whoever reads from a standby after it."""

    token: CommitToken | None = None


@dataclass(frozen=True)
class Door:
    """One way of reaching the database of a system."""

    cluster: Cluster
    tx: Transaction | None = None
    route: Route = field(default_factory=Route)
    timeout: float | None = None
    written: Written = field(default_factory=Written)

    @property
    def is_read_only(self) -> bool:
        return self.route.to is not Wanted.PRIMARY

    async def fetch(self, sentence: Sentence, **values: Any) -> list[Row]:
        """All rows of a query that changes nothing."""
        params = sentence.with_(**values) or None
        with explained():
            if self.tx:
                return await self.tx.fetch(sentence.text, params)
            return await self.cluster.fetch(sentence.text, params, to=self.route, timeout=self.timeout, repeatable=True)

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """The result of `work` in a transaction that holds: this one, or one of its own."""
        if self.is_read_only:
            raise BadRequest("cannot write: this store reads from standbys only (hint: use the one it was made from)")
        with explained():
            if self.tx:
                async with self.tx.savepoint():
                    return await work(self.tx)
            return await self._committed(work)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        """A transaction in which every query sees the same moment."""
        with explained():
            if self.tx:
                yield self.tx
                return
            async with self.cluster.transaction(to=self.route, isolation="repeatable read", read_only=True) as tx:
                yield tx

    async def once(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """As `run`, and never done again: for work that uses something up."""
        if self.tx or self.is_read_only:
            return await self.run(work)
        with explained():
            async with self.cluster.transaction(timeout=self.timeout) as tx:
                result = await work(tx)
        self.written.token = tx.token or self.written.token
        return result

    async def _committed(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        last: list[Transaction] = []

        async def noted(tx: Transaction) -> T:
            last[:] = [tx]
            return await work(tx)

        result = await self.cluster.run(noted, timeout=self.timeout)
        self.written.token = last[0].token or self.written.token
        return result


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn the driver's and the client's errors into the store's."""
    try:
        yield
    except psycopg.Error as error:
        raise outcomes.explain(_failure(error)) from error
    except CommitUnknown as error:
        raise Unavailable(str(error), Trouble.UNKNOWN_OUTCOME) from error
    except Busy as error:
        raise Unavailable(str(error), Trouble.OVERLOADED) from error
    except (NobodyThere, TimedOut) as error:
        trouble = Trouble.OVERLOADED if isinstance(error, TimedOut) else None
        raise outcomes.unavailable(str(error), trouble) from error
    except Misconfigured as error:
        raise BadRequest(str(error)) from error


def _failure(error: psycopg.Error) -> outcomes.Failure:
    state = error.sqlstate
    if state is None and not isinstance(error, psycopg.OperationalError):
        state = "22000"  # found by psycopg before anything was sent
    said = error.diag
    return outcomes.Failure(
        state, (said.message_primary or str(error)).strip(), said.constraint_name or "", said.message_detail or ""
    )
