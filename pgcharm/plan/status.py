"""What a unit and the application say of themselves.

Knows: how a situation reads. Must not know: how a status is set.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgcharm.layout import unit_name
from pgcharm.observation import Member
from pgcharm.plan.backup_status import backup_words
from pgcharm.plan.backup_status import trouble as backup_trouble
from pgcharm.plan.clients import decision
from pgcharm.plan.members import wanted_voters
from pgcharm.plan.pooler import pools, wants
from pgcharm.plan.pooling import FAREWELL
from pgcharm.plan.quorum import only_by_hand, quorum_words
from pgcharm.plan.rejoin import COMEBACK
from pgcharm.plan.restore import RESTORE, restore_status
from pgcharm.plan.rolling import TURN
from pgcharm.plan.situation import Situation
from pgcharm.plan.types import Block, Status, Wait
from pgcharm.plan.upgrade import pending
from pgcharm.states import CLONING, STREAMING
from pgcharm.view import Unknown

_MOST_REFUSALS = 3
"""Clients that are not served and that a status names."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def unit_status(s: Situation, waits: Sequence[Wait], blocks: Sequence[Block]) -> Status:
    """The unit's status: what it is, or what it waits for and why."""
    if s.o.juju.stopping:
        return Status("maintenance", "leaving the cluster")
    if s.mistakes:
        return Status("blocked", "; ".join(str(mistake) for mistake in s.mistakes))
    if blocks:
        return Status("blocked", "; ".join(block.what + (f" ({block.hint})" if block.hint else "") for block in blocks))
    if s.etcd is None and s.o.machine.etcd_has_data and waits:
        return Status("waiting", "; ".join(filter(None, (quorum_words(s), waiting(waits)))))
    if s.o.clone is not None:
        return Status("waiting", cloning(s))
    if s.postgres is not None and s.postgres.mistakes:
        return Status("blocked", f"PostgreSQL refuses {s.postgres.mistakes[0]}")
    if s.postgres is not None and s.patroni is not None:
        return serving(s, waits)
    if s.patroni is not None and s.patroni.state:
        return Status("waiting", f"PostgreSQL is {s.patroni.state}{trouble(waits)}{primary_note(s)}")
    return Status("waiting", waiting(waits)) if waits else Status("maintenance", "setting up")


def serving(s: Situation, waits: Sequence[Wait]) -> Status:
    """The status of a unit whose PostgreSQL answers. It is active only where nothing is amiss."""
    assert s.postgres is not None
    text, well = standing(s)
    amiss = [text for text in (own_etcd(s), own_poolers(s)) if text]
    restart = [f"waiting for {wait.what}: {wait.reason}" for wait in waits if wait.what.startswith((TURN, RESTORE))]
    backups = backup_trouble(s)
    level = worst("active" if well and not amiss else "waiting", backups.level if backups else "active")
    words = [text, *amiss, *restart, *leaving_poolers(waits), *upgraded(s), *([backups.text] if backups else [])]
    return Status(level, "; ".join([*words, *refused(s)]))


def leaving_poolers(waits: Sequence[Wait]) -> tuple[str, ...]:
    """Why poolers still run that were turned off."""
    return tuple(f"waiting for {wait.what}: {wait.reason}" for wait in waits if wait.what == FAREWELL)


def worst(*levels: str) -> str:
    """The one of several levels that most asks to be looked at."""
    return max(levels, key=("active", "waiting", "blocked").index)


def refused(s: Situation) -> tuple[str, ...]:
    """The clients that are not served, and why; the log has all of them."""
    refusals = [str(refusal) for refusal in decision(s).refusals]
    more = len(refusals) - _MOST_REFUSALS
    return (*refusals[:_MOST_REFUSALS], *([f"and {more} more, see juju debug-log"] if more > 0 else []))


def trouble(waits: Sequence[Wait]) -> str:
    """What keeps PostgreSQL from coming back, where that is known."""
    said = next((wait.reason for wait in waits if wait.what == COMEBACK), "")
    return f": {said}" if said and not said.startswith("PostgreSQL is") else ""


def upgraded(s: Situation) -> tuple[str, ...]:
    """What is installed and does not run yet."""
    if "postgres" not in s.o.machine.outdated or s.postgres is None:
        return ()
    installed = s.o.machine.packages.get(f"postgresql-{s.layout.version}", "a newer build")
    return (f"PostgreSQL {installed} is installed, {s.postgres.version} runs until it is restarted",)


