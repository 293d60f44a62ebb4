"""What the watching service wakes the charm for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pgcharm.adapters.silence import over, silence
from pgcharm.watch.__main__ import Watched, reason
from pgcharm.watch.glance import Glance, difference, glance


def cluster(**lags: int) -> dict[str, object]:
    primary = {"name": "a-0", "role": "leader", "state": "running"}
    return {
        "members": [
            primary,
            *(
                {"name": name.replace("_", "-"), "role": "replica", "state": "streaming", "lag": lag}
                for name, lag in lags.items()
            ),
        ]
    }


OWN = {"state": "running", "role": "primary"}


def test_a_standby_that_is_a_little_behind_wakes_nobody() -> None:
    assert difference(glance(OWN, cluster(a_1=0), "healthy"), glance(OWN, cluster(a_1=900_000), "healthy")) == ""


def test_a_standby_that_falls_far_behind_does() -> None:
    assert difference(glance(OWN, cluster(a_1=0), ""), glance(OWN, cluster(a_1=1 << 30), "")) == (
        "a-1 is standby, serving, far behind"
    )


def test_a_member_that_goes_or_comes_wakes_the_charm() -> None:
    assert difference(glance(OWN, cluster(a_1=0), ""), glance(OWN, cluster(), "")) == "a-1 is gone"
    assert difference(glance(OWN, cluster(), ""), glance(OWN, cluster(a_1=0), "")) == "a-1 has come: standby, serving"


def test_patroni_that_stops_answering_wakes_the_charm() -> None:
    assert "PostgreSQL is does not answer, was running" in difference(glance(OWN, None, ""), glance(None, None, ""))


def test_a_voter_that_falls_silent_and_one_that_comes_back_wake_the_charm() -> None:
    well = (("a-0", "votes"), ("a-1", "votes"))
    silent = (("a-0", "votes"), ("a-1", "does not answer"))
    before, after = glance(OWN, cluster(), "healthy", well), glance(OWN, cluster(), "healthy", silent)
    assert difference(before, after) == "a-1 does not answer in etcd"
    assert difference(after, before) == "a-1 votes in etcd"


def test_a_standby_that_runs_and_does_not_stream_wakes_the_charm() -> None:
    before = glance(OWN, cluster(a_1=0), "")
    stopped = {"members": [{**m, "state": "running"} if m["name"] == "a-1" else m for m in cluster(a_1=0)["members"]]}  # type: ignore[attr-defined]
    assert difference(before, glance(OWN, stopped, "")) == "a-1 is standby, not streaming"


def test_a_pause_wakes_every_unit_once_and_its_end_again() -> None:
    running, paused = glance(None, cluster(), ""), glance(None, {**cluster(), "pause": True}, "")
    assert difference(running, paused) == "failover is paused"
    assert difference(paused, running) == "failover is resumed"
    assert not difference(paused, paused)
    assert "failover" not in difference(paused, glance(None, None, ""))


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A unit as watch.json describes one."""
    paths = {name: str(tmp_path / name) for name in ("again", "silence", "data", "dropped", "repository_seen")}
    services = {name: name for name in ("etcd_service", "patroni_service", "stanza", "pgbackrest", "binaries")}
    file = tmp_path / "watch.json"
    identity = {"unit": "a/0", "charm_dir": "/charm", "epoch": 0, "ttl": 20, "others": [], "pooler": None}
    addresses = {"patroni": "https://127.0.0.1:8008", "etcd": "https://127.0.0.1:2379"}
    file.write_text(json.dumps({**identity, **addresses, **paths, **services, "ca": "", "certificate": "", "key": ""}))
    return Watched.read(str(file))


def test_a_quorum_that_only_a_hook_has_met_does_not_end_the_looking_for_one(watched: Watched) -> None:
    """A hook in the moment between two outages sees nothing amiss; the service sees what it saw before."""
    without = Glance("running", "primary", etcd="healthy: false")
    silence(watched.exile.silence, "7")
    assert reason(without, without, watched, since=14) == ""
    assert reason(without, without, watched, since=15) == "etcd has no quorum"
    over(watched.exile.silence)
    assert reason(without, without, watched, since=3600) == ""
