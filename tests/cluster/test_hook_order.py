"""The order and environment of hooks, as a recording charm wrote them down, against Juju's rules.

The recordings lie on machine 0, which the `keeper` application holds, so that they outlive the units placed there.
A hook is spelled as in `driving.tape`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import jubilant
import pytest
from driving.tape import Tape
from driving.waiting import await_gone, await_workload, quiet, until

MODEL_CONFIG = {"automatically-retry-hooks": False, "update-status-hook-interval": "1m"}


@pytest.fixture(scope="module")
def tape(juju: jubilant.Juju, recorder: Path) -> Tape:
    """Machine 0 with its keeper."""
    juju.deploy(recorder, "keeper")
    quiet(juju, "keeper")
    return Tape(juju, "0")


@pytest.fixture(scope="module")
def solo(juju: jubilant.Juju, recorder: Path, tape: Tape) -> str:
    """A unit on its own."""
    juju.deploy(recorder, "solo", to="0")
    quiet(juju, "solo")
    return "solo/0"


@pytest.fixture(scope="module")
def pair(juju: jubilant.Juju, recorder: Path, tape: Tape) -> str:
    """Two units of `left`, one of `right`, related before any of them has started."""
    juju.deploy(recorder, "left", num_units=2, to=["0", "0"])
    juju.deploy(recorder, "right", to="0")
    juju.integrate("left:source", "right:sink")
    quiet(juju, "left", "right")
    joined = {"sink-relation-changed left/0", "sink-relation-changed left/1"}
    tape.until_ran("right/0", *joined)
    for number in (0, 1):
        tape.until_ran(f"left/{number}", "source-relation-changed right/0", f"ring-relation-changed left/{1 - number}")
    return "left right"


def leader_and_other(juju: jubilant.Juju, application: str) -> tuple[str, str]:
    """The leader, and a unit that is not."""
    units = juju.status().apps[application].units
    leader = next(name for name, unit in units.items() if unit.leader)
    return leader, next(name for name in units if name != leader)


def write(juju: jubilant.Juju, unit: str, endpoint: str, *words: str) -> None:
    """relation-set in the one relation of an endpoint."""
    juju.exec(f"relation-set -r $(relation-ids {endpoint}) {' '.join(words)}", unit=unit)


def in_relation(hooks: Iterable[str], endpoint: str) -> list[str]:
    """The hooks of one endpoint, with the endpoint left out."""
    prefix = f"{endpoint}-relation-"
    return [hook.removeprefix(prefix) for hook in hooks if hook.startswith(prefix)]


# deploy


def test_a_first_unit_runs_storage_install_created_leader_config_start(tape: Tape, solo: str) -> None:
    assert tape.spelled(solo) == [
        "data-storage-attached",
        "install",
        "ring-relation-created solo",
        "leader-elected",
        "config-changed",
        "start",
    ]


def test_a_hook_gets_exactly_jujus_environment(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    install = next(hook for hook in tape.hooks(solo) if hook.name == "install")
    proxies = {f"JUJU_CHARM_{name}" for name in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")}
    tracing = {f"JUJU_CHARM_TRACE_CONFIG_{name}" for name in ("HTTP", "GRPC", "CA_CERT")}
    plain = {
        "APT_LISTCHANGES_FRONTEND": "none",
        "CHARM_DIR": "/var/lib/juju/agents/unit-solo-0/charm",
        "DEBIAN_FRONTEND": "noninteractive",
        "JUJU_AGENT_SOCKET_NETWORK": "unix",
        "JUJU_CHARM_DIR": "/var/lib/juju/agents/unit-solo-0/charm",
        "JUJU_DISPATCH_PATH": "hooks/install",
        "JUJU_HOOK_NAME": "install",
        "JUJU_MACHINE_ID": "0",
        "JUJU_MODEL_NAME": juju.model,
        "JUJU_MODEL_UUID": juju.show_model().model_uuid,
        "JUJU_PRINCIPAL_UNIT": "",
        "JUJU_UNIT_NAME": "solo/0",
        "LANG": "C.UTF-8",
        "TERM": "tmux-256color",
    }
    assert {name: install.env.get(name) for name in plain} == plain
    others = {"CLOUD_API_VERSION", "JUJU_AGENT_SOCKET_ADDRESS", "JUJU_API_ADDRESSES", "JUJU_AVAILABILITY_ZONE"}
    others |= {"JUJU_CONTEXT_ID", "JUJU_VERSION", "PATH"}
    assert set(install.env) == set(plain) | others | proxies | tracing
    assert re.fullmatch(r"solo/0-install-[0-9a-f]{32}", install.env["JUJU_CONTEXT_ID"])
    assert install.env["JUJU_VERSION"].startswith("4.0")
    assert install.env["PATH"].startswith("/var/lib/juju/tools/unit-solo-0:")
    assert install.line["cwd"] == plain["CHARM_DIR"]
    assert install.line["argv"] == []


def test_a_storage_hook_says_which_storage(tape: Tape, solo: str) -> None:
    attached = tape.hooks(solo)[0]
    assert re.fullmatch(r"data/\d+", attached.env["JUJU_STORAGE_ID"])
    assert attached.env["JUJU_STORAGE_KIND"] == "filesystem"
    assert attached.env["JUJU_STORAGE_LOCATION"].startswith("/")


def test_a_second_unit_is_not_elected_and_both_see_one_another(
    juju: jubilant.Juju, recorder: Path, tape: Tape, solo: str
) -> None:
    juju.deploy(recorder, "crew", to="0")
    quiet(juju, "crew")
    mark = tape.mark("crew/0")
    juju.add_unit("crew", to="0")
    tape.until_ran("crew/0", "ring-relation-changed crew/1", since=mark)
    tape.until_ran("crew/1", "ring-relation-changed crew/0")
    quiet(juju, "crew")
    assert tape.spelled("crew/0", mark) == ["ring-relation-joined crew/1", "ring-relation-changed crew/1"]
    assert tape.spelled("crew/1") == [
        "data-storage-attached",
        "install",
        "ring-relation-created crew",
        "config-changed",
        "start",
        "ring-relation-joined crew/0",
        "ring-relation-changed crew/0",
    ]


# leadership


def test_the_leaders_own_removal_elects_the_other_promptly(juju: jubilant.Juju, tape: Tape) -> None:
    leader, other = leader_and_other(juju, "crew")
    assert leader == "crew/0"
    mark = tape.mark(other)
    juju.remove_unit(leader)
    tape.until_ran(other, "leader-elected", f"ring-relation-departed {leader}", since=mark, timeout=30)
    assert sorted(tape.spelled(other, mark)) == ["leader-elected", f"ring-relation-departed {leader}"]
    await_gone(juju, leader)
    assert tape.spelled(leader)[-4:] == [
        "data-storage-detaching",
        f"ring-relation-departed {other}",
        "stop",
        "remove",
    ]


# configuration and actions


def test_a_config_change_runs_one_hook(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    mark = tape.mark(solo)
    juju.config("solo", {"greeting": "bye", "level": 2})
    tape.until_ran(solo, "config-changed", since=mark)
    quiet(juju, "solo")
    assert tape.spelled(solo, mark) == ["config-changed"]


def test_an_action_is_no_hook(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    mark = tape.mark(solo)
    task = juju.run(solo, "echo", {"message": "ab", "times": 2})
    assert task.results["said"] == "abab"
    (action,) = tape.hooks(solo, mark)
    assert action.line["path"] == "actions/echo"
    assert action.env["JUJU_HOOK_NAME"] == ""
    assert action.env["JUJU_ACTION_NAME"] == "echo"
    assert action.env["JUJU_ACTION_UUID"] == task.id
    assert action.env["JUJU_ACTION_TAG"] == f"action-{task.id}"
    assert re.fullmatch(r"solo/0-echo-[0-9a-f]{32}", action.env["JUJU_CONTEXT_ID"])


def test_units_of_one_machine_run_hooks_one_after_another(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    mark = tape.mark("keeper/0")
    solo_mark = tape.mark(solo)
    tape.switch(solo, "hold-config-changed")
    juju.config("solo", {"greeting": "held"})
    tape.until_ran(solo, "config-changed", since=solo_mark)
    assert juju.exec("echo runs in parallel", unit="keeper/0").stdout.strip() == "runs in parallel"
    juju.config("keeper", {"greeting": "waits"})
    juju.wait(lambda status: tape.spelled("keeper/0", mark) == [], delay=0.1, successes=5)
    tape.unswitch(solo, "hold-config-changed")
    tape.until_ran("keeper/0", "config-changed", since=mark)
    assert tape.hooks("keeper/0", mark)[0].line["time"] > tape.released(solo).line["time"]
    quiet(juju, "solo", "keeper")


# relations


@pytest.mark.parametrize("number", [0, 1])
def test_a_unit_related_early_gets_created_between_install_and_config_changed(
    tape: Tape, pair: str, number: int
) -> None:
    hooks = tape.spelled(f"left/{number}")
    end = hooks.index("start") + 1
    first = [hook for hook in hooks[:end] if hook != "leader-elected"]
    assert first[:2] == ["data-storage-attached", "install"]
    assert sorted(first[2:4]) == ["ring-relation-created left", "source-relation-created right"]
    assert first[4:] == ["config-changed", "start"]
    assert hooks.count("leader-elected") <= 1
    assert sorted(hooks[end:]) == [
        f"ring-relation-changed left/{1 - number}",
        f"ring-relation-joined left/{1 - number}",
        "source-relation-changed right/0",
        "source-relation-joined right/0",
    ]


def test_each_remote_unit_joins_once_and_is_changed_at_once(tape: Tape, pair: str) -> None:
    hooks = in_relation(tape.spelled("right/0"), "sink")[:5]
    assert hooks[0] == "created left"
    pairs = [tuple(hooks[index : index + 2]) for index in range(1, len(hooks), 2)]
    assert sorted(pairs) == [("joined left/0", "changed left/0"), ("joined left/1", "changed left/1")]


def test_a_relation_hook_says_which_relation_and_who(tape: Tape, pair: str) -> None:
    hooks = [hook for hook in tape.hooks("right/0") if hook.name.startswith("sink-")]
    created, joined = hooks[0], hooks[1]
    relation_id = created.env["JUJU_RELATION_ID"]
    assert re.fullmatch(r"sink:\d+", relation_id)
    for hook in (created, joined):
        assert hook.env["JUJU_RELATION"] == "sink"
        assert hook.env["JUJU_REMOTE_APP"] == "left"
        assert hook.env["JUJU_RELATION_ID"] == relation_id
        assert "JUJU_DEPARTING_UNIT" not in hook.env
    assert created.env["JUJU_REMOTE_UNIT"] == ""
    assert created.relation["members"] == []
    assert joined.env["JUJU_REMOTE_UNIT"] in joined.relation["members"]
    assert sorted(joined.relation["settings"]) == ["egress-subnets", "ingress-address"]


def test_a_peer_relation_names_the_own_application(tape: Tape, solo: str) -> None:
    created = next(hook for hook in tape.hooks(solo) if hook.name == "ring-relation-created")
    assert created.env["JUJU_REMOTE_APP"] == "solo"
    assert created.env["JUJU_REMOTE_UNIT"] == ""


def test_a_unit_bag_written_runs_changed_on_the_other_side_only(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    marks = {unit: tape.mark(unit) for unit in ("left/0", "left/1", "right/0")}
    write(juju, "left/0", "source", "word=one")
    tape.until_ran("right/0", "sink-relation-changed left/0", since=marks["right/0"])
    quiet(juju, "left", "right")
    (changed,) = tape.hooks("right/0", marks["right/0"])
    assert changed.relation["settings"]["word"] == "one"
    assert tape.spelled("left/0", marks["left/0"]) == []
    assert tape.spelled("left/1", marks["left/1"]) == []


def test_a_write_of_what_is_there_already_runs_nothing(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    mark = tape.mark("right/0")
    write(juju, "left/0", "source", "word=one")
    write(juju, "left/1", "source", "other=x")
    tape.until_ran("right/0", "sink-relation-changed left/1", since=mark)
    quiet(juju, "left", "right")
    assert tape.spelled("right/0", mark) == ["sink-relation-changed left/1"]


def test_writes_collapse_and_a_member_is_cached_until_its_own_hook(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    mark = tape.mark("right/0")
    tape.switch("right/0", "hold-config-changed")
    juju.config("right", {"greeting": "held"})
    tape.until_ran("right/0", "config-changed", since=mark)
    write(juju, "left/0", "source", "word=two")
    write(juju, "left/0", "source", "word=three")
    tape.unswitch("right/0", "hold-config-changed")
    tape.until_ran("right/0", "sink-relation-changed left/0", since=mark)
    quiet(juju, "right")
    hooks = tape.hooks("right/0", mark)
    assert [hook.spelled for hook in hooks] == ["config-changed", "sink-relation-changed left/0"]
    assert tape.members_after_hold("right/0")["sink"]["left/0"]["word"] == "one"
    assert hooks[1].relation["settings"]["word"] == "three"


def test_the_leader_gets_changed_for_its_own_peer_application_bag(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    leader, other = leader_and_other(juju, "left")
    marks = {unit: tape.mark(unit) for unit in (leader, other, "right/0")}
    write(juju, leader, "ring", "--app", "token=1")
    for unit in (leader, other):
        tape.until_ran(unit, "ring-relation-changed left", since=marks[unit])
    quiet(juju, "left", "right")
    for unit in (leader, other):
        (changed,) = tape.hooks(unit, marks[unit])
        assert changed.spelled == "ring-relation-changed left"
        assert changed.env["JUJU_REMOTE_UNIT"] == ""
        assert changed.relation["application"] == {"token": "1"}
    assert tape.spelled("right/0", marks["right/0"]) == []


def test_an_application_bag_runs_changed_without_a_unit_on_the_other_side(
    juju: jubilant.Juju, tape: Tape, pair: str
) -> None:
    leader, other = leader_and_other(juju, "left")
    marks = {unit: tape.mark(unit) for unit in (leader, other, "right/0")}
    write(juju, leader, "source", "--app", "url=http://x")
    tape.until_ran("right/0", "sink-relation-changed left", since=marks["right/0"])
    quiet(juju, "left", "right")
    (changed,) = tape.hooks("right/0", marks["right/0"])
    assert changed.relation["application"] == {"url": "http://x"}
    assert tape.spelled(leader, marks[leader]) == []
    assert tape.spelled(other, marks[other]) == []


def test_a_unit_added_later_sees_the_application_bag_first(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    marks = {unit: tape.mark(unit) for unit in ("left/0", "left/1")}
    juju.add_unit("right", to="0")
    tape.until_ran("right/1", "sink-relation-changed left/0", "sink-relation-changed left/1")
    for unit, mark in marks.items():
        tape.until_ran(unit, "source-relation-changed right/1", since=mark)
    quiet(juju, "left", "right")
    hooks = in_relation(tape.spelled("right/1"), "sink")
    assert hooks == [
        "created left",
        "changed left",
        "joined left/0",
        "changed left/0",
        "joined left/1",
        "changed left/1",
    ]
    for unit, mark in marks.items():
        assert tape.spelled(unit, mark) == ["source-relation-joined right/1", "source-relation-changed right/1"]


def test_a_failed_relation_hook_names_the_other_end(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    tape.switch("right/1", "fail-sink-relation-changed")
    write(juju, "left/0", "source", "word=four")
    await_workload(juju, "right/1", "error", 'hook failed: "sink-relation-changed" for left:source')
    tape.unswitch("right/1", "fail-sink-relation-changed")
    juju.cli("resolved", "right/1")
    quiet(juju, "right")


def test_a_unit_taken_away_departs_breaks_stops_and_is_removed(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    leader, leaver = leader_and_other(juju, "left")
    marks = {unit: tape.mark(unit) for unit in (leader, leaver, "right/0", "right/1")}
    juju.remove_unit(leaver)
    await_gone(juju, leaver)
    tape.until_ran(leader, f"ring-relation-departed {leaver}", since=marks[leader])
    for unit in ("right/0", "right/1"):
        tape.until_ran(unit, f"sink-relation-departed {leaver}", since=marks[unit])
    assert tape.spelled(leaver, marks[leaver]) == [
        "data-storage-detaching",
        "source-relation-departed right/0",
        "source-relation-departed right/1",
        "source-relation-broken right",
        f"ring-relation-departed {leader}",
        "stop",
        "remove",
    ]
    assert tape.spelled(leader, marks[leader]) == [f"ring-relation-departed {leaver}"]
    for unit in ("right/0", "right/1"):
        assert tape.spelled(unit, marks[unit]) == [f"sink-relation-departed {leaver}"]
    check_departing_units(tape, leaver, leader, marks)


def check_departing_units(tape: Tape, leaver: str, leader: str, marks: dict[str, int]) -> None:
    """Both sides name the leaver; it is in no list of members any more; broken finds no relation id."""
    for unit, mark in marks.items():
        for hook in tape.hooks(unit, mark):
            if hook.name.endswith("-departed"):
                assert hook.env["JUJU_DEPARTING_UNIT"] == leaver
                assert hook.env["JUJU_REMOTE_UNIT"] not in hook.relation["members"]
            else:
                assert "JUJU_DEPARTING_UNIT" not in hook.env
    broken = next(hook for hook in tape.hooks(leaver, marks[leaver]) if hook.name == "source-relation-broken")
    assert broken.env["JUJU_REMOTE_UNIT"] == ""
    assert broken.env["JUJU_REMOTE_APP"] == "right"
    assert broken.relation["members"] == []
    assert broken.relation["ids"] == []


def test_a_removed_relation_departs_each_member_and_breaks_once(juju: jubilant.Juju, tape: Tape, pair: str) -> None:
    (left,) = juju.status().apps["left"].units
    marks = {unit: tape.mark(unit) for unit in (left, "right/0", "right/1")}
    juju.remove_relation("left:source", "right:sink")
    tape.until_ran(left, "source-relation-broken right", since=marks[left])
    for unit in ("right/0", "right/1"):
        tape.until_ran(unit, "sink-relation-broken left", since=marks[unit])
        assert tape.spelled(unit, marks[unit]) == [f"sink-relation-departed {left}", "sink-relation-broken left"]
        assert tape.hooks(unit, marks[unit])[0].env["JUJU_DEPARTING_UNIT"] == left
    assert tape.spelled(left, marks[left]) == [
        "source-relation-departed right/0",
        "source-relation-departed right/1",
        "source-relation-broken right",
    ]
    until(lambda: juju.status().apps["left"].relations, lambda relations: "source" not in relations)


def test_related_again_it_is_a_new_relation_and_goes_with_its_application(
    juju: jubilant.Juju, tape: Tape, pair: str
) -> None:
    (left,) = juju.status().apps["left"].units
    marks = {unit: tape.mark(unit) for unit in (left, "right/0", "right/1")}
    juju.integrate("left:source", "right:sink")
    tape.until_ran(left, "source-relation-changed right/0", "source-relation-changed right/1", since=marks[left])
    for unit in ("right/0", "right/1"):
        tape.until_ran(unit, f"sink-relation-changed {left}", since=marks[unit])
        assert tape.spelled(unit, marks[unit])[0] == "sink-relation-created left"
    quiet(juju, "left", "right")
    marks = {unit: tape.mark(unit) for unit in (left, "right/0", "right/1")}
    juju.remove_application("left")
    await_gone(juju, "left")
    assert tape.spelled(left, marks[left]) == [
        "data-storage-detaching",
        "source-relation-departed right/0",
        "source-relation-departed right/1",
        "source-relation-broken right",
        "stop",
        "remove",
    ]
    for unit in ("right/0", "right/1"):
        tape.until_ran(unit, "sink-relation-broken left", since=marks[unit])
        assert tape.spelled(unit, marks[unit]) == [f"sink-relation-departed {left}", "sink-relation-broken left"]


# failure


def fail(juju: jubilant.Juju, tape: Tape, unit: str, greeting: str) -> int:
    """Make config-changed fail; the mark before it."""
    mark = tape.mark(unit)
    tape.switch(unit, "fail-config-changed")
    juju.config(unit.split("/")[0], {"greeting": greeting})
    await_workload(juju, unit, "error", 'hook failed: "config-changed"')
    return mark


def test_a_failed_hook_stops_all_hooks_but_no_actions_until_resolved(
    juju: jubilant.Juju, tape: Tape, solo: str
) -> None:
    mark = fail(juju, tape, solo, "fails")
    assert juju.status().apps["solo"].units[solo].juju_status.current == "idle"
    juju.config("solo", {"greeting": "fails again"})
    assert juju.run(solo, "echo", {"message": "alive"}).results["said"] == "alive"
    assert juju.exec("config-get greeting", unit=solo).stdout.strip() == "fails again"
    assert tape.spelled(solo, mark) == ["config-changed", "echo"]

    juju.cli("resolved", solo)
    tape.until(solo, lambda hooks: hooks == ["config-changed", "echo", "config-changed"], mark)
    await_workload(juju, solo, "error", 'hook failed: "config-changed"')

    tape.unswitch(solo, "fail-config-changed")
    juju.cli("resolved", solo)
    quiet(juju, "solo")
    assert tape.spelled(solo, mark) == ["config-changed", "echo", "config-changed", "config-changed"]


def test_resolved_without_retry_takes_the_hook_as_done(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    mark = fail(juju, tape, solo, "skipped")
    tape.unswitch(solo, "fail-config-changed")
    juju.cli("resolved", "--no-retry", solo)
    quiet(juju, "solo")
    assert tape.spelled(solo, mark) == ["config-changed"]
    juju.config("solo", {"greeting": "counted"})
    tape.until(solo, lambda hooks: hooks == ["config-changed", "config-changed"], mark)
    quiet(juju, "solo")


def tried_again(hooks: list[str]) -> bool:
    """Whether config-changed ran more than once, and nothing else."""
    return len(hooks) > 1 and set(hooks) == {"config-changed"}


def test_a_failed_hook_is_tried_again_after_a_while(juju: jubilant.Juju, tape: Tape, solo: str) -> None:
    juju.model_config({"automatically-retry-hooks": True})
    mark = fail(juju, tape, solo, "retried")
    tape.unswitch(solo, "fail-config-changed")
    tape.until(solo, tried_again, mark, timeout=30)
    await_workload(juju, solo, "active")
    quiet(juju, "solo")
    assert tried_again(tape.spelled(solo, mark))
    juju.model_config({"automatically-retry-hooks": False})


def test_a_unit_whose_start_failed_and_was_skipped_is_started(juju: jubilant.Juju, recorder: Path, tape: Tape) -> None:
    juju.deploy(recorder, "lame", to="0", config={"fail-hooks": "start"})
    await_workload(juju, "lame/0", "error", 'hook failed: "start"')
    juju.config("lame", {"fail-hooks": ""})
    juju.cli("resolved", "--no-retry", "lame/0")
    expected = ["config-changed", "start", "config-changed"]
    tape.until("lame/0", lambda hooks: hooks[-3:] == expected)
    mark = tape.mark("lame/0")
    juju.remove_application("lame")
    await_gone(juju, "lame")
    assert tape.spelled("lame/0", mark) == ["data-storage-detaching", "stop", "remove"]


def test_a_unit_that_fails_to_install_can_be_forced_away(juju: jubilant.Juju, recorder: Path, tape: Tape) -> None:
    juju.deploy(recorder, "stillborn", to="0", config={"fail-hooks": "install"})
    await_workload(juju, "stillborn/0", "error", 'hook failed: "install"')
    juju.cli("remove-application", "--no-prompt", "--force", "--no-wait", "stillborn")
    await_gone(juju, "stillborn")


# refresh


def test_a_refresh_runs_upgrade_charm_then_config_changed_on_the_new_code(
    juju: jubilant.Juju, recorder_refreshed: Path, tape: Tape, solo: str
) -> None:
    mark = tape.mark(solo)
    before = juju.status().apps["solo"].charm_rev
    juju.refresh("solo", path=recorder_refreshed)
    tape.until(solo, lambda hooks: hooks == ["upgrade-charm", "config-changed"], mark)
    status = quiet(juju, "solo")
    assert {hook.line["charm"] for hook in tape.hooks(solo, mark)} == {"second"}
    assert status.apps["solo"].charm_rev > before


def test_a_unit_in_error_keeps_its_charm_until_forced(
    juju: jubilant.Juju, recorder: Path, recorder_refreshed: Path, tape: Tape, solo: str
) -> None:
    juju.deploy(recorder, "stuck", to="0")
    quiet(juju, "stuck")
    mark = fail(juju, tape, "stuck/0", "fails")
    juju.refresh("stuck", path=recorder_refreshed)
    juju.cli("resolved", "stuck/0")
    tape.until("stuck/0", lambda hooks: hooks == ["config-changed", "config-changed"], mark)
    assert tape.hooks("stuck/0", mark)[-1].line["charm"] == "first"
    await_workload(juju, "stuck/0", "error")

    tape.unswitch("stuck/0", "fail-config-changed")
    juju.cli("refresh", "stuck", "--path", str(recorder_refreshed), "--force-units")
    juju.cli("resolved", "--all")
    quiet(juju, "stuck")
    assert [hook.line["charm"] for hook in tape.hooks("stuck/0", mark)] == ["first", "first", "second"]
    assert tape.spelled("stuck/0", mark) == ["config-changed"] * 3


# reboot, on a machine of its own


@pytest.fixture(scope="module")
def phoenix(juju: jubilant.Juju, recorder: Path, tape: Tape) -> Tape:
    """A Debian 13 machine with one unit, `phoenix/0`."""
    juju.deploy(recorder, "phoenix", base="debian@13")
    status = quiet(juju, "phoenix")
    return Tape(juju, status.apps["phoenix"].units["phoenix/0"].machine)


def boots(tape: Tape, since: int) -> int:
    """In how many boots the hooks ran."""
    return len({hook.line["boot"] for hook in tape.hooks("phoenix/0", since)})


def test_a_hook_that_asks_for_a_reboot_is_followed_by_start(juju: jubilant.Juju, phoenix: Tape) -> None:
    mark = phoenix.mark("phoenix/0")
    phoenix.switch("phoenix/0", "reboot-config-changed")
    juju.config("phoenix", {"greeting": "reboot"})
    until(lambda: seen_after_boot(phoenix, mark), lambda hooks: "start" in hooks)
    quiet(juju, "phoenix")
    assert phoenix.spelled("phoenix/0", mark) == ["config-changed", "start"]
    assert boots(phoenix, mark) == 2


def test_a_reboot_at_once_runs_the_hook_again(juju: jubilant.Juju, phoenix: Tape) -> None:
    mark = phoenix.mark("phoenix/0")
    phoenix.switch("phoenix/0", "reboot-now-config-changed")
    juju.config("phoenix", {"greeting": "reboot now"})
    until(lambda: seen_after_boot(phoenix, mark), lambda hooks: "start" in hooks)
    quiet(juju, "phoenix")
    assert sorted(phoenix.spelled("phoenix/0", mark)) == ["config-changed", "config-changed", "start"]
    assert boots(phoenix, mark) == 2


def seen_after_boot(tape: Tape, mark: int) -> list[str]:
    """The hooks; nothing while the machine is down."""
    try:
        return tape.spelled("phoenix/0", mark)
    except jubilant.CLIError:
        return []


# what holds all the time


def test_update_status_runs_in_idle_times_only_when_nothing_else_does(tape: Tape) -> None:
    until(lambda: tape.updates("keeper/0"), lambda count: count > 0, timeout=90, delay=1)


@pytest.mark.parametrize("unit", ["left/0", "left/1", "right/0", "right/1", "crew/0", "crew/1", "solo/0"])
def test_the_rules_of_relations_hold_throughout_a_units_life(tape: Tape, unit: str) -> None:
    hooks = tape.spelled(unit)
    assert hooks[:2] == ["data-storage-attached", "install"]
    for endpoint in ("ring", "source", "sink"):
        check_relation_rules(in_relation(hooks, endpoint), peers=endpoint == "ring")


def check_relation_rules(hooks: list[str], *, peers: bool) -> None:
    """created first; joined, then at once changed; departed only who has joined; broken last and never for peers."""
    joined: set[str] = set()
    created = False
    for here, hook in enumerate(hooks):
        kind, remote = hook.split()
        if kind == "created":
            assert not created
            created = True
        assert created
        if kind == "joined":
            assert remote not in joined
            assert hooks[here + 1] == f"changed {remote}"
            joined.add(remote)
        elif kind == "departed":
            joined.remove(remote)
        elif kind == "broken":
            assert not joined
            assert not peers
            created = False
