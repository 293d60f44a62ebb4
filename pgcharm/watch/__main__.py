"""The service's loop: `python -m pgcharm.watch /etc/postgresql-charm/watch.json`.

Knows: how often to look, and that waking must never become a storm: one wake at a time, never two within a few
seconds, and ever more seldom while waking fails. Must not know: what a change means.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgcharm.adapters.silence import is_silent
from pgcharm.adapters.wake import due, wake
from pgcharm.adapters.web import Credentials, WebError, ask
from pgcharm.layout import member_name
from pgcharm.states import CLONING
from pgcharm.watch.exile import Exile
from pgcharm.watch.fence import Fence
from pgcharm.watch.follow import Follower
from pgcharm.watch.glance import Glance, difference, glance
from pgcharm.watch.repository import RepositoryWatch
from pgcharm.watch.voters import VoterWatch

LOOK_SECONDS = 2.0
BETWEEN_WAKES = 3.0
"""At least this long between two wakes."""
SILENT_SECONDS = 15.0
"""How often the charm looks while etcd has no quorum. A hook may have met one in the moment between two times without:
it then waits for nothing, and to this service all looks as it did before."""
PROGRESS_SECONDS = 10.0
"""How often the status of a clone is brought up to date."""
FAILURE_SECONDS = 5.0, 60.0
"""The pause after a wake that failed: first and longest."""


@dataclass(frozen=True)
class Watched:
    """What watch.json says."""

    unit: str
    charm_dir: str
    patroni: str
    etcd: str
    again: str
    credentials: Credentials
    fence: Fence
    exile: Exile
    repository: RepositoryWatch
    follower: Follower | None = None
    """Leads the pooler to the primary, where there is a pooler."""

    @classmethod
    def read(cls, path: str) -> Watched:
        found: dict[str, Any] = json.loads(Path(path).read_text())
        credentials = Credentials(found["ca"], found["certificate"], found["key"])
        where = (found["charm_dir"], found["patroni"], found["etcd"], found["again"])
        guards = Fence.of(found, credentials), Exile.of(found, credentials)
        seen, follower = RepositoryWatch.of(found), Follower.of(found, credentials)
        return cls(found["unit"], *where, credentials, *guards, seen, follower)


def look(watched: Watched, voters: VoterWatch) -> Glance:
    """One glance at Patroni and etcd."""
    cluster = _ask(watched, f"{watched.patroni}/cluster")
    own = _own(watched, cluster) or _ask(watched, f"{watched.patroni}/patroni")
    health = _ask(watched, f"{watched.etcd}/health")
    etcd = "does not answer" if health is None else f"healthy: {str(health.get('health')).lower()}"
    return glance(own, cluster, etcd, voters.look(), watched.repository.words())


def _own(watched: Watched, cluster: dict[str, Any] | None) -> dict[str, Any] | None:
    """Our own entry in the cluster: one question less for each look."""
    members = (cluster or {}).get("members", ())
    return next((member for member in members if member.get("name") == member_name(watched.unit)), None)


def _ask(watched: Watched, url: str) -> dict[str, Any] | None:
    try:
        found = ask("GET", url, watched.credentials, timeout=2, accept=(503,))
    except (WebError, OSError):
        return None
    return found if isinstance(found, dict) else None


def reason(before: Glance, now: Glance, watched: Watched, since: float) -> str:
    """Why to wake now; empty where there is no reason. `since` is the number of seconds since the last wake."""
    if since < BETWEEN_WAKES:
        return ""
    if changed := difference(before, now):
        return changed
    if now.state == CLONING and since >= PROGRESS_SECONDS:
        return "the clone has come further"
    if due(watched.again):
        return "the charm asked to be woken"
    return "etcd has no quorum" if since >= SILENT_SECONDS and is_silent(watched.exile.silence) else ""


def written() -> float:
    """When this code was written; 0 while the charm is being replaced."""
    try:
        return Path(__file__).stat().st_mtime
    except FileNotFoundError:
        return 0


def main(path: str) -> None:
    """Look until the charm is refreshed; systemd then starts the new code."""
    watched, code = Watched.read(path), written()
    watched.fence.start()
    watched.exile.start()
    watched.repository.start()
    if watched.follower is not None:
        watched.follower.start()
    voters = VoterWatch(watched.etcd, watched.credentials)
    before: Glance | None = None
    last, pause = 0.0, FAILURE_SECONDS[0]
    while written() == code:
        now = look(watched, voters)
        before = before or now
        if why := reason(before, now, watched, time.monotonic() - last):
            woken = wake(watched.unit, why)
            last = time.monotonic()
            if woken:
                before, pause = now, FAILURE_SECONDS[0]
            else:
                time.sleep(pause)
                pause = min(pause * 2, FAILURE_SECONDS[1])
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
