"""One statement that is asked on its own, and the form its answer is wanted in.

Knows: psycopg's conversion of parameters and rows. Must not know: connections, who else asks.

`PostgresQuery` (`%s` to `$1`, cached) is psycopg's own and not in its manual; it is used here and nowhere else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any

from psycopg import abc, errors, pq
from psycopg._queries import PostgresQuery
from psycopg.abc import Params
from psycopg.abc import QueryNoTemplate as Query
from psycopg.adapt import Transformer
from psycopg.rows import tuple_row

from pgclient import statements
from pgclient.kinds import Kind, kind
from pgclient.rows import RowFactory, factory
from pgclient.session import Session


class Shape(Enum):
    """What of the answer is wanted."""

    ROWS = "fetch"
    FIRST = "fetch_one"
    VALUE = "fetch_value"
    COUNT = "execute"

    @property
    def call(self) -> str:
        """The name of the call that asks for it."""
        return self.value


@dataclass(frozen=True)
class Question:
    """A statement, its parameters, and what is wanted of the answer."""

    query: Query
    params: Params | None
    shape: Shape
    row_factory: RowFactory = tuple_row

    @property
    def kind(self) -> Kind:
        return kind(self.query) if isinstance(self.query, (str, bytes)) else Kind.OTHER

    async def on(self, session: Session) -> Any:
        """The answer, by psycopg's cursor: the way for whatever the short way does not take."""
        if self.shape is Shape.COUNT:
            return await statements.execute(session, self.query, self.params)
        if self.shape is Shape.ROWS:
            return await statements.fetch(session, self.query, self.params, self.row_factory)
        if self.shape is Shape.FIRST:
            return await statements.fetch_one(session, self.query, self.params, self.row_factory)
        return await statements.fetch_value(session, self.query, self.params)


class Alone(Exception):
    """Ask this question again, by itself: in company it was refused or stopped, and nothing of it was done."""


class Ticket:
    """A question under way on one connection."""

    __slots__ = ("_error", "_result", "_transformer", "answer", "converted", "named", "plain", "prepares", "question")

    def __init__(self, question: Question, answer: asyncio.Future[Any], plain: bool = False) -> None:
        self.question = question
        self.answer = answer
        self.plain = plain
        """Not as a prepared statement."""
        self.named = False
        """Does it travel as a prepared statement, or with one?"""
        self.prepares = False
        """Is it prepared on the way?"""
        self.converted: PostgresQuery
        self._transformer: abc.Transformer
        self._error: pq.abc.PGresult | None = None
        self._result: pq.abc.PGresult | None = None

    def convert(self, session: Session) -> PostgresQuery:
        """Make of query and parameters what goes over the wire; raises what psycopg says of a mistake in them."""
        self._transformer = Transformer(session)
        self.converted = PostgresQuery(self._transformer)
        self.converted.convert(self.question.query, self.question.params)
        self._error = self._result = None
        return self.converted

    @property
    def abandoned(self) -> bool:
        """Does nobody wait for the answer any more?"""
        return self.answer.done()

    @property
    def sqlstate(self) -> bytes | None:
        """The server's error so far."""
        return self._error.error_field(pq.DiagnosticField.SQLSTATE) if self._error else None

    @property
    def failed_to_prepare(self) -> bool:
        return self.prepares and self._result is None

    def see(self, result: pq.abc.PGresult) -> None:
        """One of the results that belong to it: the first error counts, else the last result."""
        if result.status == pq.ExecStatus.FATAL_ERROR:
            self._error = self._error or result
        elif result.status != pq.ExecStatus.PIPELINE_ABORTED:
            self._result = result

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def finish(self, session: Session) -> None:
        """All results are in: answer, or fail."""
        if self.answer.done():
            return
        try:
            self.answer.set_result(self._read(session))
        except Exception as error:
            self.answer.set_exception(error)

    def _read(self, session: Session) -> Any:
        if self._error:
            raise errors.error_from_result(self._error, encoding=session.info.encoding)
        result, question = self._result, self.question
        if result is None:
            raise errors.OperationalError("the connection was lost")
        tuples = result.status == pq.ExecStatus.TUPLES_OK
        if question.shape is Shape.COUNT:
            return result.ntuples if tuples else _touched(result)
        if not tuples:
            raise errors.ProgrammingError("the statement returned no rows\nhint: use execute, or add RETURNING")
        if question.shape is Shape.ROWS:
            return self._rows(session, result, result.ntuples)
        row = self._rows(session, result, min(1, result.ntuples))
        if question.shape is Shape.VALUE:
            return row[0][0] if row else None
        return row[0] if row else None

    def _rows(self, session: Session, result: pq.abc.PGresult, count: int) -> list[Any]:
        make: Any = tuple
        if self.question.row_factory is not tuple_row:
            cursor = session.cursor()
            cursor.pgresult = result
            make = factory(self.question.row_factory)(cursor)
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, count, make)


def _touched(result: pq.abc.PGresult) -> int:
    return -1 if result.command_tuples is None else result.command_tuples
