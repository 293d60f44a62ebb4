"""What one glance shows, and what of a change is worth waking the charm for. Pure.

Of other members it only matters whether they serve: the steps of a clone elsewhere wake nobody.

>>> before = Glance("running", "standby", members=(("a-0", "primary", "serving", ""),))
>>> after = Glance("running", "primary", members=(("a-1", "primary", "serving", ""),))
>>> difference(before, after)
'this unit is primary, was standby; a-0 is gone; a-1 has come: primary, serving'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgcharm.states import SERVING

NEAR = 1 << 20
FAR = 64 << 20


@dataclass(frozen=True)
class Glance:
    """What matters of a moment. Lag counts in classes, so that a busy primary does not wake the charm all the time."""

    state: str = ""
    role: str = ""
    members: tuple[tuple[str, str, str, str], ...] = ()
    """Name, role, whether it serves, lag class."""
    etcd: str = ""
    pending: bool = False
    voters: tuple[tuple[str, str], ...] = ()
    """Members of etcd, and whether each votes, learns or does not answer."""
    paused: bool | None = None
    """Whether automatic failover is paused; None where nobody says."""
    repository: str = ""
    """What was seen of the backups' repository; empty before anything was."""
    archive: str = ""
    """What was seen of the segments of the log that wait to be archived."""


def glance(
    own: Mapping[str, Any] | None,
    cluster: Mapping[str, Any] | None,
    etcd: str,
    voters: tuple[tuple[str, str], ...] = (),
    repository: tuple[str, str] = ("", ""),
) -> Glance:
    """A glance from Patroni's answers; None where it did not give one."""
    own, cluster = own or {}, cluster or {}
    return Glance(
        state=str(own.get("state", "does not answer")),
        role=_role(own),
        members=tuple(sorted(_member(member) for member in cluster.get("members", ()))),
        etcd=etcd,
        pending=bool(own.get("pending_restart")),
        voters=voters,
        paused=bool(cluster.get("pause")) if cluster else None,
        repository=repository[0],
        archive=repository[1],
    )


def difference(before: Glance, after: Glance) -> str:
    """Why the charm should be woken; empty where it need not be."""
    found = []
    for what, was, now in (("this unit is", before.role, after.role), ("PostgreSQL is", before.state, after.state)):
        if was != now:
            found.append(f"{what} {now or 'nothing'}, was {was or 'nothing'}")
    found += _members(before, after)
    if before.etcd != after.etcd:
        found.append(f"etcd {after.etcd}")
    found += _voters(before, after)
    if after.pending and not before.pending:
        found.append("a restart is pending")
    if None not in (before.paused, after.paused) and before.paused != after.paused:
        found.append("failover is paused" if after.paused else "failover is resumed")
    if before.repository != after.repository and after.repository:
        found.append(f"the repository: {after.repository}")
    if before.archive != after.archive:
        found.append(f"the archive: {after.archive or 'well'}")
    return "; ".join(found)


def _members(before: Glance, after: Glance) -> list[str]:
    was = {member[0]: ", ".join(filter(None, member[1:])) for member in before.members}
    now = {member[0]: ", ".join(filter(None, member[1:])) for member in after.members}
    gone = [f"{name} is gone" for name in was if name not in now]
    come = [f"{name} has come: {text}" for name, text in now.items() if name not in was]
    changed = [f"{name} is {text}" for name, text in now.items() if name in was and was[name] != text]
    return gone + come + changed


def _voters(before: Glance, after: Glance) -> list[str]:
    """What has changed among the members of etcd. The first look after the start is no change."""
    was, now = dict(before.voters), dict(after.voters)
    if not was:
        return []
    gone = [f"{name} has left etcd" for name in was if name not in now]
    return gone + [f"{name} {word} in etcd" for name, word in now.items() if was.get(name) != word]


def _member(found: Mapping[str, Any]) -> tuple[str, str, str, str]:
    lag = found.get("lag")
    far = "" if not isinstance(lag, int) or lag <= NEAR else "behind" if lag <= FAR else "far behind"
    role, state = _role(found), found.get("state")
    word = "serving" if state in SERVING else "not serving"
    if role == "standby" and state == "running":
        word = "not streaming"
    return str(found.get("name", "")), role, word, far


def _role(found: Mapping[str, Any]) -> str:
    """`primary` or `standby`: which standby a commit waits for changes often, and nobody's duties with it."""
    role = str(found.get("role", ""))
    return role and ("primary" if role in ("leader", "master", "primary") else "standby")
