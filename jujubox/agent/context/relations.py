"""Relations as one context sees them: members, bags read through the caches, bags written for later.

Knows: the caching rules of the juju-hooks reference §9. Must not know: how a tool spells its errors.

A member's settings stay in the agent from the first read until a hook for that member runs. Bags of applications and
of units that are no members are read once per context, as are the unit's own.

Source: internal/worker/uniter/runner/context/{cache,relation,contextfactory}.go of Juju.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jujubox.agent.context.calls import UnitCalls
from jujubox.agent.context.settings import Settings
from jujubox.agent.state import Hook, RelationState
from jujubox.names import application_of, is_unit, relation_endpoint_id, unit_order
from jujubox.protocol import RelationSettings, RelationView


@dataclass
class MemberCache:
    """Settings of remote members that outlive a context; one for the life of a unit agent."""

    _settings: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)

    def prepare(self, hook: Hook | None, members: Mapping[int, Iterable[str]]) -> None:
        """Forget who is no member any more, and whom the coming hook is about."""
        present = {(relation, unit) for relation, units in members.items() for unit in units}
        about = (hook.relation, hook.remote_unit) if hook is not None else None
        self._settings = {key: value for key, value in self._settings.items() if key in present and key != about}

    def get(self, relation: int, unit: str) -> dict[str, str] | None:
        """The settings, if they were read before."""
        return self._settings.get((relation, unit))

    def put(self, relation: int, unit: str, settings: dict[str, str]) -> None:
        """Keep what was read."""
        self._settings[relation, unit] = settings


@dataclass(frozen=True)
class ContextRelation:
    """One relation during one context."""

    id: int
    endpoint: str
    remote_application: str
    peer: bool
    members: tuple[str, ...]
    broken: bool

    @property
    def name(self) -> str:
        """As hook tools print it, e.g. `db:3`."""
        return relation_endpoint_id(self.endpoint, self.id)


def context_relation(known: RelationState, view: RelationView | None, hook: Hook | None) -> ContextRelation:
    """The relation as the context of `hook` sees it."""
    members = set(known.members)
    if hook is not None and hook.relation == known.id and hook.remote_unit:
        (members.discard if hook.kind == "relation-departed" else members.add)(hook.remote_unit)
    inactive = view is None or view.life != "alive" or view.suspended
    breaking = hook is not None and hook.kind == "relation-broken" and hook.relation == known.id
    broken = breaking or (inactive and not members and not known.peer)
    ordered = tuple(sorted(members, key=unit_order))
    return ContextRelation(known.id, known.endpoint, known.remote_application, known.peer, ordered, broken)


class Relations:
    """All relations of the unit, with what this context read and wrote."""

    def __init__(self, calls: UnitCalls, relations: Iterable[ContextRelation], cache: MemberCache) -> None:
        self._calls = calls
        self._cache = cache
        self._read: dict[tuple[int, str], dict[str, str]] = {}
        self._own: dict[tuple[int, str], Settings] = {}
        self.known = {relation.id: relation for relation in relations}

    def ids(self, endpoint: str) -> list[str]:
        """`endpoint:id` of the endpoint's relations that are not broken."""
        wanted = [known.id for known in self.known.values() if known.endpoint == endpoint and not known.broken]
        return sorted(relation_endpoint_id(endpoint, id) for id in wanted)

    async def settings(self, relation: int, of: str) -> dict[str, str]:
        """The bag of a unit or an application. Raises CallError where the controller refuses."""
        if of in (self._calls.unit, application_of(self._calls.unit)):
            return await self._own_bag(relation, of).values()
        known = self.known.get(relation)
        if known is not None and of in known.members:
            cached = self._cache.get(relation, of)
            if cached is None:
                cached = await self._fetch(relation, of)
                self._cache.put(relation, of, cached)
            return cached
        if (relation, of) not in self._read:
            self._read[relation, of] = await self._fetch(relation, of)
        return self._read[relation, of]

    async def _fetch(self, relation: int, of: str) -> dict[str, str]:
        return dict(await self._calls("relation.settings", relation=relation, of=of))

    def write(self, relation: int, changes: Mapping[str, str], application: bool) -> None:
        """Change the unit's or the application's bag when the hook succeeds; an empty value deletes a key."""
        owner = application_of(self._calls.unit) if application else self._calls.unit
        self._own_bag(relation, owner).write({key: value or None for key, value in changes.items()})

    def _own_bag(self, relation: int, owner: str) -> Settings:
        async def read() -> Mapping[str, str]:
            if is_unit(owner):
                return await self._fetch(relation, owner)
            return dict(await self._calls("relation.local_application_settings", relation=relation))

        return self._own.setdefault((relation, owner), Settings(read))

    async def changes(self) -> tuple[RelationSettings, ...]:
        """What the context wrote, a bag that ends as it was left out."""
        found: dict[int, RelationSettings] = {}
        for (relation, owner), bag in self._own.items():
            content = await bag.outcome()
            if content is None:
                continue
            before = found.get(relation, RelationSettings(relation))
            unit, application = (content, before.application) if is_unit(owner) else (before.unit, content)
            found[relation] = RelationSettings(relation, unit=unit, application=application)
        return tuple(found.values())
