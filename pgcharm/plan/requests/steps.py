"""The steps that only actions ask for. Each says in English what it makes true.

Knows: what there is to do. Must not know: when, or how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgcharm.layout import unit_name
from pgcharm.plan.types import Step


@dataclass(frozen=True)
class HandOver(Step):
    """Another member is the primary, or Patroni has said why it cannot be."""

    leader: str
    candidate: str
    anybody: bool = False
    """Whether any other standby does as well; see `pgcharm.plan.steps.SwitchOver`."""
    poolers: tuple[str, ...] = ()
    """Members whose poolers hold their clients back meanwhile."""

    def says(self) -> str:
        return f"hand the primary's role from {unit_name(self.leader)} to {unit_name(self.candidate)}"


@dataclass(frozen=True)
class AwaitCounted(Step):
    """Commits wait for every standby that streams, or some seconds have passed."""

    units: tuple[str, ...]
    seconds: float = 10

    def says(self) -> str:
        return f"wait until commits wait for {' and '.join(self.units)} too"


@dataclass(frozen=True)
class RestartMember(Step):
    """A member's PostgreSQL has been restarted, and the member does again what it did before."""

    unit: str
    host: str
    primary: bool
    seconds: float = 120
    """How long it may take to start; a primary that takes longer hands its role over."""
    poolers: tuple[str, ...] = ()
    """Members whose poolers hold their clients back meanwhile."""

    def says(self) -> str:
        return f"restart PostgreSQL on {self.unit}"


@dataclass(frozen=True)
class AwaitStandbys(Step):
    """Standbys stream from the primary."""

    units: tuple[str, ...]
    hosts: tuple[str, ...]
    seconds: float = 60

    def says(self) -> str:
        return f"wait until {' and '.join(self.units)} stream again"


@dataclass(frozen=True)
class CloneAnew(Step):
    """This unit's data is being copied from the primary, in place of what it has."""

    unit: str
    source: str
    seconds: float = 60
    """How long to wait for the end; it goes on after that."""

    def says(self) -> str:
        return f"clone {self.unit} anew from {self.source}"


@dataclass(frozen=True)
class SetPause(Step):
    """Every member knows whether a lost primary is replaced."""

    paused: bool
    hosts: tuple[str, ...]
    """Of the members that have to know."""

    def says(self) -> str:
        return "pause automatic failover" if self.paused else "resume automatic failover"


@dataclass(frozen=True)
class RotatePasswords(Step):
    """Juju keeps new passwords of the cluster's own roles, and those before them."""

    generation: int

    def says(self) -> str:
        return f"make passwords anew (generation {self.generation})"


@dataclass(frozen=True)
class ForgetRevision(Step):
    """Juju has not got a revision of a secret any more."""

    secret: str
    revision: str

    def says(self) -> str:
        return f"remove revision {self.revision} of {self.secret}"


@dataclass(frozen=True)
class CountRotation(Step):
    """Every unit will know that these users have other passwords."""

    relation: int
    users: tuple[str, ...]
    words: Mapping[str, str]

    def says(self) -> str:
        return f"give {', '.join(self.users)} another password"


@dataclass(frozen=True)
class DropDatabase(Step):
    """A database is gone, with the roles that stand for it."""

    port: int
    database: str
    force: bool
    """Whether sessions in it are ended; else they keep it from being dropped."""

    def says(self) -> str:
        return f"drop the database {self.database}"


@dataclass(frozen=True)
class FollowBackup(Step):
    """The backup program is at work, and has ended or goes on by itself."""

    service: str
    kind: str
    seconds: float
    """How long to wait for the end."""

    def says(self) -> str:
        return "verify the backups" if self.kind == "verify" else f"make a backup ({self.kind})"


@dataclass(frozen=True)
class DeleteBackup(Step):
    """A backup is gone, and with it those that rest on it."""

    stanza: str
    id: str
    gone: tuple[str, ...]

    def says(self) -> str:
        return f"delete {', '.join(self.gone)}"


@dataclass(frozen=True)
class FollowWork(Step):
    """A program dumps, loads or tries a backup; we stay with it for a while. It needs nobody to go on."""

    kind: str
    """`dump`, `load` or `check`."""
    task: str = field(repr=False)
    seconds: float = 600

    def says(self) -> str:
        return {"dump": "dump", "load": "load a dump", "check": "try a backup"}[self.kind]
