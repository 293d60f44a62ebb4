"""Pages by key: a token says where the last one ended, so that the next costs no more than the first.

Knows: how the keys of an order travel in a token. Must not know: SQL.

>>> token = write(("name", "id"), ["Pioneer", "b1"])
>>> read(token, ("name", "id"))
['Pioneer', 'b1']
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pgstore.errors import BadRequest
from pgstore.query.columns import INTEGER, TEXT, TIME
from pgstore.query.nodes import After, Order, Query, Value
from pgstore.showing import Found
from pgstore.times import instant

BY_ID = Order("id")


@dataclass(frozen=True)
class Page:
    """Some of what was found; `next` is the token of what follows, None at the end."""

    items: Found
    next: str | None

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def _repr_html_(self) -> str:
        """For notebooks: a map and a table, and whether that is all."""
        follows = "another page follows" if self.next else "the last page"
        return f"{self.items._repr_html_()}<p>{len(self.items)} found, {follows}</p>"


def paged(query: Query, size: Any, token: str | None, known: Mapping[str, str]) -> Query:
    """The query of one page: ordered down to the id, beginning after the token, one row more than the page has."""
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= 100_000:
        raise BadRequest(f"cannot make pages of {size!r:.40} (expected 1 to 100000)")
    order = query.order if any(key.column == "id" for key in query.order) else (*query.order, _last(query.order))
    for key in order:
        if key.column and known[key.column] not in (TEXT, TIME, INTEGER):
            raise BadRequest(f"cannot make pages ordered by {key.column} (expected a text, a time or a number)")
    after = After(()) if token is None else After(_keys(order, read(token, _names(order)), known))
    return replace(query, order=order, after=after, limit=Value("integer", size + 1), skip=None)


def token_after(query: Query, row: Sequence[Any]) -> str:
    """The token of what follows a row, whose last values are the keys other than the id."""
    others = list(row[len(row) - sum(key.column != "id" for key in query.order) :])
    values = [row[0] if key.column == "id" else others.pop(0) for key in query.order]
    return write(_names(query.order), [value.isoformat() if isinstance(value, datetime) else value for value in values])


def write(names: Sequence[str], values: Sequence[Any]) -> str:
    """A token: URL-safe, meant for whoever gave the query."""
    return base64.urlsafe_b64encode(json.dumps([list(names), list(values)]).encode()).decode().rstrip("=")


def read(token: str, names: Sequence[str]) -> list[Any]:
    """The keys in a token; raises `BadRequest` for anything that was not written for this order."""
    try:
        written, values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error):
        raise BadRequest(f"cannot read the page token {token!r:.40} (expected the next of a page)") from None
    if written != list(names) or not isinstance(values, list) or len(values) != len(names):
        raise BadRequest("cannot use the page token: it was made for another order")
    return values


def _last(order: tuple[Order, ...]) -> Order:
    """The id runs the way of the first key, so that one index serves both."""
    return Order("id", descending=order[0].descending, nulls_first=order[0].nulls_first) if order else BY_ID


def _names(order: Sequence[Order]) -> tuple[str, ...]:
    return tuple(f"{'-' if key.descending else ''}{key.column or '.'.join(key.path)}" for key in order)


def _keys(order: Sequence[Order], values: list[Any], known: Mapping[str, str]) -> tuple[Value | None, ...]:
    return tuple(_value(key, value, known) for key, value in zip(order, values, strict=True))


def _value(key: Order, value: Any, known: Mapping[str, str]) -> Value | None:
    if value is None:
        return None
    if not key.column:
        return Value("json", json.dumps(value))
    kind = known[key.column]
    if kind == TIME:
        return Value("time", instant(value))
    if type(value) is not (int if kind == INTEGER else str):
        raise BadRequest(f"cannot use the page token: {key.column} is {value!r:.40}")
    return Value("integer" if kind == INTEGER else "text", value)
