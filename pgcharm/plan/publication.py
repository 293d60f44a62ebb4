"""What the world is told: peers, clients, ports, version, status.

Knows: which key says what. Must not know: how a key is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pgcharm.backup.intent import INTENT
from pgcharm.backup.repository import S3_ENDPOINT, wishes
from pgcharm.clients.answer import SECRETS
from pgcharm.clients.relation import Bag
from pgcharm.cluster import PEER_ENDPOINT, Epoch, epoch, own_epoch
from pgcharm.plan.backup import DROPPED, SEEN, seen_word
from pgcharm.plan.backup_status import WORD as BACKUP
from pgcharm.plan.backup_status import word
from pgcharm.plan.clients import decision
from pgcharm.plan.members import own_member
from pgcharm.plan.passwords import WORD as READ
from pgcharm.plan.pooler import pools, runs
from pgcharm.plan.quorum import claimed
from pgcharm.plan.repository import KEEPER, is_local, keeper, next_keeper
from pgcharm.plan.requests.pause import noted
from pgcharm.plan.restore import intent_words
from pgcharm.plan.restore import word as word_of_restore
from pgcharm.plan.rolling import RUNS, SHORT
from pgcharm.plan.situation import Situation
from pgcharm.plan.status import application_status, unit_status
from pgcharm.plan.types import Block, GivenSecret, Publication, RelationSettings, Wait
from pgcharm.plan.upgrade import DONE
from pgcharm.plan.verified import VERIFIED
from pgcharm.plan.verified import word as verified_word


def publication(s: Situation, waits: Sequence[Wait], blocks: Sequence[Block]) -> Publication:
    """Everything that is published after this plan."""
    application = application_status(s)
    return Publication(
        status=noted(s, unit_status(s, waits, blocks)),
        application_status=noted(s, application) if application else None,
        version=s.postgres.version if s.postgres else "",
        ports=ports(s),
        relations=tuple(
            part for part in (*peers(s, blocks), *clients(s), *s3_parameters(s)) if part.unit or part.application
        ),
        refusals=tuple(str(refusal) for refusal in decision(s).refusals) if s.postgres else (),
        secrets=secrets(s),
        secret_labels=needed_secrets(s),
    )


def ports(s: Situation) -> tuple[int, ...]:
    """The ports that clients come to."""
    if s.postgres is None or s.o.juju.stopping:
        return ()
    pooler = s.options.pooler_port
    return (s.options.listen_port, *((pooler, pooler + 1) if pools(s) or runs(s) else ()))


def peers(s: Situation, blocks: Sequence[Block]) -> tuple[RelationSettings, ...]:
    """This unit's word to the others, and the founding where it is ours to write."""
    peers = s.o.juju.peers
    if peers is None:
        return ()
    application = {**founding_words(s), **epoch_words(s), **keeper_words(s)} if s.o.juju.leader and not blocks else {}
    if s.o.juju.leader:
        application |= intent_words(s)
    return (
        RelationSettings(
            peers.id, PEER_ENDPOINT, changed(own_words(s), peers.mine), changed(application, peers.application)
        ),
    )


def own_words(s: Situation) -> dict[str, str | None]:
    """What this unit says of itself."""
    words: dict[str, str | None] = {"address": s.o.juju.address or None, INTENT: word_of_restore(s)}
    if s.o.juju.stopping:
        return {"etcd": None, "database": None, "clients": None, BACKUP: None}
    if s.secrets is not None:
        words[READ] = str(s.secrets.generation) if s.secrets.generation > 1 else None
    if s.etcd is not None:
        own = own_member(s.o.juju, s.etcd)
        voting = own is not None and not own.learner and bool(own.name) and s.name not in s.etcd.down
        words["etcd"] = "yes" if voting else None
    elif s.founding is not None and s.founding.founded and not s.o.machine.etcd_has_data:
        words["etcd"] = "lost"
    words["epoch"] = str(own_epoch(s.o.machine.memories) or "") or None
    if s.patroni is not None:
        words["database"] = "yes" if s.postgres is not None else None
        started = s.o.machine.memories.started_with.get(s.layout.patroni_service, "")
        words[RUNS] = started[:SHORT] or None if s.postgres is not None else None
        words[DONE] = s.o.machine.memories.upgrade.get("done") or None
        words[BACKUP] = word(s)
        words[SEEN] = seen_word(s)
        words[VERIFIED] = verified_word(s)
        words[DROPPED] = str(int(s.o.archiver.dropped) or "") or None
        notice = decision(s).notice
        if notice is not None:
            words["clients"] = notice or None
    return words


