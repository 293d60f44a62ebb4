from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.unit.agent.play import relation
from tests.unit.agent.stage import Stage, environment_of

HOOKS = {f"hooks/{name}": "" for name in ("install", "config-changed", "start", "update-status", "stop", "remove")}
Scenario = Callable[[Stage], Coroutine[Any, Any, None]]


def play(tmp_path: Path, scenario: Scenario, **scripts: str) -> Stage:
    """Run a scenario with a charm of the usual hooks and `scripts` (`config_changed="exit 1"`)."""
    named = {f"hooks/{name.replace('_', '-')}": script for name, script in scripts.items()}

    async def run() -> Stage:
        stage = Stage(tmp_path, {**HOOKS, **named})
        try:
            await stage.start()
            await asyncio.wait_for(scenario(stage), 60)
        finally:
            await stage.end()
        return stage

    return asyncio.run(run())


async def settle(stage: Stage) -> None:
    await stage.idle()


def test_a_unit_is_deployed_and_reaches_idle(tmp_path: Path) -> None:
    stage = play(tmp_path, settle)
    assert stage.ran == ["install", "config-changed", "start"]
    assert stage.controller.agent_statuses() == [
        ("executing", "running install hook"),
        ("executing", "running config-changed hook"),
        ("executing", "running start hook"),
        ("idle", ""),
    ]
    statuses = [params["status"] for method, params in stage.controller.told if method == "unit.set_status"]
    assert statuses == ["waiting", "maintenance", "unknown"]


def test_the_environment_is_exactly_what_juju_gives(tmp_path: Path) -> None:
    play(tmp_path, settle, install=f"env -0 >{tmp_path}/env")
    found = environment_of(tmp_path / "env")
    assert found.keys() & {"HOME", "USER", "SHELL", "LOGNAME"} == set()
    assert found["PATH"].startswith(f"{tmp_path}/tools/unit-app-0:")
    assert found["JUJU_HOOK_NAME"] == "install"
    assert found["JUJU_DISPATCH_PATH"] == "hooks/install"
    assert found["JUJU_UNIT_NAME"] == "app/0"
    assert found["JUJU_CONTEXT_ID"].startswith("app/0-install-")
    assert found["PWD"] == found["CHARM_DIR"] == found["JUJU_CHARM_DIR"]
    assert found["JUJU_CHARM_HTTP_PROXY"] == ""


def test_output_goes_to_the_log_at_two_levels(tmp_path: Path) -> None:
    stage = play(tmp_path, settle, install="echo out; echo err >&2; printf tail")
    assert ("DEBUG", "unit.app/0.install", "out") in stage.logged
    assert ("WARNING", "unit.app/0.install", "err") in stage.logged
    assert ("DEBUG", "unit.app/0.install", "tail") in stage.logged


def test_hook_tools_answer_and_a_hook_that_succeeds_is_committed(tmp_path: Path) -> None:
    reads = f'test "$(config-get greeting)" = hello && is-leader >{tmp_path}/l'
    script = f"{reads} && state-set a=1 && echo x: y | state-set --file -"
    stage = play(tmp_path, settle, install=script)
    assert [commit["charm_state"] for commit in stage.controller.commits] == [{"a": "1", "x": "y"}]
    assert (tmp_path / "l").read_text() == "False\n"


def test_a_hook_tool_passes_codes_and_errors_on(tmp_path: Path) -> None:
    stage = play(tmp_path, settle, install="config-get --cheese; echo code $?")
    assert ("WARNING", "unit.app/0.install", "ERROR option provided but not defined: --cheese") in stage.logged
    assert ("DEBUG", "unit.app/0.install", "code 2") in stage.logged


def test_a_tool_with_another_context_is_refused(tmp_path: Path) -> None:
    stage = play(tmp_path, settle, install="JUJU_CONTEXT_ID=x config-get; JUJU_CONTEXT_ID= config-get; true")
    errors = [message for level, _, message in stage.logged if level == "WARNING"]
    assert errors == ['ERROR bad request: wrong context ID; got "x"', "ERROR JUJU_CONTEXT_ID not set"]


