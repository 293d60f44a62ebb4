"""The answer of action cluster-status."""

from __future__ import annotations

import json
from dataclasses import replace

from pgcharm.actions.cluster_status import cluster_status
from pgcharm.observation import Observation, Remnant
from pgcharm.observe.sights import Server, Sight
from pgcharm.plan.situation import situation
from pgcharm.view import Unknown, View
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living

BEGAN = "2026-11-21 03:57:06.893363+00:00"
PRIMARY = Server("running", "primary", 4, 2048, BEGAN)
STANDBY = Server("streaming", "quorum standby", 4, 1024, BEGAN, pending_restart=True)


def told(o: Observation, *servers: Server | str) -> dict[str, str]:
    sights = [
        Sight(f"postgresql/{n}", Unknown(server) if isinstance(server, str) else View(server), server != "timed out")
        for n, server in enumerate(servers)
    ]
    return cluster_status(situation(o), sights, "2026-11-20T01:02:03.000004+00:00")


def test_the_table_has_a_line_for_each_unit() -> None:
    results = told(living(), PRIMARY, STANDBY, "cannot reach https://10.0.0.12:8008/patroni: timed out")
    assert results["table"] == TABLE
    assert results["summary"] == (
        "primary postgresql/0 since 2026-11-20 01:02:03; etcd has quorum: 3 of 3 voters answer"
    )
    assert "ttl: 20" in results["settings"]


TABLE = """\
unit          role            state                       timeline  behind   running since        etcd
postgresql/0  primary         running                     4         -        2026-11-21 03:57:06  voter
postgresql/1  quorum standby  streaming, restart pending  4         1.0 KiB  2026-11-21 03:57:06  voter, leads
postgresql/2  -               silent                      -         -        -                    voter"""


def test_the_json_says_the_same_and_why_a_unit_is_silent() -> None:
    found = json.loads(told(living(), PRIMARY, STANDBY, "timed out")["json"])
    assert found["primary"] == ["postgresql/0"]
    assert found["units"]["postgresql/1"]["behind-bytes"] == 1024
    assert found["units"]["postgresql/2"]["why"] == "timed out"


def test_without_a_quorum_etcds_members_are_those_that_our_own_remembers() -> None:
    members = made.etcd(0, 1, 2).members
    o = replace(living(), etcd=Unknown("no quorum"), remnant=View(Remnant(members)))
    results = told(o, replace(PRIMARY, role="standby"), "timed out", STANDBY)
    assert results["summary"] == "no primary; etcd has no quorum: 2 of 3 voters answer"
    assert "voter, silent" in results["table"]


def test_two_that_say_they_are_the_primary_are_both_named() -> None:
    said = told(living(), PRIMARY, PRIMARY)["summary"]
    assert said.startswith("postgresql/0 and postgresql/1 both say that they are the primary; ")
