"""Which endpoints of two applications fit together. Pure.

Knows: roles, interfaces, scopes, the implicit `juju-info`.
Must not know: which relations exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jujubox.charm import Charm, Endpoint
from jujubox.model.database import Refused

JUJU_INFO = Endpoint("juju-info", "provider", "juju-info")


@dataclass(frozen=True)
class Side:
    """An application that should be related, and the endpoint asked for (empty: any)."""

    application: str
    endpoint: str
    known: tuple[Endpoint, ...]
    subordinate: bool = False


def side_of(application: str, endpoint: str, charm: Charm) -> Side:
    """An application of the model, with the endpoint that every one has besides its charm's."""
    return Side(application, endpoint, (*charm.endpoints.values(), JUJU_INFO), charm.subordinate)


@dataclass(frozen=True)
class Pair:
    """Two endpoints that fit."""

    first: tuple[str, Endpoint]
    second: tuple[str, Endpoint]

    @property
    def implicit(self) -> bool:
        """Whether one end is the implicit juju-info."""
        return JUJU_INFO in (self.first[1], self.second[1])

    @property
    def scope(self) -> str:
        """The relation's scope: container if either end says so."""
        return "container" if "container" in (self.first[1].scope, self.second[1].scope) else "global"


def parse(text: str) -> tuple[str, str]:
    """`app:endpoint` or `app`."""
    application, _, endpoint = text.partition(":")
    return application, endpoint


def choose(first: Side, second: Side, texts: tuple[str, str]) -> Pair:
    """The one pair that can be meant. Raises Refused."""
    fitting = list(_fitting(first, second))
    explicit = [pair for pair in fitting if not pair.implicit]
    chosen = explicit or fitting
    failure = f'adding relation between endpoints "{texts[0]}" and "{texts[1]}": '
    if not chosen:
        raise Refused(failure + "no compatible endpoints found between applications", "not found")
    if len(chosen) > 1:
        raise Refused(failure + "ambiguous relation", "bad request")
    return chosen[0]


def _fitting(first: Side, second: Side) -> Iterator[Pair]:
    for one in _candidates(first):
        for other in _candidates(second):
            pair = Pair((first.application, one), (second.application, other))
            beside = pair.scope == "container" and not (first.subordinate or second.subordinate)
            opposite = {one.role, other.role} == {"provider", "requirer"}
            if opposite and one.interface == other.interface and not beside:
                yield pair


def _candidates(side: Side) -> list[Endpoint]:
    return [endpoint for endpoint in side.known if side.endpoint in ("", endpoint.name) and endpoint.role != "peer"]
