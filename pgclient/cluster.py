"""A primary and its standbys as one thing to work with.

    async with Cluster("postgresql://app@10.1.0.10,10.1.0.11/orders") as cluster:
        await cluster.run(place_order)
        rows = await cluster.fetch("SELECT * FROM orders", to="prefer-standby")

Knows: the order in which the parts are used. Must not know: how any of them decides.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Query
from psycopg.rows import tuple_row

from pgclient import copying, running, statements
from pgclient.copying import CopyChunks, CopyRows, Progress
from pgclient.hosts import Address, HostView
from pgclient.listening import Ear
from pgclient.lsn import CommitToken
from pgclient.notes import Listening, check_payload
from pgclient.options import Options
from pgclient.question import Question, Shape
from pgclient.retry import Stage
from pgclient.router import Router
from pgclient.routing import Route, Wanted, route
from pgclient.rows import RowFactory
from pgclient.session import Session, limited
from pgclient.statistics import HostStatistics
from pgclient.target import Target, parse
from pgclient.topology import Topology
from pgclient.transactions import Isolation, Transaction, begin_statement, check_name

T = TypeVar("T")
To: TypeAlias = "Route | Wanted | str"


class Cluster:
    """Where to: `to` is `primary`, `standby`, `prefer-standby`, `any` or a `Route`, which also limits the lag.

    How long: `timeout` seconds for the whole call, with whatever is done again in it. Without one, a call waits
    `Options.patience` for a host, and as long as it takes for the statement.

    Every call may raise `Unavailable`, `Busy`, `TimedOut`, and what psycopg makes of the server's errors.
    """

    def __init__(self, target: Target | str = "", *, options: Options | None = None, **connection: str | int) -> None:
        self._options = options or Options()
        self._router = Router(target if isinstance(target, Target) else parse(target, **connection), self._options)
        self._ear = Ear(self._router, self._options)

    def __repr__(self) -> str:
        return f"Cluster({self.topology})"

    async def __aenter__(self) -> Cluster:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Begin to watch the hosts. Waits for none of them: the first call does."""
        await self._router.open()

    async def close(self) -> None:
        """End all sessions, also those in use."""
        await self._ear.close()
        await self._router.close()

    async def retarget(self, target: Target) -> None:
        """Other hosts or credentials from now on, for instance because a relation changed."""
        await self._router.retarget(target)

    @property
    def topology(self) -> Topology:
        """What is known of the hosts at this moment."""
        return self._router.topology

    async def changes(self) -> AsyncGenerator[Topology, None]:
        """The topology now, and again whenever a host was asked: to watch it live."""
        while True:
            yield self.topology
            await self._router.watcher.changed(self._options.probe_every)

    async def locate(self, to: To = "primary", *, timeout: float | None = None) -> HostView:
        """A host that may serve, as far as was seen. Anything may have happened since."""
        return await self._router.locate(route(to), self._deadline(timeout))

    async def connect(self, to: To = "primary", *, timeout: float | None = None) -> psycopg.AsyncConnection[Any]:
        """A new psycopg connection for the caller to keep and close, for other libraries: no pool knows of it.

        Not in autocommit mode. It is cut when its host loses its role.
        """
        return await self._router.lend(route(to), self._deadline(timeout))

    def conninfo(self, address: Address) -> str:
        """libpq's connection string for one host, for other libraries. Holds the password: never print it."""
        return self._router.conninfo(address)

    def statistics(self) -> tuple[HostStatistics, ...]:
        """Connections and counts of each host that was worked on."""
        return self._router.statistics()

    # Statements, each on a session of its own, committed when they return.

    async def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        timeout: float | None = None,
        repeatable: bool | None = None,
    ) -> int:
        """Run a statement; the number of rows it touched.

        If the session ends under it, it may or may not have been done. `repeatable=True` says that doing it again
        does no harm; that is assumed of what need not run on the primary. For the rest there is `run`.
        """
        return int(await self._ask(Question(query, params, Shape.COUNT), to, after, timeout, repeatable))

    async def fetch(
        self,
        query: Query,
        params: Params | None = None,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        timeout: float | None = None,
        repeatable: bool | None = None,
        row_factory: RowFactory = tuple_row,
    ) -> list[Any]:
        """All rows of a query. As for doing it again, see `execute`."""
        rows = await self._ask(Question(query, params, Shape.ROWS, row_factory), to, after, timeout, repeatable)
        assert isinstance(rows, list)
        return rows

    async def fetch_one(
        self,
        query: Query,
        params: Params | None = None,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        timeout: float | None = None,
        repeatable: bool | None = None,
        row_factory: RowFactory = tuple_row,
    ) -> Any:
        """The first row, or None."""
        return await self._ask(Question(query, params, Shape.FIRST, row_factory), to, after, timeout, repeatable)

    async def fetch_value(
        self,
        query: Query,
        params: Params | None = None,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        timeout: float | None = None,
        repeatable: bool | None = None,
    ) -> Any:
        """The first column of the first row, or None."""
        return await self._ask(Question(query, params, Shape.VALUE), to, after, timeout, repeatable)

    async def notify(self, channel: str, payload: str = "", *, timeout: float | None = None) -> None:
        """Notify whoever listens. Done again if the session ends under it: a notification may arrive twice."""
        check_payload(channel, payload)
        query, params = statements.notification(channel, payload)
        await self.execute(query, params, timeout=timeout, repeatable=True)

    # Transactions.

    @contextlib.asynccontextmanager
    async def transaction(
        self,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        isolation: Isolation | str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        timeout: float | None = None,
        prepare_as: str = "",
    ) -> AsyncIterator[Transaction]:
        """A transaction: committed at the end of the block, rolled back if it raises.

        With `prepare_as` it is prepared under that name instead, for `commit_prepared` or `rollback_prepared` to end.

        If the answer to COMMIT gets lost, the cluster is asked: the block ends well if the transaction holds, raises
        the connection's error if it does not, and `CommitUnknown` if nobody can tell.
        """
        terms = self._terms(to, after, isolation, read_only, deferrable, timeout)
        if prepare_as:
            check_name(prepare_as)
            terms = replace(terms, prepare_as=prepare_as)
        async with self._traced("transaction"), running.transaction(self._router, terms) as tx:
            yield tx

    async def commit_prepared(self, name: str, *, timeout: float | None = None) -> CommitToken:
        """The second phase: commit what `transaction(prepare_as=name)` prepared, whoever is the primary now.

        What a later reader passes as `after=`.
        """
        return await running.end_prepared(self._router, "COMMIT", name, self._deadline(timeout))

    async def rollback_prepared(self, name: str, *, timeout: float | None = None) -> None:
        """The second phase: give up what was prepared."""
        await running.end_prepared(self._router, "ROLLBACK", name, self._deadline(timeout))

    async def prepared(self, *, timeout: float | None = None) -> list[str]:
        """The names of the transactions that wait in this database for their second phase."""
        question = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"
        return [name for (name,) in await self.fetch(question, timeout=timeout, repeatable=True)]

    async def run(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        isolation: Isolation | str | None = None,
        read_only: bool = False,
        deferrable: bool = False,
        timeout: float | None = None,
    ) -> T:
        """The result of `work(tx)` in a transaction that holds.

        `work` is called again, in a new transaction, after a serialization failure, a deadlock, or the end of the
        session: it should do nothing that a rollback does not undo. What it raises itself goes through. A transaction
        that wrote nothing (one that only notifies, for instance) may be done twice. Raises `CommitUnknown` if nobody
        can tell.
        """
        terms = self._terms(to, after, isolation, read_only, deferrable, timeout)
        async with self._traced("run"):
            return await running.run(self._router, terms, work)

    # What holds a session for longer.

    @contextlib.asynccontextmanager
    async def connection(
        self, to: To = "primary", *, after: CommitToken | None = None, timeout: float | None = None
    ) -> AsyncIterator[Session]:
        """A psycopg connection in autocommit mode. Leave it as you found it: settings stay on it."""
        async with self._router.lease(route(to, after), self._deadline(timeout)) as (session, _):
            yield session

    async def stream(
        self,
        query: Query,
        params: Params | None = None,
        *,
        batch: int = 1000,
        to: To = "primary",
        after: CommitToken | None = None,
        row_factory: RowFactory = tuple_row,
    ) -> AsyncGenerator[Any, None]:
        """Rows through a server-side cursor, in a read-only transaction. Leave early with `contextlib.aclosing`."""
        async with (
            self.transaction(to=to, after=after, read_only=True) as tx,
            statements.closing(
                statements.stream(tx.connection, query, params, batch=batch, row_factory=row_factory)
            ) as batches,
        ):
            async for rows in batches:
                for row in rows:
                    yield row

    async def copy_out(
        self,
        query: Query,
        params: Params | None = None,
        *,
        to: To = "primary",
        after: CommitToken | None = None,
        progress: Progress | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of `COPY ... TO STDOUT`, in pieces that end with a row. `progress` hears of the bytes so far."""
        async with (
            self.connection(to, after=after) as session,
            statements.closing(copying.copy_out(session, query, params, progress)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    async def copy_rows_out(
        self,
        query: Query,
        params: Params | None = None,
        *,
        types: Sequence[str] = (),
        to: To = "primary",
        after: CommitToken | None = None,
        progress: Progress | None = None,
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """The rows of `COPY ... TO STDOUT`, text or binary; values where `types` names the columns' types."""
        async with (
            self.connection(to, after=after) as session,
            statements.closing(
                copying.copy_rows_out(session, query, params, types=types, progress=progress)
            ) as batches,
        ):
            async for rows in batches:
                for row in rows:
                    yield row

    async def copy_in(
        self, query: Query, chunks: CopyChunks, *, timeout: float | None = None, progress: Progress | None = None
    ) -> int:
        """Send bytes or text to `COPY ... FROM STDIN`; the number of rows. All or none hold. Never done again."""
        async with self._traced("copy_in", query):
            return await self._copy(lambda session: copying.copy_in(session, query, chunks, progress), timeout)

    async def copy_rows_in(
        self,
        query: Query,
        rows: CopyRows,
        *,
        types: Sequence[str] = (),
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Send rows to `COPY ... FROM STDIN`; the number of rows. All or none hold. Never done again."""
        async with self._traced("copy_rows_in", query):
            return await self._copy(
                lambda session: copying.copy_rows_in(session, query, rows, types=types, progress=progress), timeout
            )

    def listen(self, *channels: str) -> Listening:
        """Notifications on these channels, wherever the primary is: `async for note in cluster.listen("jobs")`.

        Yields `Note`, and `Gap` where some may have been missed.
        """
        return Listening(self._ear, channels, self._options.max_notes)

    async def execute_many(self, query: Query, rows: Iterable[Params], *, timeout: float | None = None) -> int:
        """Run a statement once for each row of parameters, all in one transaction that is done again like any other."""
        kept = list(rows)
        return await self.run(lambda tx: tx.execute_many(query, kept), timeout=timeout)

    def _deadline(self, timeout: float | None) -> float:
        return monotonic() + (self._options.patience if timeout is None else timeout)

    def _terms(
        self,
        to: To,
        after: CommitToken | None,
        isolation: Isolation | str | None,
        read_only: bool,
        deferrable: bool,
        timeout: float | None,
    ) -> running.Terms:
        wanted = route(to, after)
        read_only = read_only or wanted.to is not Wanted.PRIMARY
        begin = begin_statement(isolation, read_only, deferrable)
        return running.Terms(begin, wanted, read_only, timeout, self._deadline(timeout))

    async def _ask(
        self,
        question: Question,
        to: To,
        after: CommitToken | None,
        timeout: float | None,
        repeatable: bool | None,
    ) -> Any:
        wanted = route(to, after)
        if repeatable is None:
            repeatable = wanted.to is not Wanted.PRIMARY
        stage = Stage.WORKING if repeatable else Stage.LOOSE
        terms = running.Terms("", wanted, False, timeout, self._deadline(timeout))
        if self._options.trace is None:
            return await running.ask(self._router, terms, question, stage)
        with self._options.trace(question.shape.call, question.query):
            return await running.ask(self._router, terms, question, stage)

    @contextlib.asynccontextmanager
    async def _traced(self, call: str, query: Query | None = None) -> AsyncIterator[None]:
        with self._options.trace(call, query) if self._options.trace else contextlib.nullcontext():
            yield

    async def _copy(self, work: Callable[[Session], Awaitable[T]], timeout: float | None) -> T:
        """Not done again: what was read from the caller's source is gone."""
        async with (
            self._router.lease(route("primary"), self._deadline(timeout)) as (session, _),
            limited(session, timeout),
        ):
            return await work(session)
