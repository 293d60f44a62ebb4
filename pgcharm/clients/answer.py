"""What our application tells a client of the interface postgresql_client: keys of its bag, and secrets.

Knows: the interface's keys, and which go together in a secret. Must not know: how a secret is made or granted.

The leader writes it once all is true here, on the primary, and for each standby that it names. It names the primary as
it moves; `uris` name all units, so that the secret with them stays the same when the primary moves.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pgcharm.clients.cluster import Cluster
from pgcharm.clients.publication import Member, only_changes
from pgcharm.clients.relation import ENDPOINTS, ClientRelation
from pgcharm.clients.service import Service, agreed, word_in
from pgcharm.layout import bracketed

SECRETS: Mapping[str, tuple[str, ...]] = {
    "secret-user": ("username", "password", "uris", "read-only-uris"),
    "secret-tls": ("tls", "tls-ca"),
}
"""The keys that hold a secret's URI, and what the library looks for in it."""
DIGEST = "secrets-digest"
KEYS = (
    "database", "endpoints", "extensions", "password", "pooler", "read-only-endpoints", "read-only-uris", "sysname",
    "tls", "tls-ca", "uris", "username", "version", "requests", "data", DIGEST, *SECRETS,
)  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A secret for one relation. `key` will hold its URI; `uri` is empty where it has not been made."""

    key: str
    uri: str
    content: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """Keys to set and to delete in the application's bag, and secrets to give."""

    keys: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    offers: tuple[Offer, ...] = ()


def answer_to(relation: ClientRelation, service: Service | None, cluster: Cluster) -> Answer | None:
    """What the leader has to change in its answer; None where there is nothing."""
    if not cluster.leader or not ENDPOINTS[relation.endpoint].by_application:
        return None
    answered = relation.answered
    if service is None:
        gone = {key: None for key in KEYS if key in answered}
        return Answer(gone) if gone else None
    if agreed(service, cluster) and len(service.admitted) == len(service.request.units):
        return _whole(service, cluster, answered)
    return _standing(service, cluster, answered)


def _whole(service: Service, cluster: Cluster, answered: Mapping[str, str]) -> Answer | None:
    facts = {**_facts(service, cluster), **_endpoints(service, cluster, answered)}
    contents = _contents(service, facts)
    digest = _digest(cluster, contents)
    secret = {name for content in contents.values() for name in content}
    plain = {key: None if key in secret else facts.get(key) for key in KEYS if key not in SECRETS}
    keys = {**plain, DIGEST: digest, **{key: None for key in SECRETS if key not in contents}}
    same = digest == answered.get(DIGEST) and all(answered.get(key) for key in contents)
    offers = () if same else tuple(Offer(key, answered.get(key, ""), content) for key, content in contents.items())
    if service.request.identity:
        keys = {**keys, **_of_version_1(service, keys, {key: answered.get(key, "") for key in contents})}
    changes = only_changes(keys, answered)
    return Answer(changes, offers) if changes or offers else None


def _of_version_1(service: Service, keys: Mapping[str, str | None], uris: Mapping[str, str]) -> dict[str, str | None]:
    """The same as a client of version 1 reads it: as the answer to its request, beside the request as we read it.

    A secret that has not been made yet is named in braces, and has its URI put there when it is made.
    """
    identity = dict(service.request.identity)
    told = {key: text for key in ("endpoints", "read-only-endpoints", "version") if (text := keys.get(key))}
    secrets = {key: uri or f"{{{key}}}" for key, uri in uris.items()}
    asked = json.dumps({identity.get("request-id", ""): identity})
    return {"version": "v1", "requests": json.dumps([{**identity, **told, **secrets}]), "data": asked}


def _standing(service: Service, cluster: Cluster, answered: Mapping[str, str]) -> Answer | None:
    """Where the wish is the old one, the endpoints follow the primary; the rest stays until all is true."""
    if not answered.get("endpoints") or answered.get("database") != service.request.database:
        return None
    service = replace(service, pooling=cluster.pooling if answered.get("pooler") else None)
    keys = _endpoints(service, cluster, answered)
    if service.request.identity and answered.get("requests"):
        (before,) = json.loads(answered["requests"])
        now = {**before, **keys}
        keys["requests"] = json.dumps([{key: text for key, text in now.items() if text}])
    changes = only_changes(keys, answered)
    return Answer(changes) if changes else None


def _contents(service: Service, facts: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """The secrets that the client asks for, by key."""
    asked = service.request.secret_fields
    groups = {key: names for key, names in SECRETS.items() if asked.intersection(names)}
    found = {key: {name: text for name in names if (text := facts.get(name))} for key, names in groups.items()}
    return {key: content for key, content in found.items() if content}


def _digest(cluster: Cluster, contents: Mapping[str, Mapping[str, str]]) -> str | None:
    """Tells whether the secrets are these, without telling anything of them."""
    assert cluster.key is not None
    text = json.dumps(contents, sort_keys=True).encode()
    return hmac.new(cluster.key.secret, text, hashlib.sha256).hexdigest()[:16] if contents else None


def _facts(service: Service, cluster: Cluster) -> dict[str, str | None]:
    request, login = service.request, service.login
    assert login is not None
    places, pooling = cluster.places or cluster.members, service.pooling
    writing, reading = (pooling.everywhere(places), pooling.everywhere(places, True)) if pooling else (places, places)
    who = (login.user, login.password)
    return {
        "database": request.database,
        "sysname": request.sysname,
        "extensions": request.mirrored.get("extensions"),
        "version": cluster.version,
        "username": login.user,
        "password": login.password,
        "uris": f"{_uri(*who, writing, request.database)}?target_session_attrs=read-write",
        "read-only-uris": f"{_uri(*who, reading, request.database)}?target_session_attrs=prefer-standby",
        "pooler": "yes" if pooling else None,
        "tls": "true" if request.identity else "True",
        "tls-ca": cluster.ca or None,
    }


def _endpoints(service: Service, cluster: Cluster, answered: Mapping[str, str]) -> dict[str, str | None]:
    """`endpoints` and `read-only-endpoints`. While there is no primary, the last one stays named."""
    found = cluster.members
    if service.pooling is not None:
        found = service.pooling.in_front_of(found, cluster.primary)
    places = {member.unit: _place(member) for member in found}
    primary = places.pop(cluster.primary, None) if cluster.primary else None
    if primary is None:
        return {key: answered.get(key) for key in ("endpoints", "read-only-endpoints")}
    told = (answered.get("read-only-endpoints") or "").split(",")
    standbys = [place for unit, place in sorted(places.items()) if place in told or _admits(unit, service, cluster)]
    return {"endpoints": primary, "read-only-endpoints": ",".join(standbys) or None}


def _admits(unit: str, service: Service, cluster: Cluster) -> bool:
    """Whether a standby says of the relation what is true here."""
    if unit == cluster.unit:
        return service.word is not None
    return service.word is not None and word_in(cluster.notices.get(unit, ""), service.request.relation) == service.word


def _place(member: Member) -> str:
    return f"{bracketed(member.host)}:{member.port}"


def _uri(user: str, password: str, members: tuple[Member, ...], database: str) -> str:
    """Names all members; nothing in it needs to be escaped."""
    places = ",".join(_place(member) for member in sorted(members, key=lambda member: member.unit))
    return f"postgresql://{user}:{password}@{places}/{database}"
