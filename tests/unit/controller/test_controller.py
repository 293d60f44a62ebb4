from __future__ import annotations

import asyncio

import pytest

from jujubox.wire import CallError
from tests.unit.controller.conftest import eventually


async def provisioned(box, count: int = 1) -> None:
    async def look() -> bool:
        machines = await box.client("machines", model="default")
        return len(machines) == count and all(m["machine-status"]["current"] == "running" for m in machines.values())

    await eventually(look)


def test_a_deployed_unit_goes_from_machine_to_active(tell, charm) -> None:
    async def story(box) -> None:
        deployed = await box.client("deploy", model="default", charm=charm())
        assert deployed == {
            "application": "a", "charm": "a", "revision": 0, "url": "local:a-0", "base": "debian@12", "units": ["a/0"],
        }  # fmt: skip
        await provisioned(box)
        status = await box.client("status", model="default")
        assert status["applications"]["a"]["units"]["a/0"]["workload-status"]["message"] == "installing agent"
        agent = await box.agent()
        machine = await agent("machine.watch", seen="", timeout=1)
        assert machine["units"] == [{"name": "a/0", "life": "alive"}]
        view = await agent.view("a/0")
        assert (await agent("charm.read", url=view["charm_url"], offset=0, length=10))["sha256"] == view["charm_sha256"]
        await agent("unit.set_charm", unit="a/0", url=view["charm_url"])
        await agent("unit.set_status", unit="a/0", status="active", message="ready")
        await agent("unit.set_agent_status", unit="a/0", status="idle", message="", data={})
        unit = (await box.client("status", model="default"))["applications"]["a"]["units"]["a/0"]
        assert (unit["workload-status"]["current"], unit["juju-status"]["current"]) == ("active", "idle")

    tell(story)


def test_a_long_poll_answers_when_something_concerns_it(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm(config="options: {n: {type: int, default: 1}}"))
        await provisioned(box)
        agent = await box.agent()
        view = await agent.view("a/0")
        poll = asyncio.ensure_future(agent.view("a/0", view["digest"], 5))
        await agent("unit.set_status", unit="a/0", status="active", message="nobody is woken by this")
        await asyncio.sleep(0.1)
        assert not poll.done()
        await box.client("set_config", model="default", application="a", set={"n": "2"})
        assert (await poll)["config_hash"] != view["config_hash"]
        assert await agent.view("a/0", (await agent.view("a/0"))["digest"], 0) is None

    tell(story)


def test_at_most_four_machines_are_made_at_once(tell, charm) -> None:
    async def story(box) -> None:
        box.machines.slow = 0.5
        await box.client("deploy", model="default", charm=charm(), num_units=7)
        await provisioned(box, 7)
        assert 2 <= box.machines.most_at_once <= 4

    tell(story)


def test_a_killed_controller_takes_up_where_it_left_off(tell, charm) -> None:
    async def story(box) -> None:
        box.machines.slow = 0.2
        await box.client("deploy", model="default", charm=charm(), num_units=2)
        await eventually(lambda: asyncio.sleep(0, box.machines.at_once == 2))
        await box.kill()
        box.machines.states["half-made"] = "stopped"
        box.machines.slow = 0
        await box.start()
        await provisioned(box, 2)
        agent = await box.agent("1")
        assert (await agent.view("a/1"))["life"] == "alive"
        await box.kill()
        await box.start()
        created = [what for what in box.machines.asked if what[0] == "create"]
        assert len(created) == 4
        agent = await box.agent("1")
        assert (await agent("unit.load_state", unit="a/1")) == {}

    tell(story)


def test_a_machine_that_stops_by_itself_is_down_until_it_runs_again(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm())
        await provisioned(box)
        await (await box.agent()).view("a/0")
        [instance] = box.machines.states
        box.machines.states[instance] = "stopped"
        box.core.bell.ring([("machines",)])

        async def state() -> str:
            machine = (await box.client("machines", model="default"))["0"]
            return f"{machine['juju-status']['current']} {machine['machine-status']['current']}"

        async def down() -> bool:
            return await state() == "down down"

        await eventually(down)
        unit = (await box.client("status", model="default"))["applications"]["a"]["units"]["a/0"]
        assert (unit["juju-status"]["current"], unit["workload-status"]["current"]) == ("lost", "unknown")
        await box.kill()
        await box.start()
        await asyncio.sleep(0.1)
        assert box.machines.states[instance] == "stopped"
        box.machines.states[instance] = "running"
        await box.agent()
        box.core.bell.ring([("machines",)])

        async def up() -> bool:
            return await state() == "started running"

        await eventually(up)

    tell(story)


def test_machines_that_ran_are_started_again_after_the_host_was_down(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm())
        await provisioned(box)
        await box.kill()
        [instance] = box.machines.states
        box.machines.states[instance] = "stopped"
        await box.start()
        await eventually(lambda: asyncio.sleep(0, box.machines.states[instance] == "running"))

    tell(story)


def test_only_the_machine_that_knows_its_token_gets_in(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm(), num_units=2)
        await provisioned(box, 2)
        agent = await box.agent("0")
        with pytest.raises(CallError, match="invalid entity name or password"):
            await agent("login", model="default", machine="0", token="guess")
        with pytest.raises(CallError, match="not logged in"):
            await agent("unit.config", unit="a/0")
        with pytest.raises(CallError, match="permission denied"):
            await (await box.agent("0"))("unit.config", unit="a/1")

    tell(story)


