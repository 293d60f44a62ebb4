"""What a unit and the application say of themselves.

Knows: how a situation reads. Must not know: how a status is set.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgcharm.cluster import unit_number
from pgcharm.layout import unit_name
from pgcharm.observation import CLONING, Member
from pgcharm.plan.clients import decision
from pgcharm.plan.situation import SERVING, Situation
from pgcharm.plan.types import Block, Status, Wait

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def unit_status(s: Situation, waits: Sequence[Wait], blocks: Sequence[Block]) -> Status:
    """The unit's status: what it is, or what it waits for and why."""
    if s.o.juju.stopping:
        return Status("maintenance", "leaving the cluster")
    if s.mistakes:
        return Status("blocked", "; ".join(str(mistake) for mistake in s.mistakes))
    if blocks:
        return Status("blocked", "; ".join(block.what for block in blocks))
    if s.o.clone is not None:
        return Status("waiting", cloning(s))
    if s.postgres is not None and s.postgres.mistakes:
        return Status("blocked", f"PostgreSQL refuses {s.postgres.mistakes[0]}")
    if s.postgres is not None and s.patroni is not None:
        return serving(s, waits)
    if s.patroni is not None and s.patroni.state:
        return Status("waiting", f"PostgreSQL is {s.patroni.state}{primary_note(s)}")
    return Status("waiting", waiting(waits)) if waits else Status("maintenance", "setting up")


def serving(s: Situation, waits: Sequence[Wait]) -> Status:
    """The status of a unit whose PostgreSQL answers."""
    assert s.postgres is not None
    own = own_entry(s)
    if s.postgres.in_recovery:
        if s.primary is None:
            return Status("waiting", "standby, no primary: waiting for one to be chosen")
        if own is None or own.state not in ("streaming", "in archive recovery"):
            return Status("waiting", f"standby, not streaming: waiting for {unit_name(s.primary.name)}")
        text = f"standby, {size(own.lag)} behind" if own.lag is not None else "standby, lag not known"
    else:
        text = "primary" if s.primary is not None else "primary, not confirmed by etcd yet"
    refusals = [str(refusal) for refusal in decision(s).refusals]
    restart = [f"waiting for {wait.what}: {wait.reason}" for wait in waits if "restart" in wait.what]
    return Status("active", "; ".join([text, *restart, *refusals]))


def cloning(s: Situation) -> str:
    """How far a clone has come."""
    assert s.o.clone is not None
    source = f" from {s.primary_unit}" if s.primary_unit else ""
    received, total = s.o.clone.received, s.o.clone.total
    if total:
        return f"cloning{source}, {min(100, received * 100 // total)} % of {size(total)}"
    return f"cloning{source}, {size(received)} so far"


def waiting(waits: Sequence[Wait]) -> str:
    """The first thing that is waited for, and why."""
    wait = waits[0]
    return f"waiting for {wait.what}" + (f": {wait.reason}" if wait.reason else "")


def primary_note(s: Situation) -> str:
    return f", the primary is {s.primary_unit}" if s.primary_unit else ""


def own_entry(s: Situation) -> Member | None:
    members = s.patroni.members if s.patroni else ()
    return next((member for member in members if member.name == s.name), None)


def application_status(s: Situation) -> Status | None:
    """The application's status, told by the leader; None while nothing is known that the units do not say."""
    if not s.o.juju.leader or s.o.juju.stopping or s.patroni is None:
        return None
    if s.mistakes:
        return Status("blocked", "; ".join(str(mistake) for mistake in s.mistakes))
    if s.primary is None:
        return Status("waiting", "no primary: waiting for one to be chosen")
    others = [member for member in s.patroni.members if member.name != s.primary.name]
    standbys = [member for member in others if unit_name(member.name) in s.staying]
    streaming = [member for member in standbys if member.state in SERVING]
    cloning_now = sorted((unit_name(m.name) for m in standbys if m.state == CLONING), key=unit_number)
    text = f"primary {s.primary_unit}"
    if standbys:
        text += f", {len(streaming)} of {len(standbys)} standbys streaming"
    if cloning_now:
        text += f", cloning {', '.join(cloning_now)}"
    return Status("active", text)


def size(number: int) -> str:
    """Bytes for people: `0 B`, `1.5 MiB`."""
    value, unit = float(number), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{number} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
