"""The relations of client applications: who they are, what their databags say, and what we have said.

Knows: which hook tools to ask, and of which relation this hook tells news. Must not know: what the bags mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pgcharm.adapters import juju as tools
from pgcharm.adapters import remembered
from pgcharm.adapters.host import uptime
from pgcharm.clients.relation import ENDPOINTS, ClientRelation

_ALL_ANEW = frozenset(("install", "start", "upgrade-charm", "leader-elected"))
"""Hooks that believe nothing that was read before."""
_AT_ONCE = 4
"""Relations that are read at the same time."""
_SECONDS = 900.0
"""For so long it is believed what was read."""
_OLD_AT_A_TIME = 10
"""Of those that are older, so many are read anew in one hook."""

Where = tuple[str, int]
"""An endpoint and the number of a relation."""


def observe_clients(hook: str, unit: str, model_uuid: str, leader: bool) -> tuple[ClientRelation, ...]:
    """Every relation of a client. Only what may have changed since the last hook is read."""
    path, now = remembered.place(unit.split("/")[0]), uptime()
    known = {} if hook in _ALL_ANEW else remembered.recall(path)
    ours = tools.own_relation()
    wanted = [(endpoint, relation) for endpoint in ENDPOINTS for relation in tools.relations(endpoint)]
    late = [each for each in wanted if not _is_known(known.get(_name(*each)), each[1] == ours, leader)]
    late += oldest(known, [each for each in wanted if each not in late], now)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        read = pool.map(lambda each: _read(each, unit, leader, now), late)
        known.update(zip((_name(*each) for each in late), read, strict=True))
    entries = {_name(*each): known[_name(*each)] for each in wanted}
    if late or entries.keys() != known.keys():
        remembered.remember(path, entries)
    return tuple(_client(*each, entries[_name(*each)], model_uuid) for each in wanted)


def oldest(known: Mapping[str, dict[str, Any]], relations: Sequence[Where], now: float) -> list[Where]:
    """Relations that were read too long ago: not all at once, so that no hook takes long because of them.

    They are read again in case somebody had Juju skip a hook.
    """
    ages = {each: now - known[_name(*each)]["read"] for each in relations}
    late = [each for each, age in ages.items() if not 0 <= age <= _SECONDS]
    return sorted(late, key=lambda each: -ages[each])[:_OLD_AT_A_TIME]


def forget_clients(unit: str, written: Sequence[tuple[str, int]]) -> None:
    """Have the next hook read anew what this one writes."""
    remembered.forget(remembered.place(unit.split("/")[0]), [_name(*each) for each in written])


def _name(endpoint: str, relation: int) -> str:
    return f"{endpoint}:{relation}"


def _is_known(entry: dict[str, Any] | None, has_news: bool, leader: bool) -> bool:
    """Whether an entry can be used; only the leader may read what it says for the application."""
    return entry is not None and not has_news and (entry["answer"] is not None or not leader)


def _read(where: Where, unit: str, leader: bool, now: float) -> dict[str, Any]:
    endpoint, relation = where
    application = tools.remote_application(endpoint, relation)
    return {
        "read": now,
        "application": application,
        "model": tools.remote_model(endpoint, relation),
        "units": {other: tools.bag(endpoint, relation, other) for other in tools.remote_units(endpoint, relation)},
        "wish": tools.bag(endpoint, relation, application, application=True),
        "published": tools.bag(endpoint, relation, unit),
        "answer": _answer(endpoint, relation, unit) if leader else None,
    }


def _answer(endpoint: str, relation: int, unit: str) -> dict[str, str]:
    """Our application's bag, which only the leader may read."""
    if not ENDPOINTS[endpoint].by_application:
        return {}
    return tools.bag(endpoint, relation, unit.split("/")[0], application=True)


def _client(endpoint: str, relation: int, entry: dict[str, Any], model_uuid: str) -> ClientRelation:
    return ClientRelation(
        id=relation,
        endpoint=endpoint,
        application=entry["application"],
        units=entry["units"],
        application_bag=entry["wish"],
        published=entry["published"],
        answered=entry["answer"] or {},
        remote_model="" if entry["model"] == model_uuid else entry["model"],
    )
