"""One transaction on one session: BEGIN to COMMIT, its mark, its token.

Knows: the statements around a transaction and the order they go in. Must not know: pools, routing, retries.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from enum import Enum
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import pq, sql
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Query
from psycopg.rows import tuple_row

from pgclient import copying, statements
from pgclient.copying import CopyChunks, CopyRows, Progress
from pgclient.errors import Misconfigured
from pgclient.fate import Answer, Mark
from pgclient.lsn import CommitToken, parse_lsn
from pgclient.notes import check_payload
from pgclient.retry import Stage
from pgclient.rows import RowFactory, factory
from pgclient.session import Session

_TIMELINE = "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
_SERVER = f"{_TIMELINE}, pg_last_wal_replay_lsn()::text, extract(epoch FROM pg_postmaster_start_time())::float8"
_MARK = f"""\
SELECT pg_current_xact_id_if_assigned()::text,
       CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL
            THEN pg_logical_emit_message(true, 'pgclient', '')::text END, {_SERVER}"""
_STATUS = f"""\
SELECT CASE WHEN status = 'committed' AND NOT pg_visible_in_snapshot(id, pg_current_snapshot()) THEN 'in progress'
            ELSE status END, {_SERVER}
FROM (SELECT id, pg_xact_status(id) AS status FROM (SELECT %s::text::xid8 AS id) AS asked) AS told"""  # noqa: S608 (our own words)
# PostgreSQL 14.2, for one, calls a transaction committed while its COMMIT waits for a standby, and nobody sees it yet.
_SERVER_ONLY = f"SELECT {_SERVER}"
_END_IDLE = """\
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_xid::text = (%s::text::bigint %% 4294967296)::text AND state LIKE 'idle in transaction%%'
  AND usename = current_user"""


MAX_NAME = 199
"""Bytes: https://www.postgresql.org/docs/current/sql-prepare-transaction.html (must be shorter than 200)."""


class Isolation(Enum):
    """https://www.postgresql.org/docs/current/transaction-iso.html"""

    READ_COMMITTED = "READ COMMITTED"
    REPEATABLE_READ = "REPEATABLE READ"
    SERIALIZABLE = "SERIALIZABLE"


def begin_statement(isolation: Isolation | str | None, read_only: bool, deferrable: bool) -> str:
    """`BEGIN` with its modes. `isolation` may be a word such as `serializable` or `repeatable read`."""
    words = ["BEGIN"]
    if isolation is not None:
        words.append(f"ISOLATION LEVEL {_isolation(isolation).value}")
    if read_only:
        words.append("READ ONLY")
    if deferrable:
        words.append("DEFERRABLE")
    return " ".join(words)


def _isolation(word: Isolation | str) -> Isolation:
    if isinstance(word, Isolation):
        return word
    try:
        return Isolation(word.upper().replace("_", " "))
    except ValueError:
        raise Misconfigured(
            f"cannot begin a transaction: {word!r} is no isolation level "
            "(expected read committed, repeatable read or serializable)"
        ) from None


