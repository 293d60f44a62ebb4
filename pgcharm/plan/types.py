"""What a plan is made of: steps, waits, a block, and what to publish. Every one carries its reason.

Knows: how a plan reads in English. Must not know: how a step is carried out.

    >>> @dataclass(frozen=True)
    ... class Sweep(Step):
    ...     room: str
    ...     def says(self) -> str:
    ...         return f"sweep {self.room}"
    >>> print(Plan(steps=(Sweep("there is dust", room="the hall"),)).text())
    1. sweep the hall: there is dust
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

AGAIN_SECONDS = 5.0
"""After this many seconds the observer wakes the charm, while something is left to do or to wait for."""
AMISS_SECONDS = 30.0
"""The same while the unit's status tells only of something amiss: that may be over before the observer has seen it."""


@dataclass(frozen=True)
class Step:
    """Something to make true. Carried out by the function that `apply` has registered for its type."""

    reason: str

    def says(self) -> str:
        """What the step does, as an imperative without a full stop."""
        raise NotImplementedError


@dataclass(frozen=True)
class Wait:
    """Something that is not ours to do, or not yet."""

    what: str
    reason: str
    seconds: float = AGAIN_SECONDS
    """After so many it is worth another look."""


@dataclass(frozen=True)
class Block:
    """Something that only the operator can put right."""

    what: str
    """The status message."""
    hint: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why something that an action asked for is not done: what was seen, what was expected, what to do next."""

    text: str


@dataclass(frozen=True)
class Status:
    """A status as Juju shows it: active, waiting, maintenance or blocked."""

    level: str
    message: str


@dataclass(frozen=True)
class RelationSettings:
    """Keys to set in one relation's bags; None withdraws a key. Keys not named are left alone."""

    relation: int
    endpoint: str
    unit: Mapping[str, str | None] = field(default_factory=dict)
    application: Mapping[str, str | None] = field(default_factory=dict)
    """Written by the leader only."""


@dataclass(frozen=True)
class GivenSecret:
    """A secret of the application that one relation's client may read. `key` of the application's bag holds its URI."""

    relation: int
    endpoint: str
    key: str
    uri: str
    """Empty where it has not been made yet."""
    label: str
    content: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Publication:
    """What the world is told when nothing is left to do, or when nothing more can be done now."""

    status: Status = Status("maintenance", "starting")
    application_status: Status | None = None
    version: str = ""
    ports: tuple[int, ...] = ()
    relations: tuple[RelationSettings, ...] = ()
    refusals: tuple[str, ...] = ()
    """Clients that are not served, and why: for the log."""
    secrets: tuple[GivenSecret, ...] = ()
    """Made, changed and granted by the leader only."""
    secret_labels: frozenset[str] | None = None
    """Labels of all secrets that clients still need; None: none is to be removed now."""


@dataclass(frozen=True)
class Plan:
    """What to do next, what to wait for and what to say."""

    steps: tuple[Step, ...] = ()
    waits: tuple[Wait, ...] = ()
    blocks: tuple[Block, ...] = ()
    publication: Publication = Publication()
    refusal: Refusal | None = None
    """Why what an action asked for is not done; there are no steps then."""

    @property
    def again(self) -> float | None:
        """After how many seconds it is worth another look; None where nothing is left to do, to wait for or amiss."""
        if self.steps or self.waits or self.blocks:
            return min((wait.seconds for wait in self.waits), default=AGAIN_SECONDS)
        return None if self.publication.status.level == "active" else AMISS_SECONDS

    def text(self) -> str:
        """The plan as numbered English."""
        lines = [f"{number}. {step.says()}: {step.reason}" for number, step in enumerate(self.steps, 1)]
        lines += [f"wait for {wait.what}: {wait.reason}" for wait in self.waits]
        lines += [f"blocked: {block.what}" + (f" (hint: {block.hint})" if block.hint else "") for block in self.blocks]
        lines += [f"refused: {self.refusal.text}"] if self.refusal else []
        return "\n".join(lines) or "nothing to do"
