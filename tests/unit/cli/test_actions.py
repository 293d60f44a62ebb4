"""`juju run`, `exec`, and what shows their tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jujubox.cli.action_params import read_run
from jujubox.flags import UsageError
from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju, Refusal


def finished(*tasks: dict[str, Any]) -> Any:
    by_id = {task["id"]: task for task in tasks}
    return lambda model, ids, timeout, log_seen=0: {"tasks": {key: by_id[key] for key in ids}, "done": True}


def test_one_task_is_told_of_waited_for_and_printed(juju: Juju) -> None:
    log = [{"timestamp": samples.NOW, "message": "half way"}]
    done = samples.task("2", "app/0", results={"return-code": 0, "out": {"path": "/srv"}, "stdout": "hi\n"}, log=log)
    juju.answers(run=samples.queued("app/0"), wait_tasks=finished(done))
    ran = juju("run", "--format", "json", "app/0", "backup", "to.path=/srv", "count=3", "--wait", "30s")
    assert juju.controller.calls[0] == (
        "run",
        {"model": "default", "units": ["app/0"], "action": "backup", "params": {"to": {"path": "/srv"}, "count": 3}},
    )
    assert ran.err == (
        "Running operation 1 with 1 task\n  - task 2 on unit-app-0\n\nWaiting for task 2...\n10:11:12 half way\n"
    )
    assert ran.out == (
        '{"app/0":{"id":"2","log":["2026-08-21 10:11:12 +0000 UTC half way"],'
        '"results":{"out":{"path":"/srv"},"return-code":0,"stdout":"hi\\n"},"status":"completed",'
        '"timing":{"completed":"2026-08-21 10:11:12 +0000 UTC","enqueued":"2026-08-21 10:11:12 +0000 UTC",'
        '"started":"2026-08-21 10:11:12 +0000 UTC"},"unit":"app/0"}}\n'
    )
    assert ran.code == 0


def test_plain_output_is_results_then_stdout_then_stderr(juju: Juju) -> None:
    done = samples.task("2", "app/0", results={"return-code": 0, "b": "2", "a": "x", "stdout": "out\n", "stderr": "e"})
    juju.answers(run=samples.queued("app/0"), wait_tasks=finished(done))
    assert juju("run", "app/0", "go").out == 'a: x\nb: "2"\n\nout\ne\n'


def test_a_return_code_fails_the_command_after_the_output(juju: Juju) -> None:
    done = samples.task("2", "app/0", "failed", results={"return-code": 3}, message="exit status 3")
    juju.answers(run=samples.queued("app/0"), wait_tasks=finished(done))
    ran = juju("run", "--format=json", "app/0", "go")
    assert ran.code == 1
    assert json.loads(ran.out)["app/0"]["status"] == "failed"
    assert ran.err.endswith(
        "ERROR the following task failed:\n - id \"2\" with return code 3\n\nuse 'juju show-task' to inspect "
        "the failure\n\n"
    )


def test_a_failed_action_with_return_code_0_is_no_failure_of_the_command(juju: Juju) -> None:
    done = samples.task("2", "app/0", "failed", message="no")
    juju.answers(run=samples.queued("app/0"), wait_tasks=finished(done))
    ran = juju("run", "app/0", "go")
    assert (ran.code, ran.out) == (0, "Action id 2 failed: no\n")


def test_a_timeout_prints_no_results(juju: Juju) -> None:
    juju.answers(run=samples.queued("app/0", "app/1"), wait_tasks=finished(samples.task("2", "app/0", "running")))
    ran = juju("run", "app/0", "app/1", "go", "--wait", "10ms", "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "ERROR timed out waiting for results from: unit app/0, unit app/1\n"


def test_nothing_queued_is_told_and_is_no_failure(juju: Juju) -> None:
    juju.answers(run={"operation": "1", "tasks": [], "errors": ['unit "app/9" not found']})
    ran = juju("run", "app/9", "go")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == 'Operation 1 failed to schedule any tasks:\nunit "app/9" not found\n'


def test_in_the_background_only_ids_are_told(juju: Juju) -> None:
    juju.answers(run=samples.queued("app/0"))
    assert juju("run", "app/0", "go", "--background").err == (
        "Scheduled operation 1 with task 2\n"
        "Check operation status with 'juju show-operation 1'\n"
        "Check task status with 'juju show-task 2'\n"
    )
    juju.answers(run=samples.queued("app/0", "app/1"))
    ran = juju("run", "app/0", "app/1", "go", "--background")
    assert ran.err.startswith("Scheduled operation 1 with 2 tasks\n")
    assert ran.out == 'app/0:\n  id: "2"\napp/1:\n  id: "3"\n'


def test_an_unknown_action_ends_in_not_found(juju: Juju) -> None:
    juju.answers(run=Refusal('action "go" not defined for unit "app/0".', "not found"))
    ran = juju("run", "app/0", "go")
    assert (ran.code, ran.err) == (1, 'ERROR action "go" not defined for unit "app/0". (not found)\n')


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([], "no unit specified"),
        (["go"], "no unit specified"),
        (["app/0"], "no action specified"),
        (["app/0", "Go!"], 'invalid unit or action name "Go!"'),
        (["app/0", "other/0", "go"], "all units must be of the same application"),
        (["app/0", "go", "x"], 'argument "x" must be of the form key.key.key...=value'),
        (["app/0", "go", "a..b=1"], 'argument "a..b=1" must be of the form key.key.key...=value'),
        (
            ["app/0", "go", "Ab=1"],
            (
                'key "Ab" must start and end with lowercase alphanumeric, '
                "and contain only lowercase alphanumeric and hyphens"
            ),
        ),
        (["app/0", "go", "--wait", "1s", "--background"], "cannot specify both --wait and --background"),
    ],
)
def test_wrong_arguments_of_run(juju: Juju, argv: list[str], text: str) -> None:
    ran = juju("run", *argv)
    assert (ran.code, ran.err) == (2, f"ERROR {text}\n")


def test_arguments_override_the_params_file(juju: Juju, tmp_path: Any) -> None:
    (tmp_path / "p.yaml").write_text("a: {b: 1, c: 2}\nd: x\n")
    juju.answers(run=samples.queued("app/0"), wait_tasks=finished(samples.task("2", "app/0")))
    juju("run", "app/leader", "go", "--params", str(tmp_path / "p.yaml"), "a.b=yes", "d=5", "--string-args")
    params = juju.controller.calls[0][1]["params"]
    assert params == {"a": {"b": "yes", "c": 2}, "d": "5"}


def test_values_are_yaml_unless_they_are_to_be_strings() -> None:
    words = ["app/0", "go", "a=true", "b=[1, 2]", "c=text"]
    assert read_run(words, strings=False).params == {"a": True, "b": [1, 2], "c": "text"}
    assert read_run(words, strings=True).params == {"a": "true", "b": "[1, 2]", "c": "text"}
    with pytest.raises(UsageError):
        read_run(["app/0"], strings=False)


def test_exec_quotes_several_words_and_leaves_one_alone(juju: Juju) -> None:
    done = samples.task("2", "app/0", results={"return-code": 0, "stdout": "hi\n"})
    juju.answers(exec=samples.queued("app/0"), wait_tasks=finished(done))
    assert juju("exec", "--unit", "app/0", "--", "echo", "a b").out == "hi\n"
    assert juju.controller.calls[0][1]["commands"] == "echo 'a b'"
    assert juju.controller.calls[0][1]["units"] == ["app/0"]
    assert juju("exec", "-u", "app/0,app/leader", "--wait=5s", "echo $HOME").err == ""
    assert juju.controller.calls[2][1]["commands"] == "echo $HOME"


def test_exec_heads_the_output_of_several_with_their_names(juju: Juju) -> None:
    first = samples.task("2", "app/0", results={"return-code": 0, "stdout": "one\n", "stderr": "!\n"})
    second = samples.task("3", "app/1", results={"return-code": 0, "stdout": "two\n"})
    juju.answers(exec=samples.queued("app/0", "app/1"), wait_tasks=finished(first, second))
    assert juju("exec", "-a", "app", "--", "x").out == "app/0:\none\n!\n\napp/1:\ntwo\n\n"
    juju.answers(wait_tasks=finished(first, samples.task("3", "app/1")))
    assert juju("exec", "-a", "app", "--", "x").out == "one\n!\n"


def test_exec_on_a_machine_is_keyed_by_machine(juju: Juju) -> None:
    task = {**samples.task("2", ""), "machine": "0"}
    del task["unit"]
    queued = {"operation": "1", "tasks": [{"id": "2", "machine": "0", "receiver": "machine-0"}], "errors": []}
    juju.answers(exec=queued, wait_tasks=finished(task))
    found = json.loads(juju("exec", "--machine", "0", "--format=json", "--", "true").out)
    assert found["0"]["machine"] == "0"
    assert "unit" not in found["0"]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--unit", "app/0"], "no commands specified"),
        (["--", "ls"], "You must specify a target, either through --all, --machine, --application or --unit"),
        (["-u", "x", "--", "ls"], 'The following exec targets are not valid:\n  "x" is not a valid unit name'),
        (["--all", "-u", "a/0", "--", "ls"], "You cannot specify --all and individual units"),
    ],
)
def test_wrong_arguments_of_exec(juju: Juju, argv: list[str], text: str) -> None:
    ran = juju("exec", *argv)
    assert (ran.code, ran.err) == (2, f"ERROR {text}\n")


def test_actions_are_described(juju: Juju) -> None:
    schema = {"title": "go", "description": "Goes", "type": "object", "properties": {}, "additionalProperties": False}
    juju.answers(actions={"go": {"description": "Goes", "schema": schema}, "a": {"description": "", "schema": {}}})
    assert juju("actions", "app", "--format=json").out == '{"a":"No description","go":"Goes"}\n'
    assert json.loads(juju("actions", "app", "--schema", "--format=json").out)["go"] == schema
    assert juju("actions", "app").out == "Action  Description\na       No description\ngo      Goes\n"
    juju.answers(actions={})
    assert juju("actions", "app").err == "No actions defined for app.\n"


def test_a_task_and_an_operation_are_shown(juju: Juju) -> None:
    juju.answers(show_task=samples.task("2", "app/0"))
    assert json.loads(juju("show-task", "2", "--format=json").out)["results"] == {"return-code": 0}
    operation = {
        "summary": "go run on unit-app-0",
        "status": "completed",
        "action": {"name": "go", "parameters": {}},
        "timing": {"enqueued": samples.NOW, "completed": samples.NOW},
        "tasks": {"2": {"host": "app/0", "status": "completed", "timing": {}, "results": {"return-code": 0}}},
    }
    juju.answers(show_operation=operation, operations={"1": operation})
    shown = json.loads(juju("show-operation", "1", "--format", "json").out)
    assert shown["1"]["timing"]["enqueued"] == "2026-08-21 10:11:12 +0000 UTC"
    assert "go run on unit-app-0" in juju("operations").out
    assert json.loads(juju("operations", "--format=json", "--status", "completed").out).keys() == {"1"}
    assert juju.last[1]["status"] == ["completed"]


def test_cancelling_reports_each_task(juju: Juju) -> None:
    juju.answers(cancel_task=[{"id": "2", "status": "cancelled"}, {"id": "9", "error": 'task "9" not found'}])
    ran = juju("cancel-task", "2", "9")
    assert (ran.code, ran.out, ran.err) == (1, '"2":\n  status: cancelled\n', 'ERROR task "9" not found\n')
