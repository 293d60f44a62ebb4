from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jujubox.model import status
from jujubox.model.status import SEVERITY, Status

STATUSES = st.builds(Status, st.sampled_from(sorted(SEVERITY)), st.text(max_size=3))


@given(st.lists(STATUSES, min_size=1))
def test_an_application_is_as_bad_as_its_worst_unit(units) -> None:
    found = status.derived(units)
    assert found in units
    assert all(SEVERITY[unit.status] <= SEVERITY[found.status] for unit in units)


def test_an_application_without_units_is_unknown() -> None:
    assert status.derived([]).status == "unknown"


def test_an_agents_error_is_shown_as_the_workloads() -> None:
    agent, workload = status.shown(Status("error", 'hook failed: "start"'), Status("active"))
    assert (agent.status, workload.status, workload.message) == ("idle", "error", 'hook failed: "start"')


def test_history_keeps_changes_only_and_the_latest_of_them(world) -> None:
    for number in (1, 1, 2, 3):
        status.put(world.db, 1, "unit:a/0", "workload", "active", str(number))
    entries = status.history(world.db, 1, "unit:a/0", ["workload"], 2, 0.0)
    assert [entry["message"] for entry in entries] == ["2", "3"]


def test_history_does_not_grow_without_end(world) -> None:
    for number in range(1000):
        status.put(world.db, 1, "unit:a/0", "workload", "active", str(number))
    assert len(status.history(world.db, 1, "unit:a/0", ["workload"], 0, 0.0)) <= status.HISTORY_KEPT + 50
