"""The answer of action cluster-status: a table for people, and the same as JSON. Pure.

Knows: how the cluster reads. Must not know: how anything is seen.
It is made of what each unit's own Patroni says, and so is whole also while etcd has no quorum.

    >>> print(table([("unit", "role"), ("postgresql/0", "primary")]))
    unit          role
    postgresql/0  primary
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pgcharm.layout import member_name
from pgcharm.observation import EtcdMember
from pgcharm.observe.sights import Server, Sight
from pgcharm.plan.requests.pause import PAUSED, is_paused
from pgcharm.plan.situation import Situation
from pgcharm.plan.status import size
from pgcharm.view import Unknown, known

_HEADINGS = ("unit", "role", "state", "timeline", "behind", "running since", "etcd")


def cluster_status(s: Situation, sights: Sequence[Sight], promoted: str) -> dict[str, str]:
    """The results. `promoted`: when the primary last changed, as Patroni writes it; empty where it never did."""
    found = whole(s, sights, promoted)
    rows = [_HEADINGS, *(_row(unit, facts) for unit, facts in found["units"].items())]
    results = {"table": table(rows), "summary": "; ".join(sentences(found)), "json": json.dumps(found)}
    settings = (s.patroni.settings if s.patroni else None) or {}
    if settings:
        results["settings"] = "\n".join(f"{name}: {value}" for name, value in sorted(settings.items()))
    return results


def whole(s: Situation, sights: Sequence[Sight], promoted: str) -> dict[str, Any]:
    """Everything that is known, as it goes into the JSON."""
    primaries = [sight for sight in sights if (server := known(sight.server)) and server.role == "primary"]
    first = known(primaries[0].server) if primaries else None
    return {
        "primary": [sight.unit for sight in primaries],
        "primary-since": short(promoted or (first.began if first else "")),
        "paused": is_paused(s),
        "etcd": voters(s, sights),
        "units": {sight.unit: facts(s, sight, first) for sight in sights},
    }


def facts(s: Situation, sight: Sight, primary: Server | None) -> dict[str, Any]:
    """What is known of one unit."""
    etcd = etcd_role(s, sight)
    if isinstance(sight.server, Unknown):
        return {"role": "", "state": "silent", "why": sight.server.why, "etcd": etcd}
    server = sight.server.value
    ahead = primary.position if primary else None
    behind = max(0, ahead - server.position) if ahead is not None and server.position is not None else None
    return {
        "role": server.role,
        "state": server.state,
        "timeline": server.timeline,
        "behind-bytes": None if server.role == "primary" else behind,
        "running-since": short(server.began),
        "pending-restart": server.pending_restart,
        "etcd": etcd,
    }


def voters(s: Situation, sights: Sequence[Sight]) -> dict[str, Any]:
    """Whether etcd can decide, and how many of how many voters answer."""
    voting = {member.name for member in members_of_etcd(s) if not member.learner}
    answering = {member_name(sight.unit) for sight in sights if sight.etcd}
    return {"quorum": s.etcd is not None, "voters": len(voting), "answering": len(voting & answering)}


def members_of_etcd(s: Situation) -> tuple[EtcdMember, ...]:
    """etcd's members; without a quorum, as our own member remembers them."""
    if s.etcd is not None:
        return s.etcd.members
    remnant = known(s.o.remnant) if s.o.remnant else None
    return remnant.members if remnant else ()


def etcd_role(s: Situation, sight: Sight) -> str:
    """`voter, leads`, `learner`, `voter, silent`; empty for a unit that is no member."""
    member = next((member for member in members_of_etcd(s) if member.name == member_name(sight.unit)), None)
    if member is None:
        return ""
    leads = s.etcd is not None and member.id == s.etcd.leader
    return ", ".join(["learner" if member.learner else "voter", *["leads"] * leads, *["silent"] * (not sight.etcd)])


def sentences(found: Mapping[str, Any]) -> list[str]:
    """What matters most, in words."""
    primary, etcd = found["primary"], found["etcd"]
    since = f" since {found['primary-since']}" if found["primary-since"] else ""
    if len(primary) > 1:
        said = [f"{' and '.join(primary)} both say that they are the primary"]
    else:
        said = [f"primary {primary[0]}{since}" if primary else "no primary"]
    quorum = "quorum" if etcd["quorum"] else "no quorum"
    said.append(f"etcd has {quorum}: {etcd['answering']} of {etcd['voters']} voters answer")
    return said + [PAUSED] * found["paused"]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns under one another, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def short(when: str) -> str:
    """A time to the second, in UTC: `2026-11-21 03:57:06`."""
    return when.replace("T", " ")[:19]


def _row(unit: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    behind = found.get("behind-bytes")
    return (
        unit,
        found["role"] or "-",
        found["state"] + (", restart pending" if found.get("pending-restart") else ""),
        str(found.get("timeline") or "-"),
        "-" if behind is None else size(behind),
        found.get("running-since") or "-",
        found["etcd"] or "-",
    )