def founding_words(s: Situation) -> dict[str, str | None]:
    """The founding of the cluster: written by the leader before anything is done, and marked once it is alive.

    With it goes where etcd answers, so that a new unit can join before it has met its peers: written again only when
    none of the addresses is good any more, because every change wakes all units.
    """
    if s.founding is None:
        token = f"{s.o.juju.model_uuid[:8]}-{s.name}-{int(s.o.now)}"
        return {"token": token, "first": s.o.juju.unit, "version": s.layout.version}
    if s.etcd is None or not s.etcd.initialized:
        return {}
    voters = {urlsplit(member.client_url).hostname or "" for member in s.etcd.members if not member.learner} - {""}
    told = set((s.o.juju.peers.application if s.o.juju.peers else {}).get("etcd", "").split(","))
    words: dict[str, str | None] = {"founded": "yes"}
    return words if told & voters else {**words, "etcd": ",".join(sorted(voters))}


def epoch_words(s: Situation) -> dict[str, str | None]:
    """The epoch of etcd that is to be begun; or the one that runs, where the controller has lost it."""
    claim = claimed(s)
    if claim is None and s.etcd is not None and s.etcd.epoch > epoch(s.o.juju).number:
        claim = Epoch(s.etcd.epoch, s.o.juju.unit)
    return {"epoch": str(claim)} if claim is not None else {}


def keeper_words(s: Situation) -> dict[str, str | None]:
    """The unit that has a local repository on its disk from now on, where it is another than before."""
    if s.founding is None or not is_local(s):
        return {}
    return {KEEPER: next_keeper(s)} if next_keeper(s) != keeper(s) else {}


def s3_parameters(s: Situation) -> tuple[RelationSettings, ...]:
    """What is asked of whoever has a bucket for us."""
    relation = s.o.given.relation
    if relation is None or not s.o.juju.leader or s.o.juju.stopping:
        return ()
    asked = changed(wishes(s.options, s.o.given), s.o.given.asked)
    return (RelationSettings(relation, S3_ENDPOINT, application=asked),)


def clients(s: Situation) -> tuple[RelationSettings, ...]:
    """Keys for client applications, while our own Patroni tells how things are, and can know."""
    if s.patroni is None or s.etcd is None or s.o.juju.stopping:
        return ()
    decided = decision(s)
    endpoints = {relation.id: relation.endpoint for relation in s.o.juju.clients}
    answers = {relation: answer.keys for relation, answer in decided.answers.items()}
    return tuple(
        RelationSettings(relation, endpoints[relation], keys, answers.get(relation, {}))
        for relation, keys in decided.publications.items()
    )


def secrets(s: Situation) -> tuple[GivenSecret, ...]:
    """Secrets for client applications that are new, or not what they should be."""
    if s.patroni is None or s.etcd is None or s.o.juju.stopping:
        return ()
    endpoints = {relation.id: relation.endpoint for relation in s.o.juju.clients}
    return tuple(
        GivenSecret(
            relation, endpoints[relation], offer.key, offer.uri, secret_label(relation, offer.key), offer.content
        )
        for relation, answer in decision(s).answers.items()
        for offer in answer.offers
    )


def secret_label(relation: int, key: str) -> str:
    return f"client-{relation}-{key}"


def needed_secrets(s: Situation) -> frozenset[str] | None:
    """Looked after when a relation has gone: what is left of others that went is found then as well."""
    if not s.o.juju.leader or s.o.event.name != "database-relation-broken":
        return None
    return frozenset(secret_label(relation.id, key) for relation in s.o.juju.clients for key in SECRETS)


def changed(wanted: Mapping[str, str | None], seen: Bag) -> dict[str, str | None]:
    """What of `wanted` the bag does not say already."""
    return {key: value for key, value in wanted.items() if (seen.get(key) or None) != value}
