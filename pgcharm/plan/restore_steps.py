"""The steps with which the cluster's data is brought back from a backup.

Knows: what each makes true. Must not know: when, or how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pgcharm.backup.intent import Intent
from pgcharm.plan.types import Step


@dataclass(frozen=True)
class AskRestore(Step):
    """Every unit will know, when this action has ended, that the data is to be brought back; or that it is not."""

    relation: int
    intent: Intent

    def says(self) -> str:
        if self.intent.abandoned:
            return f"give restore {self.intent.number} up"
        return f"have {self.intent.owner} bring the data back {self.intent.says()}"


@dataclass(frozen=True)
class CloseLog(Step):
    """A commit later than any moment that may be wanted is archived; or the archive is late."""

    port: int
    number: int
    seconds: float = 15

    def says(self) -> str:
        return "archive the log to its end"


@dataclass(frozen=True)
class EndWork(Step):
    """No program works on the data directory, whoever started it."""

    path: str

    def says(self) -> str:
        return f"end what works on {self.path}"


@dataclass(frozen=True)
class MoveData(Step):
    """The old data is where the restored will be, because there is no room for both."""

    source: str
    target: str

    def says(self) -> str:
        return f"bring the data back in the place of {self.source}"


@dataclass(frozen=True)
class ForgetCluster(Step):
    """etcd knows nothing of the database cluster but its settings: not its primary, nor its system identifier."""

    number: int

    def says(self) -> str:
        return "forget the state of the database cluster in etcd"


@dataclass(frozen=True)
class PutInPlace(Step):
    """The restored data is the data directory; what was there before has another name beside it."""

    number: int
    source: str
    target: str

    def says(self) -> str:
        return f"put {self.source} in the place of {self.target}"


@dataclass(frozen=True)
class NoteRestore(Step):
    """The unit remembers how far its part of a restore is."""

    entries: Mapping[str, str]

    def says(self) -> str:
        state = self.entries.get("state") or self.entries.get("place") or "not begun"
        return f"note down restore {self.entries['number']}: {state}"
