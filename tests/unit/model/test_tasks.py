from __future__ import annotations

import pytest

from jujubox.model import removal, tasks, views
from jujubox.model.database import NotFound
from jujubox.model.tasks import Call

ACTIONS = {"greet": {"params": {"name": {"type": "string", "default": "you"}}}}


def queue(world, unit: str = "a/0", name: str = "greet") -> tasks.Task:
    number = tasks.operation(world.db, world.model.id, "s", name, {})
    return tasks.find(world.db, world.model.id, tasks.enqueue(world.db, world.model.id, number, unit, Call(name, {})))


def test_operations_and_tasks_are_numbered_by_one_counter(world) -> None:
    world.deploy("a", actions=ACTIONS)
    assert [(task.operation, task.id) for task in (queue(world), queue(world))] == [(1, 2), (3, 4)]


def test_parameters_are_checked_and_defaults_filled_in_before_queueing(world) -> None:
    world.deploy("a", actions=ACTIONS)
    assert tasks.checked(world.db, world.unit("a/0"), "greet", {}) == Call("greet", {"name": "you"})
    assert "must be of type string" in tasks.checked(world.db, world.unit("a/0"), "greet", {"name": 3})
    with pytest.raises(NotFound, match='action "nope" not defined for unit "a/0".'):
        tasks.checked(world.db, world.unit("a/0"), "nope", {})


def test_a_charm_without_actions_says_so(world) -> None:
    world.deploy("a")
    with pytest.raises(NotFound, match=r"no actions defined for charm a\."):
        tasks.checked(world.db, world.unit("a/0"), "greet", {})


def test_the_unit_sees_what_waits_and_what_should_stop(world) -> None:
    world.deploy("a", actions=ACTIONS)
    first, second = queue(world), queue(world)
    tasks.begin(world.db, first)
    assert tasks.cancel(world.db, tasks.find(world.db, world.model.id, first.id)) == "aborting"
    view, _ = views.unit_view(world.db, world.model.id, "a/0")
    assert (view["tasks"], view["cancelled_tasks"]) == ([str(second.id)], [str(first.id)])
    assert tasks.cancel(world.db, second) == "cancelled"


def test_what_is_over_stays_as_it_is(world) -> None:
    world.deploy("a", actions=ACTIONS)
    task = queue(world)
    tasks.finish(world.db, task, "completed", {"return-code": 0}, "")
    tasks.finish(world.db, tasks.find(world.db, world.model.id, task.id), "failed", {}, "late")
    found = tasks.find(world.db, world.model.id, task.id)
    assert (found.status, found.results) == ("completed", {"return-code": 0})


def test_tasks_of_a_unit_that_goes_come_to_an_end(world) -> None:
    world.deploy("a", actions=ACTIONS)
    waiting, running = queue(world), queue(world)
    tasks.begin(world.db, running)
    removal.remove_unit(world.db, world.unit("a/0"))
    states = [tasks.find(world.db, world.model.id, task.id).status for task in (waiting, running)]
    assert states == ["cancelled", "failed"]


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (["completed"], "completed"),
        (["completed", "running"], "running"),
        (["failed", "completed"], "failed"),
        ([], "error"),
    ],
)
def test_an_operation_is_as_far_as_its_tasks(states, whole) -> None:
    assert tasks.operation_status(states) == whole
