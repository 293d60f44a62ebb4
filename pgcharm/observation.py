"""Everything that a plan may depend on, in one frozen value.

Knows: the shape of what is observed. Must not know: how it is observed, or what is concluded from it.
Whatever is remote or may not be running is `View | Unknown(why)`. The clock is the field `now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pgcharm.backup.facts import Archiver, Looked, RunNotes, StanzaInfo
from pgcharm.backup.repository import Given
from pgcharm.backup.target import Archive
from pgcharm.clients.access import AccessRule
from pgcharm.clients.catalogue import Catalogue
from pgcharm.clients.passwords import ClientKey
from pgcharm.clients.relation import Bag, ClientRelation
from pgcharm.view import Unknown, View


@dataclass(frozen=True)
class Request:
    """What an action asks for. Juju has checked the parameters against actions.yaml and filled in its defaults."""

    name: str
    """The action: `switchover`, ..."""
    parameters: Mapping[str, object] = field(default_factory=dict)

    def text(self, parameter: str) -> str:
        """A parameter that is text, without spaces around it; empty where it was not given."""
        return str(self.parameters.get(parameter) or "").strip()

    def shown(self, parameter: str) -> str:
        """The same as it may stand in a sentence: in one line that can be printed and is not too long."""
        text = self.text(parameter)
        return text if text.isprintable() and len(text) <= 80 else repr(text[:80])

    def number(self, parameter: str) -> int:
        """A parameter that is a whole number; 0 where it was not given."""
        found = self.parameters.get(parameter)
        return int(found) if isinstance(found, (int, float)) else 0

    def yes(self, parameter: str) -> bool:
        """A parameter that is true or false; false where it was not given."""
        return self.parameters.get(parameter) is True


@dataclass(frozen=True)
class Event:
    """Why we woke up. Nothing is decided from it but what an action was asked to do and that storage is going away."""

    name: str
    """`install`, `db-relation-changed`, ..., or an action's name."""
    storage: str = ""
    """The storage of a storage hook, e.g. `pgdata/0`."""
    why: str = ""
    """What the observer service saw, when it woke us."""
    request: Request | None = None
    """What an action asks for, until its steps have been carried out."""


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
    storage: str = ""
    """Where the storage `pgdata` is mounted; empty when none is attached."""

    @property
    def others(self) -> Mapping[str, Bag]:
        """What each other unit of the application tells its peers; empty before there is a relation."""
        return self.peers.others if self.peers else {}


@dataclass(frozen=True)
class Secrets:
    """The application's secrets, shared by all units and nobody else. None of them shows in a repr."""

    superuser: str = field(repr=False)
    replication: str = field(repr=False)
    rewind: str = field(repr=False)
    client_key: ClientKey
    """The key that clients' passwords are derived from, so that every unit knows them without being told."""
    ca_certificate: str = field(repr=False)
    ca_key: str = field(repr=False)
    ca_fingerprint: str = ""
    """What certificates name that the authority has signed."""
    generation: int = 1
    """How many times the passwords have been made: they are rotated by counting it up."""
    previous: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The passwords of the generation before, by `superuser`, `replication`, `rewind`; empty in the first."""


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
    """A systemd service."""

    active: bool
    enabled: bool
    masked: bool


@dataclass(frozen=True)
class Memory:
    """What this unit wrote down for itself on its own disk, beside what it did."""

    written: Mapping[str, str] = field(default_factory=dict)
    """Digest of every file as the charm last wrote it, by path: tells a hand edit from a change of plan."""
    started_with: Mapping[str, str] = field(default_factory=dict)
    """Digest of what a service was last started with, by service."""
    loaded: Mapping[str, str] = field(default_factory=dict)
    """Digest of what a program was last told to load, by program."""
    config: Mapping[str, str | int | float | bool | None] | None = None
    """The last configuration without a mistake in it; None before there was one."""
    etcd: Mapping[str, Any] = field(default_factory=dict)
    """Of its own member of etcd: the epoch that its data belongs to (`epoch`), and, while it is kept stopped because
    this unit may begin a new one, what it held (`frozen`)."""
    trouble: Mapping[str, str] = field(default_factory=dict)
    """What keeps the data from being used (`what`), since when (`since`, seconds since the boot), and whether a copy
    has taken its place already (`replaced`); empty while all is well."""
    backup: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the repository: why its stanza could not be made (`failed`, and `at`, seconds since the boot), the passphrase
    that has proved to be its own (`passphrase`, and `proved`, for which stanza), and the last promotion after which
    the archive was looked through (`filled`)."""
    restore: Mapping[str, str] = field(default_factory=dict)
    """This unit's part in the last restore: its `number`, how it ended (`state`, `said`), and on the way there where
    the data is brought back (`place`) and whether the log was archived to the end (`closed`)."""
    upgrade: Mapping[str, str] = field(default_factory=dict)
    """Which upgrade the packages have seen (`packages`), and which is done (`done`), by the name it was given."""
    pooler: Mapping[str, str] = field(default_factory=dict)
    """Why PgBouncer could not be installed (`failed`, and `at`, seconds since the boot); empty where it could."""


