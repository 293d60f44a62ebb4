"""What the pooler in front of the primary is told, and when. Pure.

Knows: that clients wait while there is no primary, and that a new one is believed only when it says so itself. Must not
know: how the pooler is told, or where anything is looked up.

PgBouncer notices nothing of a failover: it goes on to the server that its file names. A pooler is *held* while the
primary's role is going over: its clients then wait for a connection instead of getting an error.

>>> before = Course(target="a-0")
>>> course(before, Sight(leader="", asked=""), sure=False)
Course(target='a-0', held=True, asked='', heeded='')
>>> course(course(before, Sight("", ""), False), Sight("a-1", ""), sure=True)
Course(target='a-1', held=False, asked='', heeded='')
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sight:
    """One look at etcd."""

    leader: str
    """The member that holds the key of the primary; empty while nobody does."""
    asked: str
    """The lease with which somebody asks to hold clients back; empty while nobody does."""


@dataclass(frozen=True)
class Course:
    """Where the pooler leads, and whether it holds its clients back."""

    target: str = ""
    held: bool = False
    asked: str = ""
    """The lease for which it is held."""
    heeded: str = ""
    """The lease for which it was held, and is not any more: the role has gone over."""


def needs_to_be_sure(before: Course, sight: Sight) -> bool:
    """Whether it has to be asked if the leader is a primary already: it gets its key before it is one."""
    if not sight.leader:
        return False
    return before.held or sight.leader != before.target


def course(before: Course, sight: Sight, sure: bool) -> Course:
    """The next course. `sure`: whether the leader was asked and says that it is the primary."""
    asks_anew = bool(sight.asked) and sight.asked not in (before.asked, before.heeded)
    if asks_anew and sight.leader in ("", before.target):
        return replace(before, held=True, asked=sight.asked)
    if not sight.leader:
        return replace(before, held=True)
    if sight.leader != before.target:
        if not sure:
            return replace(before, held=bool(before.target) or before.held)
        return Course(sight.leader, heeded=sight.asked)
    waits_for_another = bool(sight.asked) and sight.asked == before.asked
    if before.held and sure and not waits_for_another:
        return Course(before.target, heeded=sight.asked)
    return before
