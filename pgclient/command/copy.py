"""COPY between a table (or a query) and a file, or the standard streams.

Knows: files and progress. Must not know: how the bytes travel.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import BinaryIO

from psycopg import sql

from pgclient.cluster import Cluster
from pgclient.command.printing import Printer

_PIECE = 1 << 17
_MEGA = 1e6


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("direction", choices=("in", "out"))
    parser.add_argument("what", help="a table (schema.table), or for `out` also a query")
    parser.add_argument("file", nargs="?", default="-", help="default: standard input or output")
    parser.add_argument("--format", choices=("text", "csv", "binary"), default="text")
    parser.add_argument("--header", action="store_true", help="csv: the first line has the columns' names")
    parser.add_argument("--to", default="primary", help="`out`: primary, standby, prefer-standby or any")


async def run(options: argparse.Namespace, printer: Printer) -> int:
    """All, or nothing."""
    began, sent = perf_counter(), 0

    def progress(done: int) -> None:
        nonlocal sent
        sent = done
        if sys.stderr.isatty():
            seconds = perf_counter() - began
            print(f"\r{done / _MEGA:.1f} MB, {done / _MEGA / seconds:.1f} MB/s ", end="", file=sys.stderr)

    async with Cluster(options.dsn) as cluster:
        with _opened(options) as file:
            if options.direction == "in":
                rows = await cluster.copy_in(statement(options), _chunks(file), progress=progress)
            else:
                rows = None
                async with contextlib.aclosing(
                    cluster.copy_out(statement(options), to=options.to, progress=progress)
                ) as chunks:
                    async for chunk in chunks:
                        file.write(chunk)
    seconds = perf_counter() - began
    if options.direction == "in" or options.file != "-":
        count = "" if rows is None else f"{rows} rows, "
        printer.say(f"{count}{sent} bytes in {seconds:.2f} s", rows=rows, bytes=sent, seconds=round(seconds, 3))
    return 0


def statement(options: argparse.Namespace) -> sql.Composed:
    """The COPY statement. Something with a space in it is a query."""
    words = [sql.SQL("FORMAT {}").format(sql.SQL(options.format))]
    if options.header:
        words.append(sql.SQL("HEADER").format())
    is_query = options.direction == "out" and " " in options.what.strip()
    what = sql.SQL("({})").format(sql.SQL(options.what)) if is_query else sql.Identifier(*options.what.split("."))
    way = sql.SQL("FROM STDIN" if options.direction == "in" else "TO STDOUT")
    return sql.SQL("COPY {} {} ({})").format(what, way, sql.SQL(", ").join(words))


@contextlib.contextmanager
def _opened(options: argparse.Namespace) -> Iterator[BinaryIO]:
    reads = options.direction == "in"
    if options.file == "-":
        yield sys.stdin.buffer if reads else sys.stdout.buffer
        sys.stdout.flush()
        return
    with open(options.file, "rb" if reads else "wb") as file:
        yield file


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_PIECE):
        yield chunk
