"""Everything that a plan may depend on, in one frozen value.

Knows: the shape of what is observed. Must not know: how it is observed, or what is concluded from it.
Whatever is remote or may not be running is `View | Unknown(why)`. The clock is the field `now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgcharm.clients.catalogue import Catalogue
from pgcharm.clients.passwords import ClientKey
from pgcharm.clients.relation import Bag, ClientRelation
from pgcharm.view import Unknown, View

@dataclass(frozen=True)
class Event:
    """Why we woke up. Nothing is decided from it but what an action was asked to do and that storage is going away."""

    name: str
    """`install`, `db-relation-changed`, ..., or `action explain`."""
    storage: str = ""
    """The storage of a storage hook, e.g. `pgdata/0`."""
    why: str = ""
    """What the observer service saw, when it woke us."""


@dataclass(frozen=True)
class Peers:
    """The peer relation `cluster`."""

    id: int
    mine: Bag
    application: Bag
    others: Mapping[str, Bag]
    """The bags of the other units in scope."""


@dataclass(frozen=True)
class Juju:
    """What Juju tells this unit."""

    unit: str
    application: str
    model: str
    model_uuid: str
    charm_dir: str
    leader: bool
    address: str
    """The address that other members and clients reach this unit at; empty before there is one."""
    config: Mapping[str, str | int | float | bool | None]
    goal: Mapping[str, str] | None = None
    """Units of this application that the controller has, with their goal status; None where it did not answer."""
    peers: Peers | None = None
    clients: tuple[ClientRelation, ...] = ()
    stopping: bool = False
    """Whether this unit, or the storage that holds its data, is going away."""
    opened_ports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Secrets:
    """The application's secrets, shared by all units and nobody else. None of them shows in a repr."""

    superuser: str = field(repr=False)
    replication: str = field(repr=False)
    rewind: str = field(repr=False)
    rest: str = field(repr=False)
    client_key: ClientKey
    """The key that clients' passwords are derived from, so that every unit knows them without being told."""
    ca_certificate: str = field(repr=False)
    ca_key: str = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """A certificate of this unit on disk."""

    issuer: str
    """The digest of the authority's certificate that signed it."""
    names: tuple[str, ...]
    """Addresses and names it is valid for, sorted."""
    expires: float


@dataclass(frozen=True)
class File:
    """A file on this machine."""

    digest: str
    owner: str
    group: str
    mode: int


@dataclass(frozen=True)
class Service:
    """A systemd service. `started_with` is the digest of its inputs when the charm last started it."""

    active: bool
    enabled: bool
    masked: bool
    started_with: str = ""
    loaded: str = ""
    """The digest of what it was last told to load."""


@dataclass(frozen=True)
class Machine:
    """The machine and what is installed on it."""

    hostname: str
    distribution: str
    """`debian` or `ubuntu`."""
    release: str
    """`12`, `22.04`."""
    memory: int
    """Bytes that a program may use, limits of the container included."""
    cores: int
    packages: Mapping[str, str]
    """Installed packages of those the charm may want, with their versions."""
    files: Mapping[str, File]
    services: Mapping[str, Service]
    certificates: Mapping[str, Certificate]
    """By name: `etcd`, `postgres`."""
    locales: tuple[str, ...] = ()
    storage: str = ""
    """Where the storage `pgdata` is mounted; empty when none is attached."""
    data_owner: str = ""
    """Owner of the data directory; empty when there is none."""
    has_data: bool = False
    """Whether the data directory holds a database cluster."""
    etcd_has_data: bool = False
    device: str = ""
    watchdog: bool = False


@dataclass(frozen=True)
class EtcdMember:
    """One member of the etcd cluster. `name` is empty until it has started once."""

    id: str
    name: str
    peer_url: str
    client_url: str
    learner: bool


@dataclass(frozen=True)
class Etcd:
    """The etcd cluster as one of its members answers."""

    members: tuple[EtcdMember, ...]
    leader: str
    """The id of the member that leads; empty when there is no quorum."""
    local: bool
    """Whether our own member answered."""
    voters_down: tuple[str, ...] = ()
    """Names of voters that did not answer."""


@dataclass(frozen=True)
class Member:
    """One member of the PostgreSQL cluster, as Patroni tells."""

    name: str
    role: str
    """`primary`, `standby`, `synchronous standby`, `quorum standby`."""
    state: str
    """`running`, `streaming`, `creating replica`, `starting`, `stopped`, ..."""
    host: str
    timeline: int
    lag: int | None
    """Bytes behind the primary; None where it is not known."""


@dataclass(frozen=True)
class Patroni:
    """Our own Patroni, and the cluster as it sees it."""

    state: str
    role: str
    version: str
    server_version: int
    timeline: int
    pending_restart: bool
    paused: bool
    members: tuple[Member, ...]
    settings: Mapping[str, object]
    """The cluster's dynamic configuration."""
    dcs_ok: bool = True


@dataclass(frozen=True)
class Clone:
    """A copy of the primary's data that is being made for this unit."""

    received: int
    total: int | None


@dataclass(frozen=True)
class Postgres:
    """Our own PostgreSQL server."""

    in_recovery: bool
    version: str
    pending_restart: tuple[str, ...]
    """Settings that wait for a restart."""
    catalogue: Catalogue
    access: object
    """What the running server's pg_hba admits, as `clients` reads it."""
    hba_errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """One frozen look at everything."""

    now: float
    event: Event
    juju: Juju
    machine: Machine
    secrets: Secrets | None
    secrets_why: str
    """Why there are no secrets to be had."""
    etcd: View[Etcd] | Unknown
    patroni: View[Patroni] | Unknown
    postgres: View[Postgres] | Unknown
    clone: Clone | None = None
