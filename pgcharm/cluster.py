"""What the units agree on through Juju: the founding of the cluster, and each unit's word about itself.

Knows: the keys of the peer databags and how they are read. Must not know: how they are written.
No key is mandatory: what is missing or not understood reads as not said.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgcharm.clients.relation import Bag
from pgcharm.layout import ETCD_CLIENT_PORT, Layout, bracketed
from pgcharm.observation import Juju, Memory
from pgcharm.options import Options

PEER_ENDPOINT = "cluster"
SECRET_LABEL = "cluster"
CLUSTER_ROLES = {"superuser": "postgres", "replication": "replicator", "rewind": "rewind"}
"""The cluster's own roles in PostgreSQL, by the name of their password in the secret."""
DEFAULT_VERSIONS = {
    ("debian", "12"): "15",
    ("debian", "13"): "17",
    ("ubuntu", "22.04"): "14",
    ("ubuntu", "24.04"): "16",
}


@dataclass(frozen=True)
class Founding:
    """How the cluster came to be; in the application's peer bag before anything is done, and never changed."""

    token: str
    first: str
    """The unit that starts it."""
    version: str
    founded: bool
    """Whether it has been seen alive: after that nobody ever starts it anew."""


def founding(juju: Juju) -> Founding | None:
    """The founding, once the controller has it."""
    bag = juju.peers.application if juju.peers else {}
    if not bag.get("token") or not bag.get("first"):
        return None
    return Founding(bag["token"], bag["first"], bag.get("version", ""), bag.get("founded") == "yes")


@dataclass(frozen=True)
class Epoch:
    """Whose turn it is to begin etcd anew from what its own member knew, and for the how-manieth time.

    In the application's peer bag, as `2 postgresql/1`: written by Juju's leader, and acted upon in a later hook, when
    the controller has it. It only ever grows. A unit of an older epoch never acts again.

    >>> read_epoch("2 postgresql/1 accept-loss")
    Epoch(number=2, owner='postgresql/1', accept_loss=True)
    >>> str(read_epoch("2 postgresql/1")), read_epoch("nonsense")
    ('2 postgresql/1', Epoch(number=0, owner='', accept_loss=False))
    """

    number: int = 0
    owner: str = ""
    accept_loss: bool = False
    """Whether commits may be lost that only units had that are gone."""

    def __str__(self) -> str:
        return " ".join([str(self.number), self.owner, *(["accept-loss"] if self.accept_loss else [])])


def read_epoch(text: str) -> Epoch:
    """The epoch that a text says; the first one where it says none."""
    number, _, rest = text.partition(" ")
    owner, _, more = rest.partition(" ")
    return Epoch(int(number), owner, more == "accept-loss") if number.isdigit() and "/" in owner else Epoch()


def epoch(juju: Juju) -> Epoch:
    """The epoch as the controller has it."""
    return read_epoch((juju.peers.application if juju.peers else {}).get("epoch", ""))


@dataclass(frozen=True)
class PeerWord:
    """What a unit says of itself."""

    unit: str
    address: str
    etcd: bool
    """Whether it has a member of etcd that answers."""
    database: bool
    """Whether its PostgreSQL runs."""
    etcd_lost: bool
    """Whether no member of etcd answers it, and it has no data of one either."""
    clients: str
    """The notice of the primary to the standbys about clients that are served."""


def peer_word(unit: str, bag: Bag) -> PeerWord:
    """A unit's word. Juju gives its address as soon as it has entered the relation, before it has said anything."""
    address = bag.get("address") or bag.get("ingress-address", "")
    etcd = bag.get("etcd", "")
    return PeerWord(unit, address, etcd == "yes", bag.get("database") == "yes", etcd == "lost", bag.get("clients", ""))


def peer_words(juju: Juju) -> tuple[PeerWord, ...]:
    """The words of the other units, in the order of their numbers."""
    others = juju.others
    return tuple(peer_word(unit, others[unit]) for unit in sorted(others, key=unit_number))


def unit_number(unit: str) -> int:
    return int(unit.rsplit("/", 1)[1])


def etcd_addresses(juju: Juju) -> tuple[str, ...]:
    """Addresses of other units where etcd may answer: as they say themselves, and as the leader has passed on.

    The leader's word is there for a unit that has not met its peers yet.
    """
    passed_on = (juju.peers.application if juju.peers else {}).get("etcd", "").split(",")
    said = (word.address for word in peer_words(juju) if word.etcd)
    return tuple(address for address in dict.fromkeys((*said, *passed_on)) if address not in ("", juju.address))


def etcd_urls(juju: Juju) -> tuple[str, ...]:
    """Client addresses of other units' etcd members."""
    return tuple(map(etcd_url, etcd_addresses(juju)))


def etcd_url(address: str) -> str:
    return f"https://{bracketed(address)}:{ETCD_CLIENT_PORT}"


def own_epoch(memory: Memory) -> int:
    """The epoch of etcd that a unit belongs to."""
    return int(memory.etcd.get("epoch", 0))


def layout_of(juju: Juju, options: Options, distribution: tuple[str, str], memory: Memory) -> Layout:
    """Where things are on this unit. The cluster's version was settled when it was founded."""
    agreed = founding(juju)
    version = agreed.version if agreed and agreed.version else options.version
    return Layout(
        juju.application, version or DEFAULT_VERSIONS.get(distribution, "15"), juju.storage, own_epoch(memory)
    )
