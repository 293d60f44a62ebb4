"""`juju status` in all its forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju

TABULAR = """\
Model    Controller  Cloud/Region     Version  Timestamp
default  jujubox     jujubox/default  4.0.15   10:11:12Z

App         Version  Status   Scale  Charm       Channel  Rev  Exposed  Message
ledger               error        1  ledger                 0  no       hook failed: "db-relation-changed" for postgresql:db
postgresql  15.12    waiting      3  postgresql             0  yes      cloning

Unit           Workload  Agent      Machine  Public address  Ports          Message
ledger/0       error     idle       3        10.7.0.5                       hook failed: "db-relation-changed" for postgresql:db
postgresql/0*  active    idle       0        10.7.0.2        5432/tcp       primary
postgresql/1   active    idle       1        10.7.0.3        5432/tcp icmp  standby, 0 B behind
postgresql/10  waiting   executing  2        10.7.0.4                       (config-changed) cloning

Machine  State    Address   Inst id      Base       AZ  Message
0        started  10.7.0.2  juju-0c4f-0  debian@12      Running
1        started  10.7.0.3  juju-0c4f-1  debian@12      Running
2        started  10.7.0.4  juju-0c4f-2  debian@12      Running
3        started  10.7.0.5  juju-0c4f-3  debian@12      Running
"""  # noqa: E501

RELATIONS = """
Integration provider  Requirer            Interface  Type     Message
postgresql:cluster    postgresql:cluster  pgpeer     peer     joining
postgresql:db         ledger:db           pgsql      regular
"""

STORAGE = """
Storage Unit  Storage ID  Type        Pool    Mountpoint   Size     Status    Message
postgresql/0  pgdata/0    filesystem  rootfs  /srv/pgdata  1.5 GiB  attached
"""


@pytest.fixture(autouse=True)
def answer(juju: Juju) -> None:
    juju.answers(status=samples.status())


def stripped(text: str) -> str:
    """Juju's tables end in blanks; they do not show in a golden text."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_tables_look_as_juju_draws_them(juju: Juju) -> None:
    ran = juju("status")
    assert stripped(ran.out) == TABULAR
    assert (ran.code, ran.err) == (0, "")


def test_relations_and_storage_come_when_asked_for(juju: Juju) -> None:
    assert stripped(juju("status", "--relations").out) == TABULAR + RELATIONS
    assert stripped(juju("status", "--integrations").out) == TABULAR + RELATIONS
    assert stripped(juju("status", "--storage").out) == TABULAR + STORAGE


def test_an_empty_cell_at_the_end_leaves_the_blanks_that_go_leaves(juju: Juju) -> None:
    lines = juju("status", "--relations").out.splitlines()
    assert lines[-1].endswith("regular  ")


def test_json_keeps_the_order_of_juju_and_has_no_keys_of_our_own(juju: Juju) -> None:
    ran = juju("status", "--format", "json")
    found = json.loads(ran.out)
    assert list(found) == ["model", "machines", "applications", "storage", "controller"]
    assert ran.out.count("\n") == 1
    assert found["applications"]["postgresql"]["units"]["postgresql/0"]["leader"] is True


def test_times_are_local_or_utc(juju: Juju, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()

    def times(*argv: str) -> tuple[str, str]:
        found = json.loads(juju("status", "--format=json", *argv).out)
        return found["model"]["model-status"]["since"], found["controller"]["timestamp"]

    assert times() == ("21 Aug 2026 12:11:12+02:00", "12:11:12+02:00")
    assert times("--utc") == ("2026-08-21 10:11:12Z", "10:11:12")
    juju.environment["JUJU_STATUS_ISO_TIME"] = "true"
    assert times() == ("2026-08-21 10:11:12Z", "10:11:12")


def test_yaml_quotes_numbers_in_keys(juju: Juju) -> None:
    out = juju("status", "--format", "yaml").out
    assert out.startswith("model:\n  name: default\n  type: iaas\n")
    assert '\nmachines:\n  "0":\n    juju-status:\n      current: started\n' in out


@pytest.mark.parametrize("format", ["short", "oneline", "line"])
def test_one_line_a_unit(juju: Juju, format: str) -> None:
    assert juju("status", "--format", format).out == (
        "- ledger/0: 10.7.0.5 (agent:idle, workload:error)\n"
        "- postgresql/0: 10.7.0.2 (agent:idle, workload:active) 5432/tcp\n"
        "- postgresql/1: 10.7.0.3 (agent:idle, workload:active) 5432/tcp icmp\n"
        "- postgresql/10: 10.7.0.4 (agent:executing, workload:waiting)\n"
    )


def test_a_summary_counts(juju: Juju) -> None:
    lines = [" ".join(line.split()) for line in juju("status", "--format", "summary").out.splitlines()]
    assert lines[:2] == ["Running on subnets: 10.0.0.0/8", "Utilizing ports: 5432/tcp icmp"]
    assert "# Machines: (4)" in lines
    assert "active: 2" in lines
    assert "postgresql 1/1 exposed" in lines


def test_an_empty_model_is_told_of_and_is_no_failure(juju: Juju) -> None:
    juju.answers(status=samples.empty_status())
    ran = juju("status")
    assert (ran.code, ran.err) == (0, 'Model "default" is empty.\n')
    assert json.loads(juju("status", "--format=json").out)["applications"] == {}


def test_selectors_without_a_hit_are_told_of(juju: Juju) -> None:
    juju.answers(status=samples.empty_status(matched=False))
    assert juju("status", "nothing").err == "Nothing matched specified filter.\n"
    assert juju("status", "a", "b").err == "Nothing matched specified filters.\n"
    assert juju.last == ("status", {"model": "default", "selectors": ["a", "b"]})


def test_colours_only_when_wanted(juju: Juju) -> None:
    assert "\x1b" not in juju("status").out
    assert "\x1b[32mactive\x1b[0m" in juju("status", "--color").out
    ran = juju("status", "--color", "--no-color")
    assert (ran.code, ran.err) == (2, "ERROR cannot mix --no-color and --color\n")


def test_watch_belongs_to_3_6(juju: Juju) -> None:
    juju.answers(models=[{"short-name": "default", "personality": "4.0"}])
    ran = juju("status", "--watch", "1s")
    assert (ran.code, ran.err) == (2, "ERROR option provided but not defined: --watch\n")


def test_the_scale_shows_agents_that_are_not_up(juju: Juju) -> None:
    sample: dict[str, Any] = samples.status()
    sample["applications"]["postgresql"]["units"]["postgresql/1"]["juju-status"]["current"] = "lost"
    juju.answers(status=sample)
    assert "  2/3  postgresql" in juju("status").out
