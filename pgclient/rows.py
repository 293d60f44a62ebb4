"""What a row becomes: `row_factory` may also be a plain class.

`tuple` and `dict` give those; any other class is called with the columns as keyword arguments, which is what
dataclasses and pydantic models (validated so) take. psycopg's own factories (`psycopg.rows`) go through.

Knows: psycopg's row factories. Must not know: queries.

>>> factory(dict) is psycopg.rows.dict_row
True
"""

from __future__ import annotations

from typing import Any, TypeAlias

import psycopg.rows
from psycopg.rows import AsyncRowFactory

RowFactory: TypeAlias = "AsyncRowFactory[Any] | type[Any]"

_KNOWN: dict[Any, AsyncRowFactory[Any]] = {tuple: psycopg.rows.tuple_row, dict: psycopg.rows.dict_row}


def factory(wanted: RowFactory) -> AsyncRowFactory[Any]:
    """psycopg's factory for what the caller wants."""
    if not isinstance(wanted, type):
        return wanted
    return _KNOWN.get(wanted) or psycopg.rows.class_row(wanted)
