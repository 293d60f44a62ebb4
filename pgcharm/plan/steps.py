"""The steps that a plan may hold. Each says in English what it makes true.

Knows: what there is to do. Must not know: when, or how. Contents and keys are kept out of every repr and text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pgcharm.clients.changes import Change
from pgcharm.options import Value
from pgcharm.plan.types import Step


@dataclass(frozen=True)
class MaskServices(Step):
    """The distribution's own services cannot start."""

    names: tuple[str, ...]

    def says(self) -> str:
        return f"mask {', '.join(self.names)}"


@dataclass(frozen=True)
class FetchLists(Step):
    """apt knows what its archives hold now."""

    def says(self) -> str:
        return "fetch the archives' lists of packages"


@dataclass(frozen=True)
class InstallPackages(Step):
    """The packages are installed."""

    names: tuple[str, ...]

    def says(self) -> str:
        return f"install {', '.join(self.names)}"


@dataclass(frozen=True)
class GenerateLocale(Step):
    """libc has the locale."""

    locale: str

    def says(self) -> str:
        return f"generate the locale {self.locale}"


@dataclass(frozen=True)
class WriteFile(Step):
    """A file has this content, owner and mode."""

    path: str
    content: str = field(repr=False)
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    reader: str = ""
    """Who has to be told to read it again: `postgres`, `patroni` or nobody."""

    def says(self) -> str:
        return f"write {self.path}"


@dataclass(frozen=True)
class MakeDirectory(Step):
    """A directory exists with this owner and mode."""

    path: str
    owner: str
    group: str
    mode: int

    def says(self) -> str:
        return f"make the directory {self.path}"


@dataclass(frozen=True)
class RemovePath(Step):
    """A file or directory is gone."""

    path: str

    def says(self) -> str:
        return f"remove {self.path}"


@dataclass(frozen=True)
class SetAside(Step):
    """A data directory has another name, so that what is in it is neither used nor lost. Never done to a primary's."""

    path: str

    def says(self) -> str:
        return f"set {self.path} aside"


@dataclass(frozen=True)
class RemoveData(Step):
    """A data directory is gone. Never done to a primary's."""

    path: str

    def says(self) -> str:
        return f"remove the data in {self.path}"


@dataclass(frozen=True)
class NoteTrouble(Step):
    """The unit remembers what keeps its data from being used, or that nothing does."""

    trouble: Mapping[str, str]

    def says(self) -> str:
        return "note down the trouble" if self.trouble else "note down that all is well"


@dataclass(frozen=True)
class NoteConfig(Step):
    """The unit remembers a configuration without a mistake in it."""

    config: Mapping[str, Value]

    def says(self) -> str:
        return "note down the configuration"


@dataclass(frozen=True)
class MakeSecrets(Step):
    """Juju holds the cluster's passwords and its certificate authority."""

    application: str

    def says(self) -> str:
        return "make the cluster's passwords and certificate authority"


@dataclass(frozen=True)
class IssueCertificate(Step):
    """A program of this unit has a certificate and its key."""

    program: str
    name: str
    names: tuple[str, ...]
    owner: str
    certificate: str
    key: str
    ca_certificate: str = field(repr=False)
    ca_key: str = field(repr=False)

    def says(self) -> str:
        return f"issue a certificate for {self.program} ({', '.join(self.names)})"


@dataclass(frozen=True)
class StartService(Step):
    """A service runs from its files as they are now. `inputs` is their digest; `loads` the digests of what it reads."""

    service: str
    inputs: str = field(repr=False)
    loads: Mapping[str, str] = field(default_factory=dict, repr=False)

    def says(self) -> str:
        return f"start {self.service}"


@dataclass(frozen=True)
class RestartInTurn(Step):
    """A service runs from its files as they are now, and no other unit's was down at the same time."""

    service: str
    inputs: str = field(repr=False)
    seconds: float = 90
    """How long the turn is kept at most until the unit serves again."""

    def says(self) -> str:
        return f"restart {self.service}"


@dataclass(frozen=True)
class UpgradePackages(Step):
    """Installed packages are the newest of their archives. `name` is the upgrade's, given when it was asked for."""

    names: tuple[str, ...]
    name: str

    def says(self) -> str:
        return f"upgrade {', '.join(self.names)}"


@dataclass(frozen=True)
class AskUpgrade(Step):
    """Every unit will know that it has to upgrade its packages in its turn."""

    relation: int
    name: str

    def says(self) -> str:
        return "ask every unit to upgrade in its turn"


@dataclass(frozen=True)
class NoteUpgrade(Step):
    """The unit remembers that it has done its part of an upgrade."""

    name: str

    def says(self) -> str:
        return "note down that this unit is upgraded"


@dataclass(frozen=True)
class StopService(Step):
    """A service does not run, nor after a reboot."""

    service: str

    def says(self) -> str:
        return f"stop {self.service}"


@dataclass(frozen=True)
class StopPostgres(Step):
    """No PostgreSQL runs on the data directory, whoever started it."""

    binaries: str
    data: str

    def says(self) -> str:
        return f"stop the PostgreSQL in {self.data}"


