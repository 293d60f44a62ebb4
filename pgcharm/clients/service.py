"""How far one request is met on this unit, and what that lets the unit say.

Knows: one request and the cluster. Must not know: other requests, connections.

A unit publishes everything once it is true here and the primary's word agrees. Until then it leaves standing what it
has published, less what is no longer true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pgcharm.clients import access, passwords
from pgcharm.clients.changes import Change, EnsureDatabase, EnsureExtension, EnsureRole, RevokeLogin
from pgcharm.clients.cluster import Cluster
from pgcharm.clients.names import creator_name, owner_name, writer_name
from pgcharm.clients.pooling import Pooling
from pgcharm.clients.publication import (
    Login,
    Member,
    Publication,
    admission,
    endpoints,
    identity,
    only_changes,
    own_keys,
    promise,
)
from pgcharm.clients.request import ClientUnit, Request


@dataclass(frozen=True)
class Service:
    """A request, its credentials, the first thing that is missing, and the client units that the server lets in."""

    request: Request
    login: Login | None
    missing: str | None
    admitted: tuple[ClientUnit, ...]
    pooling: Pooling | None = None

    @property
    def word(self) -> str | None:
        """The promise that holds on this unit, or None while something is missing."""
        if self.login is None or self.missing:
            return None
        return promise(self.request, self.login, self.admitted, self.pooling.hosts if self.pooling else ())

    @property
    def waits(self) -> tuple[str, ...]:
        """What this client waits for, as sentences."""
        who = f"{self.request.application} ({self.request.endpoint.name}:{self.request.relation})"
        if self.missing:
            return (f"{who}: {self.missing}",)
        late = [unit.name for unit in self.request.units if unit not in self.admitted]
        return (f"{who}: not yet admitted: {', '.join(late)}",) if late else ()


def service_of(request: Request, pending: Iterable[Change], cluster: Cluster) -> Service:
    """How far `request` is met while the changes `pending` are not done."""
    login = None if cluster.key is None else _login(request, cluster.key, cluster.generations)
    admitted = access.admitted_units(request, cluster.loaded or frozenset(), cluster.require_tls)
    return Service(request, login, _missing(request, pending, cluster), admitted, cluster.pooling_of(request))


def _login(request: Request, key: passwords.ClientKey, generations: Mapping[str, int]) -> Login:
    def password(user: str) -> str:
        return passwords.password(key, user, generations.get(user, 0))

    schema_user = request.schema_user
    return Login(request.user, password(request.user), schema_user, schema_user and password(schema_user))


def _missing(request: Request, pending: Iterable[Change], cluster: Cluster) -> str | None:
    if cluster.key is None:
        return "the leader has not made the key of client passwords yet"
    if cluster.catalogue is None:
        return "PostgreSQL does not answer on this unit"
    if cluster.loaded is None:
        return "PostgreSQL has not loaded its pg_hba.conf yet"
    if first := next((change for change in pending if _concerns(change, request)), None):
        return f"not yet there: {first}"
    return _lacks_pooler(request, cluster)


def _lacks_pooler(request: Request, cluster: Cluster) -> str | None:
    pooling = cluster.pooling_of(request)
    if pooling is None:
        return None
    if not pooling.admits:
        return "the pooler of this unit does not let it in yet"
    if not (cluster.loaded or frozenset()).issuperset(pooling.rules(request)):
        return "PostgreSQL does not let the poolers in yet"
    return None


def _concerns(change: Change, request: Request) -> bool:
    if isinstance(change, EnsureRole):
        database = request.database
        groups = {owner_name(database), writer_name(database), creator_name(database), *request.roles}
        return change.wish.name in groups | {request.user, request.schema_user}
    if isinstance(change, EnsureDatabase):
        return change.wish.name == request.database
    if isinstance(change, EnsureExtension):
        asked = {extension.name for extension in request.extensions}
        return change.database == request.database and change.extension.name in asked
    assert isinstance(change, RevokeLogin)
    return False


def notice_of(services: Iterable[Service], primary: bool) -> str:
    """This unit's word on each relation that it serves, as text for its peer bag.

    The primary's is for all units. Where the leader answers for all, it has to know each standby's too.
    """
    told = (service for service in services if primary or service.request.endpoint.by_application)
    words = {str(service.request.relation): service.word for service in told if service.word}
    return json.dumps(words, sort_keys=True, separators=(",", ":")) if words or primary else ""


def word_in(notice: str, relation: int) -> str | None:
    try:
        word = json.loads(notice or "{}").get(str(relation))
    except (ValueError, AttributeError):
        return None
    return word if isinstance(word, str) else None


def publication_of(published: Mapping[str, str], service: Service, cluster: Cluster) -> Publication:
    """The keys to set and to delete in the bag that now says `published`."""
    if agreed(service, cluster):
        return only_changes(_everything(service, cluster), published)
    return only_changes(_standing(published, service, cluster), published) if "database" in published else {}


def agreed(service: Service, cluster: Cluster) -> bool:
    """Whether all that is asked for is true here, and on the primary as well."""
    primarys = service.word if cluster.is_primary else word_in(cluster.notice, service.request.relation)
    return service.word is not None and service.word == primarys


def _own(service: Service, cluster: Cluster) -> dict[str, str | None]:
    members = _members(service, cluster)
    return own_keys(cluster.unit, members, cluster.primary, cluster.catalogue is not None)


def _members(service: Service, cluster: Cluster) -> tuple[Member, ...]:
    """Where the client finds each member, itself or the pooler in front of it."""
    if service.pooling is None:
        return cluster.members
    return service.pooling.in_front_of(cluster.members, cluster.primary)


def _endpoints(service: Service, cluster: Cluster) -> dict[str, str | None]:
    """While there is no primary the last one stays named: `state` says what is going on."""
    if cluster.primary is None or service.login is None:
        return {}
    return endpoints(service.request, service.login, _members(service, cluster), cluster.primary)


def _everything(service: Service, cluster: Cluster) -> dict[str, str | None]:
    assert service.login is not None
    return {
        **identity(service.request, service.login, cluster.version),
        **_endpoints(service, cluster),
        **_own(service, cluster),
        **admission(service.admitted),
        "pooler": "yes" if service.pooling else None,
    }


def _standing(published: Mapping[str, str], service: Service, cluster: Cluster) -> dict[str, str | None]:
    """Nothing new, less the client units that left; addresses follow where the client's wish is the old one.

    Who was told to come through the poolers is told so, and nobody else, until all is true.
    """
    service = replace(service, pooling=cluster.pooling if published.get("pooler") else None)
    keys = _own(service, cluster)
    units = service.request.units if None in (cluster.catalogue, cluster.loaded) else service.admitted
    allowed = published.get("allowed-units", "").split()
    keys.update(admission(unit for unit in units if unit.name in allowed))
    same = all(published.get(key) == value for key, value in service.request.mirror)
    if same and service.login and published.get("password") == service.login.password:
        keys.update(_endpoints(service, cluster))
    return keys
