"""A standby whose data cannot be used any more: seen, waited for, replaced by a new copy as the operator chose.

Knows: when data is beyond what Patroni and pg_rewind can do, and when it must not be touched: never a primary's, never
while a copy or a rewind is under way, never without another unit that serves as the primary, never another cluster's,
never twice without success in between, and never for what a new copy would not cure. Must not know: how it is replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import NoteTrouble, RemoveData, SetAside, StopService
from pgcharm.plan.types import Block, Step, Wait
from pgcharm.states import CLONING, STREAMING

PATIENCE = 25.0
"""Seconds that PostgreSQL has to come back by itself where it says what is wrong: Patroni tries every few seconds."""
SILENT_PATIENCE = 300.0
"""The same where nothing has been said: Patroni may wait for the new primary's first checkpoint before it rewinds."""
AT_WORK = 15.0
"""A program that has run for so many seconds gets somewhere; a shorter time may be one more vain attempt."""
MARGIN = 256 << 20
"""Bytes that stay free when old data is kept beside a new copy."""

COMEBACK = "PostgreSQL to come back"
"""What is waited for while it is in trouble."""
_HOPELESS = re.compile(
    "has already been removed|has been invalidated|is behind recovery timeline|not in this server's history"
    "|not a child of this server's history|forked off current database system|does not contain minimum recovery point"
    "|system identifier differs|unexpected timeline ID"
)
"""With these a standby that runs will never follow."""
_NOT_THE_DATA = re.compile(
    "No space left|could not bind|Address already in use|Cannot allocate|Too many open files|shared memory"
    "|configuration file|certificate|private key|pg_hba|pg_ident|could not load library|lock file"
    "|could not create any|could not resolve|unrecognized configuration|invalid value for parameter|Permission denied"
    '|requires|password|role "',
    re.IGNORECASE,
)
"""These a new copy would not cure."""


@dataclass(frozen=True)
class Ailment:
    """What keeps the data from being used."""

    what: str
    curable: bool = True
    """Whether a new copy would cure it."""
    patience: float = PATIENCE
    """Seconds that it may pass in by itself."""


def rejoin(s: Situation) -> Part:
    """What to do about data that cannot be used; nothing where it can."""
    if foreign := another_clusters(s):
        return Part(blocks=(Block(foreign, "attach the right storage, or move the directory away"),), final=True)
    if nothing_to_copy(s):
        return Part(waits=(Wait(COMEBACK, "its data directory is empty, and no unit serves that has the data"),))
    noted = s.o.machine.memories.trouble
    ailment = ailment_of(s) if may_judge(s) else None
    if ailment is None:
        recovered = noted and (is_well(s) or not noted.get("replaced"))
        return Part((NoteTrouble("it has passed", {}),) if recovered else ())
    if not ailment.curable:
        return Part(waits=(Wait(COMEBACK, ailment.what),))
    waited = s.o.machine.uptime - float(noted.get("since", "inf"))
    if waited < 0:
        note = NoteTrouble(ailment.what, {**noted, "what": ailment.what, "since": str(s.o.machine.uptime)})
        return Part((note,), (Wait(COMEBACK, ailment.what),))
    if waited < ailment.patience or s.o.data.programs.keys() - {"postgres"}:
        return Part(waits=(Wait(COMEBACK, ailment.what),))
    return replace_data(s, ailment, bool(noted.get("replaced")))


def another_clusters(s: Situation) -> str:
    """What is wrong where the data is another cluster's; empty where it is not. Patroni does not start on such data."""
    seen, expected = s.o.data.system, s.etcd.system if s.etcd else ""
    if s.patroni is not None or not seen or not expected or seen == expected:
        return ""
    return f"{s.layout.data} is another cluster's: system identifier {seen}, expected {expected}"


def nothing_to_copy(s: Situation) -> bool:
    """Whether this unit has lost its data and nobody is there to copy: a cluster is never made anew over a lost one."""
    lost = s.etcd is not None and s.etcd.initialized and not s.etcd.primary and not s.o.data.present
    return lost and s.patroni is not None and s.postgres is None and s.patroni.state != CLONING


def may_judge(s: Situation) -> bool:
    """Whether another unit serves as the primary and nothing is being done about this one's data."""
    if s.patroni is None or s.etcd is None or s.primary is None or s.patroni.paused:
        return False
    elsewhere = s.primary.name == s.etcd.primary != s.name
    busy = s.patroni.state == CLONING or s.o.clone is not None
    return elsewhere and s.o.data.present and not busy and not s.is_primary and s.patroni.role != "primary"


def is_well(s: Situation) -> bool:
    """Whether this unit is the primary or follows it."""
    own = next((m for m in s.patroni.members if m.name == s.name), None) if s.patroni else None
    return s.is_primary or (s.postgres is not None and own is not None and own.state in STREAMING)


def ailment_of(s: Situation) -> Ailment | None:
    """What keeps PostgreSQL from starting or from following; None where nothing does or something is still at work."""
    assert s.patroni is not None
    complaint = s.o.data.complaint
    curable = not _NOT_THE_DATA.search(complaint)
    if s.postgres is not None or any(seconds >= AT_WORK for seconds in s.o.data.programs.values()):
        hopeless = not is_well(s) and _HOPELESS.search(complaint)
        return Ailment(f"it cannot follow {s.primary_unit}: {complaint}") if hopeless else None
    if not s.o.data.system:
        return Ailment("its data has no control file", curable)
    if not complaint:
        return Ailment(f"PostgreSQL is {s.patroni.state}", patience=SILENT_PATIENCE)
    return Ailment(complaint, curable)


def replace_data(s: Situation, ailment: Ailment, again: bool) -> Part:
    """As the operator chose. What was cloned and is broken again is left for a human to look at."""
    if again:
        return Part(blocks=(Block(f"a new copy cannot be used either: {ailment.what}", _BY_HAND),))
    if s.options.diverged_standby == "block":
        return Part(blocks=(Block(f"the data cannot be used: {ailment.what}", _BY_HAND),))
    steps: list[Step] = [StopService(ailment.what, s.layout.patroni_service)]
    if s.options.diverged_standby == "set-aside" and s.o.data.room >= s.o.data.size + MARGIN:
        steps.append(SetAside(f"{s.primary_unit} is cloned in its place", s.layout.data))
    else:
        steps.append(RemoveData(why_removed(s), s.layout.data))
    steps.append(NoteTrouble("a copy takes its place", {**s.o.machine.memories.trouble, "replaced": "yes"}))
    return Part(tuple(steps))


def why_removed(s: Situation) -> str:
    if s.options.diverged_standby == "reclone":
        return f"{s.primary_unit} is cloned in its place"
    return f"{s.primary_unit} is cloned in its place, and the disk has no room for both"


_BY_HAND = "run the action reinitialize on this unit"