@dataclass(frozen=True)
class Machine:
    """The machine and what is on it."""

    distribution: str
    """`debian` or `ubuntu`."""
    release: str
    """`12`, `22.04`."""
    codename: str
    """`bookworm`, as archives call the release."""
    memory: int
    """Bytes that a program may use, limits of the container included."""
    cores: int
    hostname: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed packages of those that the charm may want, with their versions."""
    files: Mapping[str, File] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """By the program that uses it: `etcd`, `postgres`."""
    memories: Memory = Memory()
    data_version: str = ""
    """Major version of the database cluster in the data directory; empty when there is none."""
    etcd_has_data: bool = False
    etcd_leftovers: tuple[str, ...] = ()
    """Directories of older epochs of etcd, and of one that was not made to the end."""
    environment: str = ""
    """The name of the virtual environment that the charm runs from now."""
    uptime: float = 0.0
    """Seconds since the boot: a clock that nobody sets."""
    outdated: frozenset[str] = frozenset()
    """Programs that have been replaced on disk since they started: `postgres`, `etcd`."""


@dataclass(frozen=True)
class DataDirectory:
    """PostgreSQL's data directory, from outside."""

    present: bool = False
    """Whether there is anything in it."""
    system: str = ""
    """The system identifier in its control file; empty where that cannot be read."""
    programs: Mapping[str, float] = field(default_factory=dict)
    """Programs that are at work on it, e.g. `postgres`, `pg_rewind`, with the seconds they have run."""
    complaint: str = ""
    """The last thing that kept PostgreSQL from starting or following; looked for only while something is amiss."""
    size: int = 0
    """Bytes in it; looked at only while something is amiss."""
    room: int = 0
    """Bytes that are free on its disk; looked at only while something is amiss."""


@dataclass(frozen=True)
class Restoration:
    """Data that is being brought back on this unit, from outside."""

    number: int = 0
    """The restore that the program's notes are about."""
    state: str = ""
    """`working`, `done` or `failed`."""
    said: str = ""
    beside: bool = False
    """Whether there is a directory with data that is being or has been brought back."""
    size: int = 0
    """Bytes of the data directory that it will take the place of; looked at only while a restore is asked for."""
    room: int = 0
    """Bytes that are free on its disk."""
    tablespaces: bool = False
    """Whether that data has tablespaces elsewhere."""


@dataclass(frozen=True)
class Work:
    """What a dump, a load of one or a trial of a backup has written down last."""

    kind: str = ""
    begun: float = 0.0
    state: str = ""
    """`working`, `done` or `failed`."""
    said: str = ""
    results: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Restorable:
    """What there is to bring back, in the repository; looked at only when an action asks."""

    stanza: StanzaInfo
    archive: Archive
    names: tuple[str, ...] = ()
    """All stanzas there."""
    system: str = ""
    """The system identifier of the newest data in our own stanza."""


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
    down: tuple[str, ...] = ()
    """Names of members that did not answer."""
    initialized: bool = False
    """Whether the PostgreSQL cluster has been made."""
    primary: str = ""
    """The name of the member that holds the leader key of the PostgreSQL cluster."""
    system: str = ""
    """The PostgreSQL cluster's system identifier; empty before it has been made."""
    turn: str = ""
    """Whose turn it is to take a PostgreSQL down on purpose, and what for: `postgresql-1 restart PostgreSQL`."""
    epoch: int = 0
    """How many times this cluster of etcd was begun again from what one member knew."""
    restored: int = 0
    """The number of the last restore whose data took the place of what was before."""
    banned: tuple[str, ...] = ()
    """Units that are gone for good, and must not take part any more if their machine comes back."""
    registered: tuple[str, ...] = ()
    """Names of the members that Patroni has written down there."""