def test_units_that_are_removed_take_their_machines_along(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm(), num_units=2)
        await provisioned(box, 2)
        agent = await box.agent("0")
        view = await agent.view("a/0")
        assert await box.client("remove_unit", model="default", units=["a/0", "a/9"]) == [
            {"unit": "a/0", "destroyed-units": [], "destroyed-storage": [], "detached-storage": []},
            {"unit": "a/9", "error": 'unit "a/9" not found'},
        ]
        assert (await agent.view("a/0", view["digest"]))["life"] == "dying"
        await agent("unit.dead", unit="a/0")

        async def gone() -> bool:
            return list(await box.client("machines", model="default")) == ["1"]

        await eventually(gone)
        assert len(box.machines.states) == 1
        with pytest.raises(CallError, match='unit "a/0" not found'):
            await agent("unit.config", unit="a/0")

    tell(story)


def test_two_units_join_hear_one_another_and_part(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm(), num_units=2)
        await provisioned(box, 2)
        one, two = await box.agent("0"), await box.agent("1")
        for agent, unit in ((one, "a/0"), (two, "a/1")):
            await agent.view(unit)
            await agent("relation.enter", unit=unit, relation=0)
        view = await one.view("a/0")
        assert list(view["relations"][0]["members"]) == ["a/1"]
        bag = await one("relation.settings", unit="a/0", relation=0, of="a/1")
        assert sorted(bag) == ["egress-subnets", "ingress-address"]
        changes = {"relations": [{"relation": 0, "unit": {**bag, "x": "1"}}]}
        await two("unit.commit", unit="a/1", changes=changes)
        later = await one.view("a/0", view["digest"])
        assert later["relations"][0]["members"]["a/1"] != view["relations"][0]["members"]["a/1"]
        await two("unit.commit", unit="a/1", changes=changes)
        assert await one.view("a/0", later["digest"], 0.1) is None
        await two("relation.leave", unit="a/1", relation=0)
        assert (await one.view("a/0", later["digest"]))["relations"][0]["members"] == {}

    tell(story)


def test_an_action_is_queued_run_logged_and_waited_for(tell, charm) -> None:
    async def story(box) -> None:
        await box.client(
            "deploy", model="default", charm=charm(actions="go: {params: {n: {type: integer, default: 1}}}")
        )
        await provisioned(box)
        agent = await box.agent()
        view = await agent.view("a/0")
        queued = await box.client("run", model="default", units=["a/0"], action="go")
        assert queued == {
            "operation": "1", "tasks": [{"id": "2", "unit": "a/0", "receiver": "unit-a-0"}], "errors": [],
        }  # fmt: skip
        assert (await agent.view("a/0", view["digest"]))["tasks"] == ["2"]
        assert (await agent("action.begin", unit="a/0", task="2"))["params"] == {"n": 1}
        await agent("action.log", unit="a/0", task="2", message="half way")
        waited = await box.client("wait_tasks", model="default", ids=["2"], timeout=5)
        assert (waited["done"], waited["tasks"]["2"]["log"][0]["message"]) == (False, "half way")
        waiting = asyncio.ensure_future(box.client("wait_tasks", model="default", ids=["2"], timeout=5, log_seen=1))
        results = {"return-code": 0, "count": 3}
        await agent("action.finish", unit="a/0", task="2", status="completed", results=results, message="")
        task = (await waiting)["tasks"]["2"]
        assert (task["status"], task["results"]) == ("completed", {"return-code": 0, "count": "3"})
        with pytest.raises(CallError, match='action "stop" not defined for unit "a/0".') as caught:
            await box.client("run", model="default", units=["a/0"], action="stop")
        assert caught.value.code == "not found"

    tell(story)


def test_the_log_is_followed_from_a_cursor(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("deploy", model="default", charm=charm())
        await provisioned(box)
        agent = await box.agent()
        first = await box.client("debug_log", model="default")
        following = asyncio.ensure_future(box.client("debug_log", model="default", cursor=first["cursor"], timeout=5))
        entry = {"time": "t", "entity": "unit-a-0", "level": "INFO", "module": "m", "message": "hello"}
        await agent("log.write", entries=[entry])
        assert (await following)["entries"] == [entry]

    tell(story)


def test_a_refused_call_changes_nothing_and_says_why(tell, charm) -> None:
    async def story(box) -> None:
        path = charm(config="options: {n: {type: int}}")
        with pytest.raises(CallError, match='option "n" expected int, got "x"'):
            await box.client("deploy", model="default", charm=path, config={"n": "x"})
        assert (await box.client("status", model="default"))["applications"] == {}
        with pytest.raises(CallError, match='model "nope" not found'):
            await box.client("status", model="nope")
        with pytest.raises(CallError, match="bad parameters|cannot call"):
            await box.client("status", model="default", cheese=True)

    tell(story)


def test_a_model_of_the_other_personality_lives_beside(tell, charm) -> None:
    async def story(box) -> None:
        await box.client("add_model", name="old", config={"personality": "3.6"})
        await box.client("deploy", model="old", charm=charm())
        assert (await box.client("status", model="old"))["model"]["version"] == "3.6.28"
        assert (await box.client("status", model="default"))["model"]["version"] == "4.0.15"
        await box.client("destroy_model", name="old")

        async def gone() -> bool:
            return [m["short-name"] for m in await box.client("models")] == ["default"]

        await eventually(gone)
        assert box.machines.states == {}

    tell(story)
