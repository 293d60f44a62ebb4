"""Views as the original has them: documents in the order of a key, chosen by the key.

Knows: which columns make the key of which view. Must not know: SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pgstore.access import Access
from pgstore.documents import Document, complete
from pgstore.errors import BadRequest
from pgstore.faces.finding import Finding, check_flag
from pgstore.query import leaves
from pgstore.query.columns import columns
from pgstore.query.nodes import After, Associated, Hop, Node, Or, Order, Query, Value
from pgstore.query.reading import count
from pgstore.query.searches import all_of

Triple = tuple[str, list[Any], "Document | None"]
_EVENTS_AT_MOST = 100


@dataclass(frozen=True)
class View:
    """The columns of a key, and the table."""

    key: tuple[str, ...]
    table: str = ""


VIEWS: dict[tuple[str, str], View] = {
    ("_all_docs", ""): View(("id",)),
    ("directory", "by_key"): View(("key", "org", "parent"), "dir"),
    ("directory", "by_parent"): View(("org", "parent", "key"), "dir"),
    ("directory", "by_path"): View(("org", "parent", "key"), "dir"),
    ("resource", "by_type"): View(("type_", "name")),
    ("resource", "by_name"): View(("name", "type_")),
    ("resource", "by_lcstate"): View(("lcstate", "type_", "name")),
    ("event", "by_origintype"): View(("origin", "type_", "ts_created")),
    ("event", "by_origin"): View(("origin", "ts_created")),
    ("event", "by_type"): View(("type_", "ts_created")),
    ("event", "by_time"): View(("ts_created",)),
}


class Views(Finding):
    """`find_by_view`."""

    async def find_by_view(
        self,
        design_name: str,
        view_name: str = "",
        *,
        key: Any = None,
        keys: Sequence[Any] | None = None,
        start_key: Any = None,
        end_key: Any = None,
        id_only: bool = True,
        limit: int | None = None,
        skip: int | None = None,
        descending: bool = False,
        access: Access | None = None,
    ) -> list[Triple]:
        """Id, key, and document (None with `id_only`), in the order of the key.

        A key is a value or the first values of one; `start_key` and `end_key` are included.
        `attachment/by_resource`: what a resource has by `hasAttachment`, in the order of time.
        `directory/by_attribute`: keys are pairs of attribute and value.
        """
        design = (design_name, "" if design_name == "_all_docs" else view_name)
        if design == ("attachment", "by_resource"):
            view, where = View(("ts_created",)), _attached_to(key)
        elif design == ("directory", "by_attribute"):
            view, where = View(("org", "parent", "key"), "dir"), _with_attribute(key)
        else:
            view = _view(design)
            self._check(view)
            where = self._chosen(view, key, keys, start_key, end_key)
        if design == ("event", "by_time") and limit is None and start_key is None and end_key is None:
            limit = _EVENTS_AT_MOST
        order = tuple(Order(column, (), descending, descending) for column in (*view.key, "id") if column)
        query = Query(where, order[:1] if view.key == ("id",) else order, count(limit, "limit"), count(skip, "skip"))
        query = self._read(replace(query, table=view.table, after=After(())), None, None, access)
        return [_triple(row, view, check_flag(id_only), design, key) for row in await self._rows(query)]

    def _chosen(self, view: View, key: Any, keys: Any, start: Any, end: Any) -> Node:
        known = columns(self._backing.shape.profile.value, view.table)
        parts: list[Node] = []
        if key is not None:
            parts.append(_prefix(view, _listed(key, view), known))
        if keys is not None:
            parts.append(Or(tuple(_prefix(view, _listed(each, view), known) for each in keys)))
        if start is not None:
            parts.append(_bound(view, _listed(start, view), known, "gt"))
        if end is not None:
            parts.append(_bound(view, _listed(end, view), known, "lt"))
        return all_of(parts)

    def _check(self, view: View) -> None:
        known = columns(self._backing.shape.profile.value, view.table)
        if set(view.key) - set(known):
            raise BadRequest(f"cannot use this view: {self._backing.name} has no {', '.join(view.key)}")


def _view(design: tuple[str, str]) -> View:
    view = VIEWS.get(design)
    if view is None:
        names = ", ".join(f"{name}/{each}".rstrip("/") for name, each in VIEWS)
        raise BadRequest(f"cannot find view {'/'.join(design)} (expected one of {names})")
    return view


def _listed(given: Any, view: View) -> list[Any]:
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    if not listed or len(listed) > len(view.key):
        raise BadRequest(f"cannot use the key {given!r:.80} (expected {', '.join(view.key)}, or the first of them)")
    return listed


def _prefix(view: View, given: list[Any], known: Any) -> Node:
    return all_of([leaves.equal(column, value, known) for column, value in zip(view.key, given, strict=False)])


def _bound(view: View, given: list[Any], known: Any, beyond: str) -> Node:
    """Not before (`gt`) or not after (`lt`) a key, compared part by part; what is longer than the key belongs to it."""
    ways = []
    for at, value in enumerate(given):
        same = [leaves.equal(view.key[before], given[before], known) for before in range(at)]
        op = beyond + "e" if at == len(given) - 1 else beyond
        ways.append(all_of([*same, leaves.compare(op, view.key[at], value, known)]))
    return ways[0] if len(ways) == 1 else Or(tuple(ways))


def _attached_to(key: Any) -> Node:
    id_ = key[0] if isinstance(key, (list, tuple)) and key else key
    hop = Hop("O", Value("text", "hasAttachment"))
    return Associated((hop,), Value("text", leaves.text(id_)), None, None)


def _with_attribute(key: Any) -> Node:
    if not isinstance(key, (list, tuple)) or len(key) != 2:
        raise BadRequest(f"cannot use the key {key!r:.80} (expected an attribute and its value)")
    return leaves.equal(f"attributes.{key[0]}", key[1], columns("RESOURCES", "dir"))


def _triple(row: tuple[Any, ...], view: View, id_only: bool, design: tuple[str, str], asked: Any) -> Triple:
    others = list(row[4:])
    key = [row[0] if column == "id" else others.pop(0) for column in view.key]
    if design == ("attachment", "by_resource"):
        resource = asked[0] if isinstance(asked, (list, tuple)) else asked
        key = [resource, *key, row[2].get("keywords") or []]
    return row[0], key, None if id_only else complete(row[2], row[0], row[1], deleted=row[3])
