"""One pure answer to "how are the clients served now?": access rules, steps, publications, refusals, waits.

Knows: requests, the observed cluster, and in which order things become true. Must not know: Juju, connections.

First the database, roles, grants and access rules exist, then the keys appear. A unit sees in its own PostgreSQL and
its own loaded pg_hba what is true there; for the others it takes the primary's word, a digest per relation that the
primary puts into its peer bag (`notice`) and that wakes the standbys. Where the leader answers for the application, it
takes each unit's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pgcharm.clients import access, passwords
from pgcharm.clients.access import AccessRule
from pgcharm.clients.answer import Answer, answer_to
from pgcharm.clients.changes import Change, changes_between, revocations
from pgcharm.clients.cluster import Cluster
from pgcharm.clients.objections import sort_out
from pgcharm.clients.publication import Publication, withdrawn
from pgcharm.clients.relation import ENDPOINTS, ClientRelation
from pgcharm.clients.request import Refusal, Request, has_asked, read_request, users_of
from pgcharm.clients.service import Service, notice_of, publication_of, service_of
from pgcharm.clients.wishes import wishes_of


@dataclass(frozen=True)
class Decision:
    """The answer; see the package's docstring for what is done with each part."""

    access: tuple[AccessRule, ...] = ()
    changes: tuple[Change, ...] = ()
    publications: Mapping[int, Publication] = field(default_factory=dict, repr=False)
    answers: Mapping[int, Answer] = field(default_factory=dict, repr=False)
    """What the leader says for the application, by relation."""
    notice: str | None = None
    """For the unit's own peer bag; None: leave the bag alone."""
    refusals: tuple[Refusal, ...] = ()
    waits: tuple[str, ...] = ()


def wanted_databases(relations: Iterable[ClientRelation]) -> tuple[str, ...]:
    """The databases whose insides `decide` will ask about."""
    requests = (read_request(relation) for relation in relations if has_asked(relation))
    return tuple(sorted({request.database for request in requests if isinstance(request, Request)}))


def decide(relations: Iterable[ClientRelation], cluster: Cluster) -> Decision:
    """How the clients are served now."""
    relations = tuple(sorted(relations, key=lambda relation: relation.id))
    read = [read_request(relation) for relation in relations if has_asked(relation)]
    requests, objections = sort_out((r for r in read if isinstance(r, Request)), cluster.catalogue)
    pending = _changes(relations, requests, cluster)
    services = {request.relation: service_of(request, pending, cluster) for request in requests}
    return Decision(
        access=_access(requests, cluster),
        changes=pending if cluster.is_primary else (),
        publications={r.id: _publication(r, services.get(r.id), cluster) for r in relations},
        answers={r.id: answer for r in relations if (answer := answer_to(r, services.get(r.id), cluster))},
        notice=notice_of(services.values(), cluster.is_primary) if cluster.catalogue is not None else None,
        refusals=tuple(r for r in read if isinstance(r, Refusal)) + objections,
        waits=tuple(wait for service in services.values() for wait in service.waits),
    )


def _access(requests: tuple[Request, ...], cluster: Cluster) -> tuple[AccessRule, ...]:
    """The lines for the clients themselves, then those for the poolers that they come through."""
    direct = access.access_rules(requests, cluster.require_tls)
    pooled = (rule for request in requests for rule in (cluster.pooling.rules(request) if cluster.pooling else ()))
    return tuple(dict.fromkeys((*direct, *pooled)))


def pooled_requests(relations: Iterable[ClientRelation], cluster: Cluster) -> tuple[Request, ...]:
    """The requests of those who may come through a pooler."""
    if cluster.pooling is None:
        return ()
    read = (read_request(relation) for relation in relations if has_asked(relation))
    requests, _ = sort_out((request for request in read if isinstance(request, Request)), cluster.catalogue)
    return tuple(request for request in requests if cluster.pooling.may_use(request))


def _changes(
    relations: tuple[ClientRelation, ...], requests: tuple[Request, ...], cluster: Cluster
) -> tuple[Change, ...]:
    """The steps between PostgreSQL and the wishes; none while either side is unknown."""
    key, generations = cluster.key, cluster.generations
    if key is None or cluster.catalogue is None:
        return ()
    wishes = wishes_of(requests, key, generations)
    steps = changes_between(wishes, cluster.catalogue, lambda u: passwords.verifier(key, u, generations.get(u, 0)))
    return steps + revocations(cluster.catalogue, _users_of(relations))


def _users_of(relations: Iterable[ClientRelation]) -> frozenset[str]:
    """The users of all relations that exist: also of those that are refused, or have no unit now."""
    return frozenset(user for relation in relations for user in users_of(relation))


def _publication(relation: ClientRelation, service: Service | None, cluster: Cluster) -> Publication:
    """The keys of one relation to set and to delete."""
    if ENDPOINTS[relation.endpoint].by_application:
        return {}
    if service is None:
        return withdrawn(relation.published)
    return publication_of(relation.published, service, cluster)
