"""What the resolver can answer: an operation to carry out, or that there is none and why.

Knows: the kinds of operation and whether they wait for the machine's lock.
Must not know: how one is carried out (see `operate/`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from jujubox.agent.state import Command, Hook


@dataclass(frozen=True)
class NoOperation:
    """Nothing to do now. `waiting` says that the unit is not idle, only held up."""

    reason: str
    waiting: bool = False


@dataclass(frozen=True)
class DeployCharm:
    """Put the charm's files in place; `upgrade` is False for the first time."""

    url: str
    sha256: str
    modified_version: int
    upgrade: bool
    resolve: bool = False


@dataclass(frozen=True)
class RunHook:
    """Run a hook and commit it. `resolve` first clears the operator's `juju resolved`."""

    hook: Hook
    resolve: bool = False


@dataclass(frozen=True)
class SkipHook:
    """Commit a hook without running it: it ran before a restart, or the operator said so."""

    hook: Hook
    resolve: bool = False


@dataclass(frozen=True)
class AcceptLeadership:
    """Take note that the unit leads; leader-elected follows."""


@dataclass(frozen=True)
class ResignLeadership:
    """Take note that the unit no longer leads; there is no hook."""


@dataclass(frozen=True)
class RunTask:
    """Run an action or a command that the controller holds for the unit."""

    task: str


@dataclass(frozen=True)
class FailTask:
    """Give up a task that was interrupted by a restart of the agent."""

    task: str


@dataclass(frozen=True)
class RunCommand:
    """Run a command that came through the machine's run socket."""

    command: Command


@dataclass(frozen=True)
class DetachUnused:
    """Let go of a storage whose attached hook never ran."""

    storage: str


@dataclass(frozen=True)
class Finish:
    """The unit is torn down: tell the controller that it is dead."""


def describe(operation: Operation) -> str:
    """An operation in a few words for the log, e.g. `RunHook relation-joined relation=1 remote_unit=a/0`."""
    subject = getattr(operation, "hook", operation)
    given = [(field.name, getattr(subject, field.name)) for field in fields(subject) if field.name != "kind"]
    named = [f"{name}={value}" for name, value in given if value not in (None, "", 0, False)]
    return " ".join([type(operation).__name__, *([subject.kind] if isinstance(subject, Hook) else []), *named])


Operation = (
    DeployCharm
    | RunHook
    | SkipHook
    | AcceptLeadership
    | ResignLeadership
    | RunTask
    | FailTask
    | RunCommand
    | DetachUnused
    | Finish
)