def standing(s: Situation) -> tuple[str, bool]:
    """What this unit's running PostgreSQL is, and whether it is as it should be."""
    assert s.postgres is not None
    own = own_entry(s)
    if not s.postgres.in_recovery:
        return ("primary", True) if s.primary is not None else ("primary, not confirmed by etcd yet", True)
    if s.primary is None:
        return "standby, no primary: waiting for one to be chosen", False
    if own is None or own.state not in STREAMING:
        return f"standby, not streaming: waiting for {s.primary_unit}", False
    return f"standby, {size(own.lag)} behind" if own.lag is not None else "standby, lag not known", True


def own_etcd(s: Situation) -> str:
    """What is amiss with this unit's own member of etcd, while others answer."""
    if s.etcd is None or not s.o.machine.etcd_has_data or s.etcd.local:
        return ""
    return "its etcd does not answer"


def own_poolers(s: Situation) -> str:
    """What is amiss with this unit's poolers."""
    if wants(s) and not pools(s):
        why = s.o.machine.memories.pooler.get("failed")
        return f"no pooler, PgBouncer cannot be installed: {why}" if why else ""
    if not pools(s):
        return ""
    down = [name for name in s.layout.pooler_services if not s.o.machine.services[name].active]
    return (
        "its pooler does not run" if down else "its pooler does not answer" if isinstance(s.o.pooler, Unknown) else ""
    )


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
    """The application's status, told by the leader; None while nothing is known that the units do not say.

    It is active only while every unit does its part; else it says who does not, and serves on.
    """
    restore, gravity_of_restore = restore_status(s)
    if s.o.juju.leader and not s.o.juju.stopping and restore and gravity_of_restore != "active":
        return Status(gravity_of_restore, restore)
    if not s.o.juju.leader or s.o.juju.stopping or not (s.patroni or (s.etcd and s.etcd.initialized)):
        return None
    if s.mistakes:
        return Status("blocked", "; ".join(str(mistake) for mistake in s.mistakes))
    if lost := quorum_words(s):
        return Status("blocked" if only_by_hand(s) else "waiting", lost)
    parts = [part for part in (primary_words(s), standby_words(s), voter_words(s), upgrade_words(s)) if part[0]]
    level = "active" if all(well for _, well in parts) else "waiting"
    amiss, gravity = backup_words(s)
    text = ", ".join(text for text, _ in parts)
    return Status(worst(level, gravity), "; ".join(filter(None, (text, amiss, restore))))


def primary_words(s: Situation) -> tuple[str, bool]:
    """Who is the primary, and whether somebody is."""
    if s.primary is not None:
        return f"primary {s.primary_unit}", True
    if s.patroni is None and s.etcd is not None and s.etcd.primary:
        return f"primary {unit_name(s.etcd.primary)}, Patroni of {s.o.juju.unit} does not answer", False
    return "no primary: waiting for one to be chosen", False


def standby_words(s: Situation) -> tuple[str, bool]:
    """How many standbys stream, and what the others do; whether all stream. Counted are the units, not the members."""
    if s.patroni is None:
        return "", True
    members = {unit_name(member.name): member for member in s.patroni.members}
    standbys = [unit for unit in s.staying if unit != s.primary_unit] if s.primary else []
    if not standbys:
        return "", True
    lacking = {unit: lack for unit in standbys if (lack := lacks(members.get(unit)))}
    text = f"{len(standbys) - len(lacking)} of {len(standbys)} standbys streaming"
    return ", ".join([text, *(f"{unit} {lack}" for unit, lack in lacking.items())]), not lacking


def lacks(member: Member | None) -> str:
    """What keeps a standby from streaming; empty where it does."""
    if member is None:
        return "is not there"
    if member.state in STREAMING:
        return ""
    if member.state == CLONING:
        return "is cloning"
    return "is not streaming" if member.state == "running" else f"is {member.state or 'silent'}"


def voter_words(s: Situation) -> tuple[str, bool]:
    """Who ought to vote in etcd and does not; whether all do."""
    if s.etcd is None or not s.etcd.initialized:
        return "", True
    wanted = wanted_voters(s.o.juju, s.etcd)
    voting = {unit_name(m.name) for m in s.etcd.members if m.name and not m.learner and m.name not in s.etcd.down}
    missing = [unit for unit in wanted if unit not in voting]
    if not missing:
        return "", True
    return f"etcd has {len(wanted) - len(missing)} of {len(wanted)} voters, without {', '.join(missing)}", False


def upgrade_words(s: Situation) -> tuple[str, bool]:
    """How far an upgrade is that was asked for. Nothing is amiss because of it."""
    late = pending(s)
    return (f"upgrading: {len(s.staying) - len(late)} of {len(s.staying)} units done" if late else ""), True


def size(number: int) -> str:
    """Bytes for people: `0 B`, `1.5 MiB`."""
    value, unit = float(number), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{number} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
