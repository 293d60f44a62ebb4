"""Nothing is lost when the controller is killed, a machine crashes, or the two cannot hear one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving import box as boxes
from driving.tape import Tape
from driving.waiting import quiet, until

pytestmark = pytest.mark.jujubox_only

FIRST = ["data-storage-attached", "install", "ring-relation-created", "config-changed", "start"]


@pytest.fixture(scope="module")
def running(box: boxes.Box | None) -> Iterator[boxes.Box]:
    """The box; all faults are healed at the end."""
    assert box is not None
    yield box
    box.heal()


@pytest.fixture(scope="module")
def tape(juju: jubilant.Juju, running: boxes.Box, recorder: Path) -> Tape:
    """Machine 0 with `steady/0`."""
    juju.deploy(recorder, "steady")
    quiet(juju, "steady")
    return Tape(juju, "0")


def kill_and_start(box: boxes.Box) -> None:
    """What an operator would see as a restart, at the worst moment."""
    box.kill_controller()
    box.start_controller()


def test_killed_in_the_middle_of_a_deploy(juju: jubilant.Juju, running: boxes.Box, recorder: Path, tape: Tape) -> None:
    juju.deploy(recorder, "late", num_units=2, to=["0", "new"])
    kill_and_start(running)
    tape.until_ran("late/0", "install")
    kill_and_start(running)
    quiet(juju, "late")
    machine = juju.status().apps["late"].units["late/1"].machine
    for unit, peer, where in (("late/0", "late/1", tape), ("late/1", "late/0", Tape(juju, machine))):
        where.until_ran(unit, f"ring-relation-changed {peer}")
        hooks = [hook.name for hook in where.hooks(unit) if hook.name != "leader-elected"]
        assert hooks == [*FIRST, "ring-relation-joined", "ring-relation-changed"]


def test_killed_in_the_middle_of_a_hook(juju: jubilant.Juju, running: boxes.Box, tape: Tape) -> None:
    mark = tape.mark("steady/0")
    tape.switch("steady/0", "hold-config-changed")
    juju.config("steady", {"greeting": "held"})
    tape.until_ran("steady/0", "config-changed", since=mark)
    kill_and_start(running)
    tape.unswitch("steady/0", "hold-config-changed")
    quiet(juju, "steady")
    assert tape.spelled("steady/0", mark) == ["config-changed"]


def test_gone_while_a_hook_ends_and_back_later(juju: jubilant.Juju, running: boxes.Box, tape: Tape) -> None:
    mark = tape.mark("steady/0")
    tape.switch("steady/0", "pause-config-changed")
    juju.config("steady", {"greeting": "held again"})
    tape.until_ran("steady/0", "config-changed", since=mark)
    instance = juju.status().machines["0"].instance_id
    running.kill_controller()
    running.in_machine(instance, "rm", "/var/lib/recorder/switches/unit-steady-0/pause-config-changed")
    until(lambda: running.in_machine(instance, "ls", "/var/lib/recorder"), lambda names: "went-on" in names)
    running.start_controller()
    quiet(juju, "steady")
    assert tape.spelled("steady/0", mark) == ["config-changed"]


def test_killed_in_the_middle_of_an_action(juju: jubilant.Juju, running: boxes.Box, tape: Tape) -> None:
    juju.cli("run", "steady/0", "linger", "--background")
    (operation,) = operations_under_way(juju).values()
    (task,) = operation["tasks"]
    until(lambda: show_task(juju, task)["status"], lambda status: status == "running")
    kill_and_start(running)
    tape.switch("steady/0", "release")
    until(lambda: show_task(juju, task)["status"], lambda status: status == "completed")
    assert show_task(juju, task)["results"]["return-code"] == 0
    quiet(juju, "steady")


def operations_under_way(juju: jubilant.Juju) -> dict[str, Any]:
    """Operations that wait or run."""
    assert juju.model is not None
    found: dict[str, Any] = boxes.juju_json("operations", "-m", juju.model, "--status", "pending,running")
    return found


def show_task(juju: jubilant.Juju, task: str) -> dict[str, Any]:
    """One task."""
    assert juju.model is not None
    found: dict[str, Any] = boxes.juju_json("show-task", "-m", juju.model, task)
    return found


@pytest.fixture(scope="module")
def frail(juju: jubilant.Juju, tape: Tape, recorder: Path) -> Tape:
    """A machine of its own with `frail/0`."""
    juju.deploy(recorder, "frail")
    status = quiet(juju, "frail")
    return Tape(juju, status.apps["frail"].units["frail/0"].machine)


def agent(juju: jubilant.Juju) -> tuple[str, str, str]:
    """Agent status, workload status and message of frail/0."""
    unit = juju.status().apps["frail"].units["frail/0"]
    return unit.juju_status.current, unit.workload_status.current, unit.workload_status.message


def test_a_crashed_machine_is_lost_and_returns_with_a_start_hook(
    juju: jubilant.Juju, running: boxes.Box, frail: Tape
) -> None:
    assert juju.model is not None
    mark = frail.mark("frail/0")
    running.fault(juju.model, "crash", frail.machine)
    _, workload, message = until(lambda: agent(juju), lambda seen: seen[0] == "lost", timeout=90)
    assert workload == "unknown"
    assert message.startswith("agent lost, see")
    assert juju.status().machines[frail.machine].juju_status.current == "down"
    assert juju.status().apps["steady"].units["steady/0"].juju_status.current == "idle"
    running.heal()
    until(lambda: agent(juju), lambda seen: seen == ("idle", "active", "recording"), timeout=90)
    assert frail.until_ran("frail/0", "start", since=mark) == ["start"]


def test_a_machine_cut_off_is_lost_and_takes_up_where_it_was(
    juju: jubilant.Juju, running: boxes.Box, frail: Tape
) -> None:
    assert juju.model is not None
    mark = frail.mark("frail/0")
    running.fault(juju.model, "cut", frail.machine, "--from", "controller")
    until(lambda: agent(juju), lambda seen: seen[0] == "lost", timeout=90)
    juju.config("frail", {"greeting": "told later"})
    running.heal()
    frail.until_ran("frail/0", "config-changed", since=mark, timeout=90)
    until(lambda: agent(juju), lambda seen: seen == ("idle", "active", "recording"), timeout=90)
    assert frail.spelled("frail/0", mark) == ["config-changed"]


def test_a_crash_in_the_middle_of_a_hook_is_a_failed_hook_that_runs_again(
    juju: jubilant.Juju, running: boxes.Box, frail: Tape
) -> None:
    assert juju.model is not None
    mark = frail.mark("frail/0")
    frail.switch("frail/0", "hold-config-changed")
    juju.config("frail", {"greeting": "crash"})
    frail.until_ran("frail/0", "config-changed", since=mark)
    running.fault(juju.model, "crash", frail.machine)
    running.heal()
    until(lambda: juju.status().machines[frail.machine].juju_status.current, lambda state: state == "started")
    frail.unswitch("frail/0", "hold-config-changed")
    until(lambda: agent(juju), lambda seen: seen == ("idle", "active", "recording"), timeout=120)
    hooks = frail.until_ran("frail/0", "start", since=mark)
    assert hooks.count("config-changed") == 2
    assert hooks.count("start") == 1


def test_leadership_moves_when_the_leader_is_gone(juju: jubilant.Juju, running: boxes.Box, frail: Tape) -> None:
    assert juju.model is not None
    juju.model_config({"lease-seconds": 10})
    juju.add_unit("frail", to="0")
    quiet(juju, "frail")
    home = Tape(juju, "0")
    running.fault(juju.model, "crash", frail.machine)
    home.until_ran("frail/1", "leader-elected", timeout=120)  # the lease from before may have a minute left
    units = juju.status().apps["frail"].units
    assert (units["frail/0"].leader, units["frail/1"].leader) == (False, True)
    running.heal()
    until(lambda: agent(juju), lambda seen: seen[0] == "idle", timeout=90)
    assert not juju.status().apps["frail"].units["frail/0"].leader
