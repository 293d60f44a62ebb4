"""COPY on one session: bytes and rows, in and out, with memory that does not grow.

psycopg hands out each row of a COPY by itself, after a look at the event loop; here, what has arrived goes on in one
piece. A row is used up before libpq is asked for the next one: rows that are kept until they are joined take three
times as long. Rows that are sent are formatted by psycopg's own functions (`format_row_*`, not in its manual), without
its Python around each.

Knows: psycopg's COPY, libpq. Must not know: which host this is, or what happens after an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, TypeAlias

from psycopg import AsyncCopy, errors, pq
from psycopg._copy_base import format_row_binary, format_row_text
from psycopg.abc import Params, PQGen
from psycopg.abc import QueryNoTemplate as Query
from psycopg.waiting import WAIT_R

from pgclient.session import Session

Chunk: TypeAlias = "bytes | str"
CopyRows: TypeAlias = "AsyncIterable[Sequence[Any]] | Iterable[Sequence[Any]]"
CopyChunks: TypeAlias = "AsyncIterable[Chunk] | Iterable[Chunk]"
Progress: TypeAlias = Callable[[int], None]
"""Called with the bytes (of bytes) or rows (of rows) so far, now and then."""

_PIECE = 1 << 16
"""Bytes that go on in one piece, more or less: few turns of the event loop, and none of them a long one."""
_WRITTEN = 1 << 15
"""Bytes that are written in one piece."""
_ROWS = 16
"""Rows that are formatted before anybody looks how many bytes they made."""
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
"""https://www.postgresql.org/docs/current/sql-copy.html (Binary Format)"""


async def copy_out(
    session: Session, query: Query, params: Params | None = None, progress: Progress | None = None
) -> AsyncIterator[bytes]:
    """What `COPY ... TO STDOUT` sends, in pieces that end with a row."""
    done = 0
    async with session.cursor() as cursor, cursor.copy(query, params):
        last = False
        while not last:
            data = BytesIO()
            last = await session.wait(_arrived(session.pgconn, data.write))
            done += data.tell()
            if data.tell():
                yield data.getvalue()
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
            rows: list[tuple[Any, ...]] = []
            last = await session.wait(_arrived(session.pgconn, _parsed_into(rows, parse)))
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
            await _write_rows(copy, rows, progress or _nobody)
        return cursor.rowcount


async def _write_rows(copy: AsyncCopy, rows: CopyRows, progress: Progress) -> None:
    """In pieces of many rows, for psycopg's `write_row` takes as long as the formatting itself."""
    binary = copy.formatter.format is pq.Format.BINARY
    form, transformer = format_row_binary if binary else format_row_text, copy.formatter.transformer
    done, piece = 0, bytearray(_SIGNATURE if binary else b"")
    async for some in _by(_ROWS, rows):
        for row in some:
            form(row, transformer, piece)
        done += len(some)
        if len(piece) > _WRITTEN:
            await copy.write(piece)
            piece = bytearray()
            progress(done)
    await copy.write(piece + (_TRAILER if binary else b""))
    progress(done)


async def _by(most: int, rows: CopyRows) -> AsyncIterator[list[Sequence[Any]]]:
    """So many rows at a time."""
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield [row]
    else:
        left = iter(rows)
        while some := list(islice(left, most)):
            yield some


Row: TypeAlias = "bytes | bytearray | memoryview"


def _parsed_into(rows: list[tuple[Any, ...]], parse: Callable[[Row], tuple[Any, ...] | None]) -> Callable[[Row], None]:
    def keep(data: Row) -> None:
        if (row := parse(data)) is not None:  # None: the header or the end of the binary format
            rows.append(row)

    return keep


def _arrived(pgconn: pq.abc.PGconn, keep: Callable[[Row], object]) -> PQGen[bool]:
    """Keep all rows that are there, at least one, up to a piece. Were these the last?"""
    take, size, looked = pgconn.get_copy_data, 0, False
    while True:
        fresh = 0
        while True:
            count, row = take(1)
            if count <= 0:
                break
            keep(row)
            fresh += count
        if count < 0:
            yield from _end(pgconn)
            return True
        size += fresh
        if size >= _PIECE:
            return False
        if looked and not fresh:
            if size:
                return False
            yield WAIT_R
        pgconn.consume_input()
        looked = True


def _nobody(_done: int) -> None:
    """Nobody wants to know."""


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