@dataclass(frozen=True)
class Sync:
    """Patroni's key /sync: who may have every acknowledged commit."""

    leader: str = ""
    standbys: tuple[str, ...] = ()
    quorum: int = 0
    """So many of the standbys may lack a commit that the others have."""


@dataclass(frozen=True)
class Remnant:
    """What this unit's own member of etcd still knows while no quorum answers. It may be older than what was agreed."""

    members: tuple[EtcdMember, ...]
    primary: str = ""
    """The name in the leader key of the PostgreSQL cluster."""
    sync: Sync | None = None
    held: Mapping[str, Any] = field(default_factory=dict)
    """The same as it is noted down when the member is frozen."""
    beyond: tuple[str, ...] = ()
    """What its log holds beyond what it knows to be agreed, of what matters here: `the primary`, `the synchronous
    standbys`, `the members`, `a later term`."""
    silent: tuple[str, ...] = ()
    """Names of other voters of which neither etcd nor Patroni nor PostgreSQL answers."""
    seconds: float = 0.0
    """For so long at the least there has been no quorum."""
    paused: bool = False
    """Whether automatic failover was paused."""
    frozen: bool = False
    """Whether the member is stopped, so that nothing more can be agreed with it."""


@dataclass(frozen=True)
class Member:
    """One member of the PostgreSQL cluster, as Patroni tells."""

    name: str
    role: str
    """`primary`, `standby`, `synchronous standby`, `quorum standby`."""
    state: str
    """`running`, `streaming`, `creating replica`, `starting`, `stopped`, ..."""
    host: str
    port: int = 5432
    timeline: int = 0
    lag: int | None = None
    """Bytes behind the primary; None where it is not known."""
    pending_restart: bool = False


@dataclass(frozen=True)
class Patroni:
    """Our own Patroni, and the cluster as it sees it."""

    state: str
    role: str
    """`primary` or `standby`; empty before it has one."""
    timeline: int = 0
    pending_restart: bool = False
    paused: bool = False
    failsafe: bool = False
    """Whether a primary without etcd goes on for now because all members agree: ours, or one that has asked us."""
    members: tuple[Member, ...] = ()
    settings: Mapping[str, object] | None = None
    """The cluster's dynamic configuration; None where it could not be read."""


@dataclass(frozen=True)
class Clone:
    """A copy of the primary's data that is being made for this unit."""

    received: int
    total: int | None


@dataclass(frozen=True)
class Postgres:
    """Our own PostgreSQL server."""

    port: int
    in_recovery: bool
    version: str
    pending_restart: tuple[str, ...]
    """Settings that wait for a restart."""
    catalogue: Catalogue
    access: frozenset[AccessRule] | None
    """What the running server's pg_hba admits; None while the file is newer than what it has loaded."""
    mistakes: tuple[str, ...] = ()
    """Lines of its configuration files that it does not accept."""
    verifiers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What it stores of the passwords of the cluster's own roles, by role."""


@dataclass(frozen=True)
class Pooler:
    """This unit's poolers, which run and answer."""

    clients: int
    """How many are connected."""


@dataclass(frozen=True)
class Observation:
    """One frozen look at everything."""

    now: float
    event: Event
    juju: Juju
    machine: Machine
    secrets: View[Secrets | None] | Unknown
    """None: Juju has none yet."""
    etcd: View[Etcd] | Unknown
    patroni: View[Patroni] | Unknown
    postgres: View[Postgres] | Unknown
    clone: Clone | None = None
    data: DataDirectory = DataDirectory()
    remnant: View[Remnant] | Unknown | None = None
    """None while a quorum answers."""
    pooler: View[Pooler] | Unknown | None = None
    """None where no pooler runs."""
    restoration: Restoration = Restoration()
    restorable: View[Restorable] | Unknown | None = None
    work: Work = Work()
    given: Given = field(default_factory=Given)
    """What of the repository is not in the options themselves."""
    repository: View[Looked] | Unknown | None = None
    """The repository, as this unit's observer service has seen it; None before it has looked."""
    archiver: Archiver = field(default_factory=Archiver)
    runs: RunNotes = field(default_factory=RunNotes)
    """What this unit's backup program has done."""
