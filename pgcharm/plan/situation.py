"""An observation together with what follows from it for every question: options in force, paths, the founding.

Knows: what several questions share. Must not know: any step.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from pgcharm.cluster import Founding, founding, layout_of, own_epoch
from pgcharm.layout import Layout, member_name, unit_name
from pgcharm.observation import Etcd, Member, Observation, Patroni, Postgres, Secrets
from pgcharm.options import Mistake, Options, effective
from pgcharm.plan.members import staying_units
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.states import SERVING
from pgcharm.view import known


@dataclass(frozen=True)
class Part:
    """The answer to one question."""

    steps: tuple[Step, ...] = ()
    waits: tuple[Wait, ...] = ()
    blocks: tuple[Block, ...] = ()
    final: bool = field(default=False)
    """Whether later questions have to wait until this one is settled."""


@dataclass(frozen=True)
class Situation:
    """What the questions are asked about."""

    o: Observation
    options: Options
    mistakes: tuple[Mistake, ...]
    layout: Layout
    founding: Founding | None

    @property
    def name(self) -> str:
        """This unit's name among the members of etcd and Patroni."""
        return member_name(self.o.juju.unit)

    @property
    def secrets(self) -> Secrets | None:
        return known(self.o.secrets)

    @property
    def etcd(self) -> Etcd | None:
        """etcd, where a quorum of this unit's own epoch or a newer one answers: an older one does not count."""
        seen = known(self.o.etcd)
        return seen if seen is not None and seen.epoch >= own_epoch(self.o.machine.memories) else None

    @property
    def patroni(self) -> Patroni | None:
        return known(self.o.patroni)

    @property
    def postgres(self) -> Postgres | None:
        return known(self.o.postgres)

    @property
    def staying(self) -> tuple[str, ...]:
        """Units that are not on their way out."""
        return staying_units(self.o.juju)

    @property
    def is_first(self) -> bool:
        """Whether this unit starts the cluster."""
        return self.founding is not None and self.founding.first == self.o.juju.unit

    @property
    def is_primary(self) -> bool:
        return self.postgres is not None and not self.postgres.in_recovery

    @property
    def primary(self) -> Member | None:
        """The primary, as Patroni has it."""
        members = self.patroni.members if self.patroni else ()
        return next((member for member in members if member.role == "primary" and member.state in SERVING), None)

    @property
    def primary_unit(self) -> str:
        return unit_name(self.primary.name) if self.primary else ""


def interpreter(s: Situation) -> str:
    """The python of this charm's own environment, by its full name: what runs from an older one is seen to do so."""
    environment = s.o.machine.environment
    return f"{s.layout.home}/{environment}/bin/python" if environment else s.layout.python


def situation(o: Observation) -> Situation:
    """What follows from an observation for every question."""
    options, mistakes = effective(o.juju.config, o.machine.memories.config)
    layout = layout_of(o.juju, options, (o.machine.distribution, o.machine.release), o.machine.memories)
    return Situation(o, options, mistakes, layout, founding(o.juju))


def digest(*texts: str) -> str:
    """The digest of several texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