class Transaction:
    """What is inside `async with cluster.transaction() as tx` and what `cluster.run` hands to a function."""

    def __init__(self, session: Session, read_only: bool, prepare_as: str = "") -> None:
        self.prepare_as = prepare_as
        """Not committed at its end, but prepared under this name."""
        self.connection = session
        """The psycopg connection, for whatever has no verb here. Leave its transaction alone."""
        self.read_only = read_only
        self.stage = Stage.WORKING
        self.mark: Mark | None = None
        self.token: CommitToken | None = None
        """After the commit: what a later reader passes as `after=`. None where nothing was written."""

    def __repr__(self) -> str:
        return f"Transaction({self.connection.info.host}:{self.connection.info.port}, {self.stage.value})"

    async def execute(self, query: Query, params: Params | None = None) -> int:
        return await statements.execute(self.connection, query, params)

    async def execute_many(self, query: Query, rows: Iterable[Params]) -> int:
        return await statements.execute_many(self.connection, query, rows)

    async def fetch(
        self, query: Query, params: Params | None = None, *, row_factory: RowFactory = tuple_row
    ) -> list[Any]:
        return await statements.fetch(self.connection, query, params, row_factory)

    async def fetch_one(
        self, query: Query, params: Params | None = None, *, row_factory: RowFactory = tuple_row
    ) -> Any:
        return await statements.fetch_one(self.connection, query, params, row_factory)

    async def fetch_value(self, query: Query, params: Params | None = None) -> Any:
        return await statements.fetch_value(self.connection, query, params)

    def stream(
        self, query: Query, params: Params | None = None, *, batch: int = 1000, row_factory: RowFactory = tuple_row
    ) -> AsyncIterator[Any]:
        batches = statements.stream(self.connection, query, params, batch=batch, row_factory=row_factory)
        return statements.one_by_one(batches)

    @contextlib.asynccontextmanager
    async def cursor(
        self,
        query: Query,
        params: Params | None = None,
        *,
        scrollable: bool = True,
        row_factory: RowFactory = tuple_row,
    ) -> AsyncIterator[psycopg.AsyncServerCursor[Any]]:
        """A server-side cursor to move about in: `fetchone`, `fetchmany`, `scroll(-5)`, `scroll(0, "absolute")`."""
        async with self.connection.cursor(
            f"pgclient_{uuid4().hex}", row_factory=factory(row_factory), scrollable=scrollable
        ) as cursor:
            await cursor.execute(query, params)
            yield cursor

    def copy_out(
        self, query: Query, params: Params | None = None, *, progress: Progress | None = None
    ) -> AsyncIterator[bytes]:
        return copying.copy_out(self.connection, query, params, progress)

    def copy_rows_out(
        self,
        query: Query,
        params: Params | None = None,
        *,
        types: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> AsyncIterator[tuple[Any, ...]]:
        return statements.one_by_one(
            copying.copy_rows_out(self.connection, query, params, types=types, progress=progress)
        )

    async def copy_in(self, query: Query, chunks: CopyChunks, *, progress: Progress | None = None) -> int:
        return await copying.copy_in(self.connection, query, chunks, progress)

    async def copy_rows_in(
        self, query: Query, rows: CopyRows, *, types: Sequence[str] = (), progress: Progress | None = None
    ) -> int:
        return await copying.copy_rows_in(self.connection, query, rows, types=types, progress=progress)

    async def notify(self, channel: str, payload: str = "") -> None:
        """Notify whoever listens, if and when the transaction commits."""
        check_payload(channel, payload)
        await statements.execute(self.connection, *statements.notification(channel, payload))

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is rolled back alone if it raises."""
        async with self.connection.transaction():
            yield

    async def commit(self) -> None:
        """Leave the mark, commit, take the token. From COMMIT on, `stage` says that the outcome may be open."""
        session = self.connection
        if session.pgconn.transaction_status == pq.TransactionStatus.INERROR:
            raise psycopg.errors.InFailedSqlTransaction(
                "cannot commit the transaction: a statement in it failed\n"
                "hint: let its error leave the block, or put the statement into a savepoint"
            )
        if not self.read_only:
            self.mark = _read_mark(await statements.fetch_one(session, _MARK))
        self.stage = Stage.COMMITTING
        session.committing = True
        try:
            await self._send_commit()
        finally:
            session.committing = False

    async def _send_commit(self) -> None:
        session = self.connection
        if self.prepare_as:
            await session.execute(sql.SQL("PREPARE TRANSACTION {}").format(self.prepare_as))
            return
        if self.mark is None:
            await session.execute("COMMIT")
            return
        async with session.pipeline():
            await session.execute("COMMIT")
            position = await session.execute("SELECT pg_current_wal_insert_lsn()::text")
        row = await position.fetchone()
        assert row is not None
        self.token = CommitToken(self.mark.timeline, parse_lsn(row[0]))


async def is_prepared(session: Session, name: str) -> bool:
    """Does a prepared transaction of this name wait in this database?"""
    question = "SELECT EXISTS (SELECT FROM pg_prepared_xacts WHERE gid = %s AND database = current_database())"
    return bool(await statements.fetch_value(session, question, (name,)))


async def token_now(session: Session) -> CommitToken:
    """The token of whatever was committed up to now on this primary."""
    timeline, position = await statements.fetch_one(session, f"SELECT {_TIMELINE}, pg_current_wal_insert_lsn()::text")
    return CommitToken(timeline, parse_lsn(position))


def check_name(name: str) -> None:
    """Raise `Misconfigured` for what PREPARE TRANSACTION would refuse."""
    if not 0 < len(name.encode()) <= MAX_NAME:
        raise Misconfigured(f"cannot prepare a transaction as {name!r:.80} (expected 1 to {MAX_NAME} bytes)")


async def ask_answer(session: Session, mark: Mark) -> Answer:
    """Ask a primary what became of a transaction. One whose COMMIT never arrived is ended on the way."""
    status: str | None
    try:
        row = await statements.fetch_one(session, _STATUS, (str(mark.xid),))
        status = row[0]
    except psycopg.errors.InvalidParameterValue:
        row = ("future", *await statements.fetch_one(session, _SERVER_ONLY))
        status = "future"
    if status == "in progress":
        await statements.execute(session, _END_IDLE, (str(mark.xid),))
    _, timeline, replayed, started = row
    return Answer(status, timeline, parse_lsn(replayed) if replayed else None, started, was_standby=False)


def _read_mark(row: Sequence[Any]) -> Mark | None:
    """None where the transaction has no id: it wrote nothing."""
    xid, lsn, timeline, replayed, started = row
    if xid is None:
        return None
    return Mark(int(xid), parse_lsn(lsn), timeline, parse_lsn(replayed) if replayed else None, started)
