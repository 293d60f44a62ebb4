"""From the dict form to an expression, with everything checked that can be without a server.

    {"QUERYEXP": "qexp_v1.0", "query_args": {"limit": 10}, "where": ["op:eq", ["ra:name", "$(name)"]],
     "order_by": [["ra:name", "asc"]], "query_params": {"name": "Pioneer"}}

Knows: operators, their arguments, parameters. Must not know: SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgstore.errors import BadRequest
from pgstore.query import leaves
from pgstore.query.columns import columns, field
from pgstore.query.nodes import Always, And, Node, Not, Or, Order, Query, Value

LANGUAGE = "qexp_v1.0"
_PARAMETER = re.compile(r"\$\(([^()]+)\)")
_DEEPEST = 50
_ARGS = {
    "profile", "datastore", "ds_sub", "id_only", "limit", "skip", "with_deleted", "format", "query_exp", "order_by",
}  # fmt: skip
MISSING = object()


@dataclass(frozen=True)
class Scope:
    """What names mean where the expression stands."""

    profile: str
    table: str = ""
    parameters: Mapping[str, Any] | None = None

    @property
    def columns(self) -> Mapping[str, str]:
        return columns(self.profile, self.table)


def read_query(given: Any, profile: str, parameters: Mapping[str, Any] | None = None) -> Query:
    """A whole query; `parameters` go before those that it brings itself."""
    if not isinstance(given, Mapping) or given.get("QUERYEXP") != LANGUAGE:
        raise BadRequest(f"cannot read the query: it is no {LANGUAGE} (expected QUERYEXP: {LANGUAGE!r})")
    args = given.get("query_args") or {}
    if not isinstance(args, Mapping) or not args.keys() <= _ARGS:
        raise BadRequest(f"cannot read the query: query_args is {args!r:.80} (expected {', '.join(sorted(_ARGS))})")
    if args.get("format") not in (None, ""):
        raise BadRequest(f"cannot read the query: format {args['format']!r:.40} is not there (expected none)")
    table = args.get("ds_sub") or ""
    if table not in ("", "assoc", "dir"):
        raise BadRequest(f"cannot read the query: ds_sub is {table!r:.40} (expected nothing, assoc or dir)")
    scope = Scope(profile, table, _merged(given.get("query_params"), parameters))
    return Query(
        read_expression(given.get("where"), scope),
        read_order(given.get("order_by") or args.get("order_by"), scope),
        count(args.get("limit"), "limit"),
        count(args.get("skip"), "skip"),
        table=table,
        id_only=bool(args.get("id_only")),
        with_deleted=bool(args.get("with_deleted")),
    )


def _merged(own: Any, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if own and not isinstance(own, Mapping):
        raise BadRequest(f"cannot read the query: query_params is {own!r:.80} (expected values by their names)")
    return {**own, **given} if own and given else own or given or {}


def read_expression(given: Any, scope: Scope, depth: int = 0) -> Node:
    """`[operator, arguments]`; nothing at all holds of everything."""
    if given is None or given == [] or given == ():
        return Always(True)
    if depth > _DEEPEST:
        raise BadRequest(f"cannot read the query: it is nested deeper than {_DEEPEST} levels")
    if not isinstance(given, (list, tuple)) or len(given) != 2 or not isinstance(given[0], str):
        raise BadRequest(f"cannot read the expression {given!r:.80} (expected [operator, arguments])")
    op, args = given
    if not isinstance(args, (list, tuple)):
        raise BadRequest(f"cannot read the arguments of {op:.40}: {args!r:.80} (expected a list)")
    if op.startswith("exp:"):
        return _logic(op, args, scope, depth)
    if op == "assop:associated":
        return _associated(args, scope, depth)
    filled = [fill(arg, scope) for arg in args]
    if MISSING in filled:
        return Always(False)  # a parameter that nobody gave is unknown, and nothing equals the unknown
    return leaves.read(op, filled, scope.columns)


def _logic(op: str, args: Sequence[Any], scope: Scope, depth: int) -> Node:
    parts = tuple(read_expression(part, scope, depth + 1) for part in args)
    if op == "exp:and" and parts:
        return parts[0] if len(parts) == 1 else And(parts)
    if op == "exp:or" and parts:
        return parts[0] if len(parts) == 1 else Or(parts)
    if op == "exp:not" and len(parts) == 1:
        return Not(parts[0])
    raise BadRequest(f"cannot read {op:.40} of {len(parts)} parts (expected exp:and, exp:or, or exp:not of one)")


def _associated(args: Sequence[Any], scope: Scope, depth: int) -> Node:
    """The last argument is an expression itself, about the target."""
    if len(args) != 5 or scope.table:
        raise BadRequest(
            f"cannot read assop:associated: {len(args)} arguments "
            "(expected target, target_type, predicate, direction, target_filter, about resources)"
        )
    *plain, inner = args
    filled = [fill(arg, scope) for arg in plain]
    if any(value is MISSING for value in filled):
        return Always(False)
    return leaves.associated(filled, None if inner is None else read_expression(inner, scope, depth + 1))


def fill(arg: Any, scope: Scope) -> Any:
    """A parameter's value in place of `$(name)`, also inside of lists; `MISSING` where nobody gave it."""
    if isinstance(arg, str):
        found = _PARAMETER.fullmatch(arg) if arg.startswith("$(") else None
        if not found:
            return arg
        value = (scope.parameters or {}).get(found[1])
        return MISSING if value is None else value
    if isinstance(arg, (list, tuple)):
        inner = [fill(part, scope) for part in arg]
        return MISSING if any(part is MISSING for part in inner) else inner
    return arg


def read_order(given: Any, scope: Scope) -> tuple[Order, ...]:
    """`[[column, "asc" or "desc", "nulls first" or "nulls last"], ...]`, the last part being optional."""
    if not given:
        return ()
    if not isinstance(given, (list, tuple)):
        raise BadRequest(f"cannot read the order {given!r:.80} (expected a list of [column, asc or desc])")
    return tuple(_key(key, scope) for key in given)


def _key(key: Any, scope: Scope) -> Order:
    parts = [key] if isinstance(key, str) else list(key) if isinstance(key, (list, tuple)) else []
    if not 1 <= len(parts) <= 3 or not all(isinstance(part, str) for part in parts):
        raise BadRequest(f"cannot order by {key!r:.80} (expected [column, asc or desc, nulls first or nulls last])")
    name: str = parts[0]
    way: str = parts[1] if len(parts) > 1 else "asc"
    nulls: str = parts[2] if len(parts) > 2 else "nulls last"
    if way.lower() not in ("asc", "desc") or nulls.lower() not in ("nulls first", "nulls last"):
        raise BadRequest(f"cannot order by {key!r:.80} (expected asc or desc, nulls first or nulls last)")
    column, path = field(name, scope.columns)
    if column and scope.columns[column] == "geometry":
        raise BadRequest(f"cannot order by {column} (a place is not before or after another)")
    return Order(column, path, way.lower() == "desc", nulls.lower() == "nulls first")


def count(given: Any, what: str) -> Value | None:
    """A number of rows; None and 0 mean no limit."""
    if given is None or given == 0:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**63:
        raise BadRequest(f"cannot use {what} {given!r:.40} (expected a positive number)")
    return Value("integer", given)