@dataclass(frozen=True)
class AddEtcdLearner(Step):
    """etcd knows this unit as a member that does not vote yet."""

    peer_url: str
    seconds: float = 20

    def says(self) -> str:
        return f"add {self.peer_url} to etcd as a learner"


@dataclass(frozen=True)
class PromoteEtcdMember(Step):
    """A learner votes."""

    id: str
    name: str
    seconds: float = 20

    def says(self) -> str:
        return f"let {self.name} vote in etcd"


@dataclass(frozen=True)
class RemoveEtcdMember(Step):
    """etcd does not have the member."""

    id: str
    name: str

    def says(self) -> str:
        return f"remove {self.name} from etcd"


@dataclass(frozen=True)
class HandOnEtcdLead(Step):
    """Another member leads etcd."""

    id: str
    name: str

    def says(self) -> str:
        return f"let {self.name} lead etcd"


@dataclass(frozen=True)
class MoveEtcdMember(Step):
    """etcd knows the member under its present address."""

    id: str
    name: str
    peer_url: str

    def says(self) -> str:
        return f"tell etcd that {self.name} is at {self.peer_url}"


@dataclass(frozen=True)
class AwaitPatroni(Step):
    """Patroni has brought PostgreSQL up."""

    seconds: float
    primary: bool = False

    def says(self) -> str:
        return "wait until PostgreSQL is " + ("the primary" if self.primary else "running")


@dataclass(frozen=True)
class ReloadPatroni(Step):
    """Patroni has read its file. `inputs` is the digest of what it reads."""

    inputs: str = field(repr=False)

    def says(self) -> str:
        return "reload Patroni"


@dataclass(frozen=True)
class ReloadPostgres(Step):
    """PostgreSQL has read its files. `inputs` is the digest of what it reads."""

    port: int
    inputs: str = field(repr=False)

    def says(self) -> str:
        return "reload PostgreSQL"


@dataclass(frozen=True)
class InstallPooler(Step):
    """PgBouncer is installed, or it is noted down why it cannot be."""

    names: tuple[str, ...]

    def says(self) -> str:
        return f"install {', '.join(self.names)}"


@dataclass(frozen=True)
class ForgetPoolerTrouble(Step):
    """That PgBouncer could not be installed is noted down no more."""

    def says(self) -> str:
        return "forget that PgBouncer could not be installed"


@dataclass(frozen=True)
class StartPooler(Step):
    """A pooler runs from its files as they are now. One that cannot is no failure: PostgreSQL is not to wait for it."""

    service: str
    inputs: str = field(repr=False)

    def says(self) -> str:
        return f"start {self.service}"


@dataclass(frozen=True)
class ReloadPooler(Step):
    """The poolers have read their files. `inputs` is the digest of what they read."""

    ports: Mapping[str, int]
    """By service."""
    inputs: str = field(repr=False)

    def says(self) -> str:
        return "reload the poolers"


@dataclass(frozen=True)
class RestartPostgres(Step):
    """PostgreSQL runs with settings that only a restart can change."""

    poolers: tuple[str, ...] = ()
    """Members whose poolers hold their clients back meanwhile."""

    def says(self) -> str:
        return "restart PostgreSQL"


@dataclass(frozen=True)
class ChangeSettings(Step):
    """Patroni's dynamic configuration holds these values; None removes one."""

    changes: Mapping[str, Any]

    def says(self) -> str:
        return f"set {', '.join(_leaves(self.changes))} for the whole cluster"


@dataclass(frozen=True)
class SwitchOver(Step):
    """Another member is the primary."""

    leader: str
    candidate: str
    anybody: bool = False
    """Whether any other standby does as well. Patroni is then given no name, which saves two seconds: while a name is
    given, the other standbys sleep that long before they follow (Patroni 4.1, ha.py, process_unhealthy_cluster), and
    the new primary's commits wait for one of them."""
    poolers: tuple[str, ...] = ()
    """Members whose poolers hold their clients back meanwhile."""

    def says(self) -> str:
        return f"hand the primary's role from {self.leader} to {self.candidate}"


@dataclass(frozen=True)
class SetPassword(Step):
    """A role of the cluster's own has this password."""

    port: int
    role: str
    password: str = field(repr=False)

    def says(self) -> str:
        return f"change the password of {self.role}"


@dataclass(frozen=True)
class LetMonitor(Step):
    """The role may see how far clones and standbys are."""

    port: int
    role: str

    def says(self) -> str:
        return f"let {self.role} see how far clones have come"


@dataclass(frozen=True)
class ServeClient(Step):
    """One thing in PostgreSQL is as a client asked for."""

    port: int
    change: Change = field(repr=False)

    def says(self) -> str:
        return str(self.change).partition(": ")[0]


def _leaves(changes: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key, value in changes.items():
        nested = isinstance(value, Mapping)
        found += _leaves(value, f"{prefix}{key}.") if nested else [f"{prefix}{key} = {value}"]
    return found
