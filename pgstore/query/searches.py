"""What the named finds ask for, as expressions: everything that is given has to hold.

Knows: the arguments of `find_resources` and its kin. Must not know: SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pgstore.documents import check_id
from pgstore.errors import BadRequest
from pgstore.query import leaves
from pgstore.query.columns import columns
from pgstore.query.nodes import Always, And, Compare, Contains, IsNull, Node, Not, Or, Value

AVAILABILITIES = ("PRIVATE", "DISCOVERABLE", "AVAILABLE")
_RESOURCES = columns("RESOURCES")


def all_of(parts: Sequence[Node]) -> Node:
    """One expression of several; of none, what always holds."""
    if not parts:
        return Always(True)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def resources(
    *,
    restype: str | None = None,
    lcstate: str | None = None,
    name: str | None = None,
    keyword: str | None = None,
    nested_type: str | None = None,
    attr_name: str | None = None,
    attr_value: Any = None,
    alt_id: str | None = None,
    alt_id_ns: str | None = None,
) -> Node:
    """Resources of a type, in a state, of a name, and so on."""
    parts = [_equal("type_", restype)] if restype else []
    if lcstate:
        parts.append(life_state(lcstate))
    if name:
        parts.append(_equal("name", name))
    if keyword:
        parts.append(Contains(Value("json", leaves.as_json({"keywords": [leaves.text(keyword)]}))))
    if nested_type:
        parts.append(leaves.nested_type(nested_type))
    if attr_name:
        parts.append(attribute(attr_name, attr_value))
    elif attr_value is not None:
        raise BadRequest(f"cannot find by the value {attr_value!r:.60} of no attribute (expected attr_name as well)")
    if alt_id or alt_id_ns:
        parts.append(leaves.alternative_id(alt_id or None, alt_id_ns or None))
    return all_of(parts)


def life_state(given: str) -> Node:
    """A maturity, an availability, or both as in DEPLOYED_AVAILABLE."""
    maturity, _, availability = given.rpartition("_")
    if given in AVAILABILITIES:
        return _equal("availability", given)
    if availability in AVAILABILITIES:
        return And((_equal("lcstate", maturity), _equal("availability", availability)))
    return _equal("lcstate", given)


def attribute(name: str, value: Any) -> Node:
    """An attribute has a value; None: it has any."""
    equal = leaves.equal(name, value, _RESOURCES)
    return Not(equal) if isinstance(equal, IsNull) else equal


def triple(subject: str | None, predicate: str | None, obj: str | None) -> Node:
    """Associations by their three parts; `*` is any predicate."""
    given = {"s": subject, "p": None if predicate == "*" else predicate, "o": obj}
    return all_of([_end(column, value) for column, value in given.items() if value is not None])


def anyside(given: Any, predicate: str | None = None) -> Node:
    """Associations with an id, or one of several, on either side; each with a predicate if pairs are given."""
    if not isinstance(given, (list, tuple)):
        return all_of([_either(_id(given)), *([_end("p", predicate)] if predicate and predicate != "*" else [])])
    if not given:
        return Always(False)
    if predicate:
        raise BadRequest("cannot find associations by a list and a predicate (expected pairs of id and predicate)")
    return Or(tuple(_pair(each) for each in given))


def _pair(each: Any) -> Node:
    if isinstance(each, (list, tuple)):
        if len(each) != 2:
            raise BadRequest(f"cannot find associations by {each!r:.60} (expected a pair of id and predicate)")
        return And((_either(_id(each[0])), _end("p", each[1])))
    return _either(_id(each))


def _either(id_: str) -> Node:
    return Or((_end("s", id_), _end("o", id_)))


def _id(given: Any) -> str:
    return check_id(given.get("_id") if isinstance(given, Mapping) else given)


def _end(column: str, value: Any) -> Node:
    id_ = value.get("_id") if isinstance(value, Mapping) else value
    return Compare("eq", column, Value("text", leaves.text(id_)))


def _equal(column: str, value: Any) -> Node:
    return Compare("eq", column, Value("text", leaves.text(value)))
