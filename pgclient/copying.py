"""COPY on one session: bytes and rows, in and out, with memory that does not grow.

psycopg hands out each row of a COPY by itself; here, what has arrived goes on in one piece.

Knows: psycopg's COPY, libpq. Must not know: which host this is, or what happens after an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeAlias

from psycopg import AsyncCopy, errors, pq
from psycopg.abc import Params, PQGen
from psycopg.abc import QueryNoTemplate as Query
from psycopg.waiting import WAIT_R

from pgclient.session import Session

Chunk: TypeAlias = "bytes | str"
CopyRows: TypeAlias = "AsyncIterable[Sequence[Any]] | Iterable[Sequence[Any]]"
CopyChunks: TypeAlias = "AsyncIterable[Chunk] | Iterable[Chunk]"
Progress: TypeAlias = Callable[[int], None]
"""Called with the bytes (of bytes) or rows (of rows) so far, now and then."""

_PIECE = 1000
"""Rows."""
_TELL_EVERY = 10_000
"""Rows."""


async def copy_out(
    session: Session, query: Query, params: Params | None = None, progress: Progress | None = None
) -> AsyncIterator[bytes]:
    """What `COPY ... TO STDOUT` sends, in pieces that end with a row."""
    done = 0
    async with session.cursor() as cursor, cursor.copy(query, params):
        last = False
        while not last:
            pieces, last = await session.wait(_arrived(session.pgconn))
            data = b"".join(pieces)
            done += len(data)
            if data:
                yield data
            if progress:
                progress(done)


async def copy_rows_out(
    session: Session,
    query: Query,
    params: Params | None = None,
    *,
    types: Sequence[str] = (),
    progress: Progress | None = None,
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """The rows that `COPY ... TO STDOUT` sends (text or binary): strings, or values where `types` names the types.

    As many at once as have arrived.
    """
    done = 0
    async with session.cursor() as cursor, cursor.copy(query, params) as copy:
        if types:
            copy.set_types(types)
        parse, last = copy.formatter.parse_row, False
        while not last:
            pieces, last = await session.wait(_arrived(session.pgconn))
            rows = [row for piece in pieces if (row := parse(piece)) is not None]
            done += len(rows)
            if rows:
                yield rows
            if progress:
                progress(done)


async def copy_in(session: Session, query: Query, chunks: CopyChunks, progress: Progress | None = None) -> int:
    """Send pieces of bytes or text to `COPY ... FROM STDIN`; the number of rows that arrived.

    An error in `chunks` ends the COPY without a row.
    """
    done = 0
    async with session.cursor() as cursor:
        async with cursor.copy(query) as copy:
            async for chunk in _each(chunks):
                await copy.write(chunk)
                done += len(chunk)
                if progress:
                    progress(done)
        return cursor.rowcount


async def copy_rows_in(
    session: Session,
    query: Query,
    rows: CopyRows,
    *,
    types: Sequence[str] = (),
    progress: Progress | None = None,
) -> int:
    """Send rows to `COPY ... FROM STDIN`; the number that arrived. Binary format needs `types`, a name a column."""
    async with session.cursor() as cursor:
        async with cursor.copy(query) as copy:
            if types:
                copy.set_types(types)
            if isinstance(rows, AsyncIterable):
                async for row in rows:
                    await copy.write_row(row)
            else:
                await _write_rows(copy, rows, progress)
        return cursor.rowcount


async def _write_rows(copy: AsyncCopy, rows: Iterable[Sequence[Any]], progress: Progress | None) -> None:
    """A row that only fills psycopg's buffer needs no step of the event loop."""
    write_row, write = copy.formatter.write_row, copy.writer.write
    for done, row in enumerate(rows, 1):
        if data := write_row(row):
            await write(data)
        if progress and done % _TELL_EVERY == 0:
            progress(done)


def _arrived(pgconn: pq.abc.PGconn) -> PQGen[tuple[list[memoryview], bool]]:
    """All rows that are there, at least one, up to a piece; and whether these were the last."""
    take = pgconn.get_copy_data
    while True:
        pieces: list[memoryview] = []
        for _ in range(_PIECE):
            count, data = take(1)
            if count <= 0:
                break
            pieces.append(data)
        else:
            return pieces, False
        if count < 0:
            yield from _end(pgconn)
            return pieces, True
        if pieces:
            return pieces, False
        yield WAIT_R
        pgconn.consume_input()


def _end(pgconn: pq.abc.PGconn) -> PQGen[None]:
    """Read how the COPY ended, and raise what the server says of it."""
    while True:
        while pgconn.is_busy():
            yield WAIT_R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)


async def _each(things: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[Any]:
    if isinstance(things, AsyncIterable):
        async for thing in things:
            yield thing
    else:
        for thing in things:
            yield thing
