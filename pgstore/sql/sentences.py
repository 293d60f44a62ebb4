"""SQLAlchemy's statements as the text that a session takes.

Knows: the dialect of psycopg. Must not know: what is said, or to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import psycopg as driver
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = driver.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Sentence:
    """SQL and the parameters that do not change from call to call."""

    text: str
    fixed: Mapping[str, Any]

    def with_(self, **values: Any) -> dict[str, Any]:
        """All parameters of one call."""
        return {**self.fixed, **values}


def sentence(statement: ClauseElement) -> Sentence:
    """Compile once; call often."""
    compiled = statement.compile(dialect=_DIALECT)
    assert isinstance(compiled, SQLCompiler)
    fixed = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
    return Sentence(str(compiled), fixed)


def quoted(identifier: str) -> str:
    """An identifier that may stand in SQL."""
    return '"' + identifier.replace('"', '""') + '"'
