"""When this unit's poolers are started, told to read their files, and stopped.

Knows: that nobody may be hurt by turning them on or off. Must not know: what is in their files, or how they are told.
"""

from __future__ import annotations

from pgcharm.packages import POOLER as PACKAGE
from pgcharm.plan.clients import pooled
from pgcharm.plan.files import write_if_needed
from pgcharm.plan.pooler import POOLER, inputs, pooler_files, pools, reads, runs, wants
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import ForgetPoolerTrouble, InstallPooler, ReloadPooler, RemovePath, StartPooler, StopService
from pgcharm.plan.types import Step, Wait
from pgcharm.view import known

FAREWELL = "clients to leave the poolers"
AGAIN = 300.0
"""Seconds after which an installation that failed is tried again."""


def poolers(s: Situation) -> Part:
    """Install, start, reload or stop the poolers."""
    if wants(s) and not pools(s):
        return installing(s)
    if not pools(s):
        return ending(s)
    reason = "clients may come through it"
    steps: list[Step] = [StartPooler(reason, name, inputs(s)) for name in s.layout.pooler_services if stale(s, name)]
    requests = pooled(s)
    written = any(file.reader and write_if_needed(s, file) for file in pooler_files(s, requests))
    if steps or written or s.o.machine.memories.loaded.get(POOLER) != reads(s, requests):
        port = s.options.pooler_port
        ports = dict(zip(s.layout.pooler_services, (port, port + 1), strict=True))
        steps.append(ReloadPooler("their files have changed", ports, reads(s, requests)))
    return Part(tuple(steps))


def installing(s: Situation) -> Part:
    """PgBouncer comes last and by itself: where it cannot be had, PostgreSQL is served without it."""
    noted = s.o.machine.memories.pooler
    if noted.get("failed") and 0 <= s.o.machine.uptime - float(noted.get("at", "0")) < AGAIN:
        return Part(waits=(Wait("PgBouncer", noted["failed"], AGAIN),))
    return Part((InstallPooler("the option pooler is on", (PACKAGE,)),))


def stale(s: Situation, name: str) -> bool:
    """Whether a pooler does not run, or from older files than it has."""
    return not s.o.machine.services[name].active or s.o.machine.memories.started_with.get(name) != inputs(s)


def ending(s: Situation) -> Part:
    """The poolers are not wanted: they go when clients have been told, and nobody is connected."""
    if runs(s):
        seen = known(s.o.pooler) if s.o.pooler else None
        if told(s):
            return Part(waits=(Wait(FAREWELL, "they have just been told"),))
        if seen is not None and seen.clients:
            return Part(waits=(Wait(FAREWELL, f"{seen.clients} are connected"),))
        reason = "the option pooler is off, and nobody is connected"
        return Part(tuple(StopService(reason, name) for name in s.layout.pooler_services))
    there = (path for path in s.layout.pooler_files if path in s.o.machine.files)
    steps: list[Step] = [RemovePath("there are no poolers any more", path) for path in there]
    if not wants(s) and s.o.machine.memories.pooler.get("failed"):
        steps.append(ForgetPoolerTrouble("the option pooler is off: turned on again it is tried at once"))
    return Part(tuple(steps))


def told(s: Situation) -> bool:
    """Whether a client still finds in a relation that it should come through the poolers."""
    leads = s.o.juju.leader
    return any(each.published.get("pooler") or (leads and each.answered.get("pooler")) for each in s.o.juju.clients)
