"""The steps with which etcd is begun again from what one member knew.

Knows: what each makes true. Must not know: when, or how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pgcharm.cluster import Epoch
from pgcharm.plan.types import Step


@dataclass(frozen=True)
class FreezeEtcd(Step):
    """Our own member is stopped, and what it held is noted down: from now on nothing can be agreed with it."""

    service: str
    held: Mapping[str, Any] = field(repr=False)

    def says(self) -> str:
        return f"stop {self.service} and keep what it knows"


@dataclass(frozen=True)
class ThawEtcd(Step):
    """What was noted down of our own member counts no more: it will run again."""

    def says(self) -> str:
        return "let etcd run again"


@dataclass(frozen=True)
class RestoreEtcd(Step):
    """A new cluster of etcd has one member, ours, with what it knew; nobody leads in it, and no lease is left."""

    number: int
    source: str
    target: str
    name: str
    peer_url: str
    token: str
    drop_sync: bool

    def says(self) -> str:
        lost = ", without the list of synchronous standbys" if self.drop_sync else ""
        return f"begin epoch {self.number} of etcd with {self.name} alone{lost}"


@dataclass(frozen=True)
class AdoptEpoch(Step):
    """This unit belongs to a newer epoch; data of the older one is not used again."""

    number: int

    def says(self) -> str:
        return f"go over to epoch {self.number} of etcd"


@dataclass(frozen=True)
class ClaimEpoch(Step):
    """The controller will know, when this action has ended, who begins etcd again."""

    relation: int
    epoch: Epoch

    def says(self) -> str:
        return f"let {self.epoch.owner} begin epoch {self.epoch.number} of etcd"


@dataclass(frozen=True)
class BanUnit(Step):
    """etcd says that a unit is gone for good, so that its programs stop if its machine comes back."""

    unit: str

    def says(self) -> str:
        return f"write down in etcd that {self.unit} is gone for good"