def test_a_failed_hook_commits_nothing_and_resolved_runs_it_again(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        failed = ("error", 'hook failed: "config-changed"')
        await stage.until(lambda: failed in stage.controller.agent_statuses(), "error")
        assert stage.controller.commits == []
        (tmp_path / "fixed").touch()
        stage.controller.see(resolved="retry-hooks")
        await stage.idle()

    stage = play(tmp_path, scenario, config_changed=f"state-set a=1; test -e {tmp_path}/fixed")
    assert stage.ran == ["install", "config-changed", "config-changed", "start"]
    assert len(stage.controller.commits) == 1


def test_a_refused_commit_fails_the_hook(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.controller.refuse_commits = True
        failed = ("error", 'hook failed: "install"')
        await stage.until(lambda: failed in stage.controller.agent_statuses(), "error")

    play(tmp_path, scenario, install="state-set a=1")


def test_a_hook_that_is_killed_runs_again(tmp_path: Path) -> None:
    script = f"test -e {tmp_path}/once || {{ touch {tmp_path}/once; kill -9 $$; }}"
    assert play(tmp_path, settle, install=script).ran == ["install", "install", "config-changed", "start"]


def test_a_background_child_does_not_hold_a_hook_up(tmp_path: Path) -> None:
    play(tmp_path, settle, install="sleep 60 &")


def test_a_hook_that_is_missing_counts_as_run(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.see(relations=(relation(1, members={"client/0": 1}),))
        await stage.until(lambda: "1" in stage.controller.state["relations"], "relation")
        await stage.until(lambda: bool(stage.controller.state["relations"]["1"]["members"]), "member")

    stage = play(tmp_path, scenario)
    assert ("INFO", "juju.worker.uniter.operation", 'skipped "db-relation-joined" hook (missing)') in stage.logged


def test_an_agent_that_starts_again_goes_on_where_it_was(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        await stage.end()
        await stage.start()
        await asyncio.sleep(0.1)
        assert len(stage.ran) == 3
        await stage.end()
        await stage.start("boot-2")
        await stage.until(lambda: stage.ran[3:] == ["start"], "start")

    play(tmp_path, scenario)


def test_an_agent_that_is_stopped_queues_the_hook_it_interrupts(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.until(lambda: stage.ran == ["install"], "install")
        await stage.agent.stop()
        await stage.end()
        assert stage.controller.state["step"] == "queued"
        await stage.start()
        await stage.until(lambda: stage.ran == ["install", "install"], "install")

    play(tmp_path, scenario, install="sleep 30")


def test_actions_report_results_and_commit(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        task = {"id": "2", "name": "backup", "params": {"n": 3}, "parallel": False, "execution_group": ""}
        stage.controller.tasks["2"] = task
        stage.controller.see(tasks=("2",))
        await stage.until(lambda: "2" in stage.controller.finished, "end of the action")

    scripts = {**HOOKS, "actions/backup": 'echo "n is $(action-get n)"; action-set a.b=c; state-set done=yes'}

    async def run() -> Stage:
        stage = Stage(tmp_path, scripts)
        try:
            await stage.start()
            await scenario(stage)
        finally:
            await stage.end()
        return stage

    stage = asyncio.run(run())
    assert stage.controller.finished["2"] == {
        "status": "completed",
        "results": {"a": {"b": "c"}, "return-code": 0, "stdout": "n is 3\n"},
        "message": "",
    }
    assert len(stage.controller.commits) == 1


def _exec_task(command: str, **params: Any) -> dict[str, Any]:
    params = {"command": command, **params}
    return {"id": "4", "name": "juju-exec", "params": params, "parallel": True, "execution_group": ""}


@pytest.mark.parametrize(
    ("task", "outcome"),
    [
        (_exec_task("echo hi; exit 3"), ("completed", {"return-code": 3, "stdout": "hi\n"}, "")),
        (_exec_task("sleep 30", timeout=100_000_000), ("failed", {}, "command timed out")),
        ({**_exec_task(""), "name": "none"}, ("failed", {}, 'action not implemented on unit "app/0"')),
        (
            _exec_task("printf '\\377'"),
            ("completed", {"return-code": 0, "stdout": "/w==", "stdout-encoding": "base64"}, ""),
        ),
    ],
)
def test_tasks_end_as_juju_ends_them(tmp_path: Path, task: dict[str, Any], outcome: tuple[Any, ...]) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.tasks["4"] = task
        stage.controller.see(tasks=("4",))
        await stage.until(lambda: "4" in stage.controller.finished, "end of the task")

    found = play(tmp_path, scenario).controller.finished["4"]
    assert (found["status"], found["results"], found["message"]) == outcome


def test_a_running_task_can_be_cancelled(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.tasks["4"] = _exec_task(f"touch {tmp_path}/on; sleep 30")
        stage.controller.see(tasks=("4",))
        await stage.until((tmp_path / "on").exists, "start of the task")
        stage.controller.see(cancelled_tasks=("4",))
        await stage.until(lambda: "4" in stage.controller.finished, "end of the task")

    assert play(tmp_path, scenario).controller.finished["4"]["status"] == "aborted"


def test_commands_on_the_machine_run_in_the_units_context(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        done = await stage.exec("app/0", "pwd; config-get greeting; state-set k=v; echo no >&2; exit 4")
        assert (done.returncode, done.stdout, done.stderr) == (4, f"{stage.paths.charm}\nhello\n", "no\n")
        assert stage.controller.commits == []
        assert (await stage.exec("unit-app-0", "state-set k=v")).returncode == 0
        assert [commit["charm_state"] for commit in stage.controller.commits] == [{"k": "v"}]

    play(tmp_path, scenario)


def test_commands_in_a_relation_infer_the_remote_unit(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.see(relations=(relation(1, members={"client/0": 1}),))
        await stage.until(lambda: "client/0" in str(stage.controller.state["relations"]), "member")
        done = await stage.exec("-r", "db:1", "app/0", "echo $JUJU_RELATION_ID $JUJU_REMOTE_UNIT $JUJU_REMOTE_APP")
        assert done.stdout == "db:1 client/0 client\n"
        done = await stage.exec("-r", "db:1", "--remote-unit", "client/7", "app/0", "true")
        assert (done.returncode, done.stderr) == (
            1,
            "ERROR unknown remote unit client/7; possibilities are [client/0]\n",
        )
        done = await stage.exec("--force-remote-unit", "-r", "1", "--remote-unit", "client/7", "app/0", "env")
        assert "JUJU_REMOTE_UNIT=client/7" in done.stdout
        assert (await stage.exec("-r", "9", "app/0", "true")).stderr == "ERROR unknown relation id: 9\n"

    play(tmp_path, scenario)


def test_a_command_waits_its_turn(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.until(lambda: stage.ran == ["install"], "install")
        asked = asyncio.create_task(stage.exec("app/0", f"cat {tmp_path}/ran | wc -l"))
        await stage.until(lambda: bool(stage.agent._runtime.commands), "the command")
        (tmp_path / "go").touch()
        assert (await asked).stdout == "1\n"

    play(tmp_path, scenario, install=f"until [ -e {tmp_path}/go ]; do sleep 0.02; done")


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ((), "missing unit-name"),
        (("app/0",), "missing commands"),
        (("app", "true"), '"app" is not a valid tag'),
        (("--cheese", "app/0", "true"), "option provided but not defined: --cheese"),
    ],
)
def test_juju_exec_checks_its_arguments(tmp_path: Path, argv: tuple[str, ...], text: str) -> None:
    async def scenario(stage: Stage) -> None:
        done = await stage.exec(*argv)
        assert (done.returncode, done.stderr) == (2, f"ERROR {text}\n")

    play(tmp_path, scenario)


def test_hooks_of_one_machine_run_one_after_another(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        async with stage.lock:
            stage.controller.see(config_hash="c2")
            await asyncio.sleep(0.2)
            assert stage.ran[3:] == []
        await stage.until(lambda: stage.ran[3:] == ["config-changed"], "config-changed")

    play(tmp_path, scenario)


def test_reboot_now_kills_the_hook_and_queues_it_again(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.until(lambda: ("unit.trigger_reboot", {"unit": "app/0"}) in stage.controller.told, "reboot")
        assert (stage.controller.state["kind"], stage.controller.state["step"]) == ("run-hook", "queued")

    play(tmp_path, scenario, install="juju-reboot --now; sleep 30")


def test_a_dying_unit_is_torn_down_and_reported_dead(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.see(life="dying")
        await stage.until(lambda: stage.controller.view.life == "dead", "death")

    stage = play(tmp_path, scenario)
    assert stage.ran[3:] == ["stop", "remove"]


def test_an_upgrade_replaces_files_and_keeps_what_the_charm_made(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.idle()
        stage.controller.archive = stage.pack({**HOOKS, "hooks/upgrade-charm": "", "lib/new": ""})
        stage.controller.see(charm_url="local:app-1")
        await stage.until(lambda: stage.ran[3:] == ["upgrade-charm", "config-changed"], "upgrade")

    play(tmp_path, scenario, install="touch made-here", gone="")
    charm = tmp_path / "agents/unit-app-0/charm"
    assert (charm / "made-here").exists()
    assert (charm / "lib/new").exists()
    assert not (charm / "hooks/gone").exists()
