"""The `juju` command: JSON shapes, texts, exit codes, tables, selectors, bundles, models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving import box as boxes
from driving.tape import Tape
from driving.tools import in_context
from driving.waiting import await_gone, await_workload, quiet, until

MODEL_CONFIG = {"automatically-retry-hooks": False}


class Cli:
    """`juju` in the module's model, with all it says."""

    def __init__(self, model: str) -> None:
        self.model = model

    def __call__(self, command: str, *argv: str, stdin: str | None = None) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        done = boxes.juju(command, "--model", self.model, *argv, stdin=stdin)
        return done.returncode, done.stdout, done.stderr

    def json(self, command: str, *argv: str) -> Any:
        """What `--format json` prints."""
        return boxes.juju_json(command, "--model", self.model, *argv)


@pytest.fixture(scope="module")
def cli(juju: jubilant.Juju) -> Cli:
    """The command, before anything is deployed."""
    assert juju.model is not None
    return Cli(juju.model)


@pytest.fixture(scope="module")
def deployed(juju: jubilant.Juju, cli: Cli, recorder: Path) -> Cli:
    """`alpha` with two units and `beta` with one on machine 0, related."""
    code, out, err = cli("deploy", str(recorder), "alpha")
    assert (code, out) == (0, "")
    assert 'Located local charm "recorder", revision 0' in err
    assert re.search(r'Deploying "alpha" from local charm "recorder", revision 0 on debian@12', err)
    juju.add_unit("alpha", to="0")
    juju.deploy(recorder, "beta", to="0")
    juju.integrate("alpha:source", "beta:sink")
    quiet(juju, "alpha", "beta")
    return cli


# before anything is deployed


def test_an_empty_model_says_so_on_stderr(cli: Cli) -> None:
    code, out, err = cli("status")
    assert (code, err) == (0, f'Model "{cli.model}" is empty.\n')
    assert [line.split()[0] for line in out.splitlines()] == ["Model", cli.model]
    assert cli.json("status")["applications"] == {}


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["status", "--cheese"], 2, "option provided but not defined: --cheese"),
        (["show-unit"], 2, "an unit name must be supplied"),
        (["show-unit", "x"], 2, "unit name x not valid"),
        (["show-unit", "x/9"], 1, '~unit "x/9" not found.*'),
        (["run", "alpha/0"], 2, "no action specified"),
        (["run"], 2, "no unit specified"),
        (["run", "X!", "y"], 2, 'invalid unit or action name "X!"'),
        (["run", "alpha/0", "beta/0", "go"], 2, "all units must be of the same application"),
        (["run", "alpha/0", "go", "--wait=1s", "--background"], 2, "cannot specify both --wait and --background"),
        (["exec", "--unit", "alpha/0"], 2, "no commands specified"),
        (["exec", "true"], 2, "You must specify a target, either through --all, --machine, --application or --unit"),
        (["integrate", "alpha"], 2, "an integration must involve two applications"),
        (["remove-relation", "alpha"], 2, "~a relation must involve two applications"),
        (["resolved"], 2, "no unit specified"),
        (["config"], 2, "no application name specified"),
        (["status", "--color", "--no-color"], 2, "cannot mix --no-color and --color"),
        (["deploy", "./nowhere.charm"], 1, "~.*nowhere.charm.*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_words_are_refused_with_jujus_text(cli: Cli, argv: list[str], code: int, message: str) -> None:
    seen, out, err = cli(*argv)
    wanted = message[1:] if message.startswith("~") else re.escape(message)
    assert re.search(f"^ERROR {wanted}$", err, re.MULTILINE), err
    assert (seen, out) == (code, "")


def test_an_unknown_command_is_named() -> None:
    done = boxes.juju("cheese")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('ERROR juju: "cheese" is not a juju command. See "juju --help".')


def test_version_in_both_forms(juju: jubilant.Juju) -> None:
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?-[a-z]+-[a-z0-9]+\n", boxes.juju("version").stdout)
    assert juju.version().tuple >= (3, 6)


# status


def test_status_has_jujus_keys(deployed: Cli, juju: jubilant.Juju) -> None:
    status = deployed.json("status")
    assert set(status) >= {"model", "machines", "applications", "controller", "storage"}
    assert set(status["model"]) >= {"name", "type", "controller", "cloud", "version", "model-status"}
    machine = status["machines"]["0"]
    assert set(machine) >= {
        "juju-status",
        "hostname",
        "dns-name",
        "ip-addresses",
        "instance-id",
        "machine-status",
        "modification-status",
        "base",
        "network-interfaces",
    }
    assert machine["juju-status"]["current"] == "started"
    assert machine["machine-status"]["current"] == "running"
    (interface,) = machine["network-interfaces"].values()
    assert interface["ip-addresses"] == machine["ip-addresses"]
    assert interface["is-up"] is True
    alpha = status["applications"]["alpha"]
    assert (alpha["charm"], alpha["charm-origin"], alpha["charm-name"]) == (
        f"local:recorder-{alpha['charm-rev']}",
        "local",
        "recorder",
    )
    assert alpha["exposed"] is False
    assert alpha["base"] == {"name": "debian", "channel": "12"}
    assert alpha["relations"] == {
        "ring": [{"related-application": "alpha", "interface": "ring", "scope": "global"}],
        "source": [{"related-application": "beta", "interface": "feed", "scope": "global"}],
    }
    unit = alpha["units"]["alpha/0"]
    assert (unit["machine"], unit["public-address"]) == ("0", machine["dns-name"])
    assert unit["workload-status"]["current"] == "active"
    assert unit["juju-status"]["version"] == status["model"]["version"]
    assert sum(each.get("leader", False) for each in alpha["units"].values()) == 1
    (storage,) = [each for name, each in status["storage"]["storage"].items() if "alpha/0" in str(each)]
    assert storage["kind"] == "filesystem"
    assert storage["attachments"]["units"]["alpha/0"]["machine"] == "0"


def test_json_is_one_line_sorted_as_go_writes_it(deployed: Cli) -> None:
    _, out, _ = deployed("status", "--format", "json")
    assert out.count("\n") == 1
    assert ": " not in re.sub(r'"[^"]*"', "", out)
    names = list(json.loads(out)["applications"])
    assert names == sorted(names)


def test_times_are_utc_when_asked(deployed: Cli) -> None:
    status = deployed.json("status", "--utc")
    since = status["applications"]["alpha"]["application-status"]["since"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", since)
    assert re.fullmatch(r"\d\d:\d\d:\d\d", status["controller"]["timestamp"])
    local = deployed.json("status")["applications"]["alpha"]["application-status"]["since"]
    assert re.fullmatch(r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", local)


def test_the_table_is_drawn_as_juju_draws_it(deployed: Cli) -> None:
    _, out, err = deployed("status", "--relations")
    assert err == ""
    sections = out.split("\n\n")
    heads = [section.splitlines()[0].split() for section in sections if section.strip()]
    assert heads[0][:4] == ["Model", "Controller", "Cloud/Region", "Version"]
    assert heads[1] == ["App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"]
    assert heads[2] == ["Unit", "Workload", "Agent", "Machine", "Public", "address", "Ports", "Message"]
    assert heads[3] == ["Machine", "State", "Address", "Inst", "id", "Base", "AZ", "Message"]
    assert heads[4] == ["Integration", "provider", "Requirer", "Interface", "Type", "Message"]
    assert re.search(r"^alpha +1\.0 +active +2 +recorder +\d+ +no", out, re.MULTILINE)
    assert re.search(r"^alpha/\d\* +active +idle +0 +[\d.]+ +recording$", out, re.MULTILINE)
    assert re.search(r"^0 +started +[\d.]+ +\S+ +debian@12", out, re.MULTILINE)
    assert re.search(r"^alpha:source +beta:sink +feed +regular", out, re.MULTILINE)
    assert re.search(r"^alpha:ring +alpha:ring +ring +peer", out, re.MULTILINE)


def test_other_formats(deployed: Cli) -> None:
    _, out, _ = deployed("status", "--format", "oneline")
    assert re.search(r"^- alpha/0: [\d.]+ \(agent:idle, workload:active\)", out, re.MULTILINE)
    _, out, _ = deployed("status", "--format", "yaml")
    assert out.startswith("model:\n")
    assert "\napplications:\n  alpha:\n" in out
    code, out, err = deployed("status", "--format", "cheese")
    assert (code, out) == (2, "")
    assert 'unknown format "cheese"' in err


def test_selectors_choose_and_say_when_nothing_matches(deployed: Cli) -> None:
    assert sorted(deployed.json("status", "beta")["applications"]) == ["beta"]
    only = deployed.json("status", "alpha/1")
    assert sorted(only["applications"]["alpha"]["units"]) == ["alpha/1"]
    assert sorted(deployed.json("status", "0")["applications"]) == ["alpha", "beta"]
    code, _, err = deployed("status", "gamma")
    assert (code, err) == (0, "Nothing matched specified filter.\n")
    assert deployed("status", "gamma", "delta")[2] == "Nothing matched specified filters.\n"


# units, applications, configuration


def test_show_unit_has_jujus_keys(deployed: Cli) -> None:
    (name, unit), *rest = deployed.json("show-unit", "beta/0").items()
    assert (name, rest) == ("beta/0", [])
    assert set(unit) >= {"machine", "opened-ports", "public-address", "charm", "leader", "relation-info"}
    assert unit["leader"] is True
    (sink,) = [relation for relation in unit["relation-info"] if relation["endpoint"] == "sink"]
    assert sink["related-endpoint"] == "source"
    assert sink["application-data"] == {}
    assert sorted(sink["related-units"]) == ["alpha/0", "alpha/1"]
    assert sink["related-units"]["alpha/0"]["in-scope"] is True
    assert set(sink["local-unit"]) == {"in-scope", "data"}


def test_show_application_and_its_config(deployed: Cli) -> None:
    assert deployed.json("show-application", "beta")["beta"]["base"] == "debian@12"
    config = deployed.json("config", "alpha")
    assert (config["application"], config["charm"]) == ("alpha", "recorder")
    assert config["settings"]["level"] == {
        "default": 1,
        "description": "A number that tests change.",
        "source": "default",
        "type": "int",
        "value": 1,
    }
    assert config["settings"]["motto"] == {"description": "Has no default.", "source": "unset", "type": "string"}
    assert deployed("config", "alpha", "greeting") == (0, "hello\n", "")
    code, _, err = deployed("config", "alpha", "cheese")
    assert code == 1
    assert 'key "cheese" not found in "alpha" application config or charm settings.' in err


def test_a_wrong_value_changes_nothing(deployed: Cli) -> None:
    code, out, err = deployed("config", "alpha", "greeting=changed", "level=many")
    assert (code, out) == (1, "")
    assert err.startswith("ERROR ")
    assert deployed("config", "alpha", "greeting")[1] == "hello\n"
    assert deployed("config", "alpha", "cheese=1")[0] == 1


def test_values_come_from_files_and_are_reset(deployed: Cli, tmp_path: Path) -> None:
    text = tmp_path / "motto"
    text.write_text("from a file\n")
    assert deployed("config", "alpha", f"motto=@{text}", "ratio=2.5") == (0, "", "")
    assert deployed.json("config", "alpha")["settings"]["motto"]["source"] == "user"
    assert deployed("config", "alpha", "motto")[1].rstrip("\n") == "from a file"
    settings = tmp_path / "settings.yaml"
    settings.write_text("alpha:\n  greeting: filed\n")
    assert deployed("config", "alpha", "--file", str(settings))[0] == 0
    assert deployed("config", "alpha", "greeting")[1] == "filed\n"
    assert deployed("config", "alpha", "--reset", "motto,ratio,greeting")[0] == 0
    assert deployed("config", "alpha", "motto")[1] == "\n"


def test_model_config_uses_capital_keys(deployed: Cli) -> None:
    config = deployed.json("model-config")
    assert config["automatically-retry-hooks"] == {"Value": False, "Source": "model"}
    assert deployed("model-config", "update-status-hook-interval=10m")[0] == 0
    assert deployed("model-config", "update-status-hook-interval")[1] == "10m\n"
    assert deployed("model-config", "--reset", "update-status-hook-interval")[0] == 0
    assert deployed("model-config", "update-status-hook-interval")[1] == "5m\n"


# actions and commands


def test_actions_are_listed_with_their_schema(deployed: Cli) -> None:
    assert deployed.json("actions", "alpha")["echo"] == "Give back the message."
    schema = deployed.json("actions", "alpha", "--schema")["echo"]
    assert schema["type"] == "object"
    assert schema["required"] == ["message"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["times"]["default"] == 1


def test_run_tells_its_progress_on_stderr_and_its_results_on_stdout(deployed: Cli) -> None:
    code, out, err = deployed("run", "alpha/0", "echo", "message=hi")
    assert code == 0
    assert re.match(
        r"Running operation \d+ with 1 task\n  - task \d+ on unit-alpha-0\n\nWaiting for task \d+\.\.\.\n", err
    )
    assert re.search(r"^\d\d:\d\d:\d\d about to speak$", err, re.MULTILINE)
    assert out == 'nested:\n  deep: "1"\nsaid: hi\n\nspoken\n'


def test_run_as_json(deployed: Cli) -> None:
    done = deployed.json("run", "alpha/leader", "echo", "message=hi", "times=2")
    ((unit, task),) = done.items()
    assert task["unit"] == unit
    assert task["status"] == "completed"
    assert task["results"] == {"said": "hihi", "nested": {"deep": "1"}, "return-code": 0, "stdout": "spoken\n"}
    assert set(task["timing"]) == {"completed", "enqueued", "started"}
    assert isinstance(task["id"], str)
    assert task["log"][0].endswith(" about to speak")


def test_an_action_that_exits_non_zero_fails_the_command(deployed: Cli) -> None:
    code, out, err = deployed("run", "alpha/0", "break", "--format", "json")
    task = json.loads(out)["alpha/0"]
    assert code == 1
    assert (task["status"], task["message"]) == ("failed", "exit status 3")
    assert task["results"] == {"half": "done", "return-code": 3, "stderr": "to stderr\n"}
    assert f'ERROR the following task failed:\n - id "{task["id"]}" with return code 3\n' in err
    assert "use 'juju show-task' to inspect the failure" in err


def test_an_action_that_gives_up_does_not(deployed: Cli) -> None:
    code, out, _ = deployed("run", "alpha/0", "give-up", "--format", "json")
    task = json.loads(out)["alpha/0"]
    assert (code, task["status"], task["message"]) == (0, "failed", "no use")
    assert task["results"] == {"return-code": 0}
    _, out, _ = deployed("run", "alpha/0", "give-up")
    assert out.startswith(f"Action id {int(task['id']) + 2} failed: no use\n")


def test_what_the_schema_forbids_is_refused(deployed: Cli) -> None:
    code, out, err = deployed("run", "alpha/0", "cheese")
    assert (code, out) == (1, "")
    assert 'ERROR action "cheese" not defined for unit "alpha/0". (not found)' in err
    code, out, err = deployed("run", "alpha/0", "echo", "message=x", "times=many", "--format", "json")
    assert "times" in out + err
    assert "completed" not in out


def test_operations_tasks_and_cancelling(deployed: Cli, juju: jubilant.Juju) -> None:
    code, out, err = deployed("run", "alpha/0", "linger", "--background")
    assert (code, out) == (0, "")
    found = re.search(r"Scheduled operation (\d+) with task (\d+)", err)
    assert found is not None
    operation, task = found.groups()
    assert int(task) == int(operation) + 1
    assert f"Check operation status with 'juju show-operation {operation}'" in err
    until(lambda: deployed.json("show-task", task)["status"], lambda status: status == "running")
    _, _, err = deployed("run", "alpha/0", "echo", "message=late", "--background")
    later = str(int(task) + 2)
    assert deployed.json("show-task", later)["status"] == "pending"
    assert deployed("cancel-task", later)[0] == 0
    assert deployed.json("show-task", later)["status"] == "cancelled"
    assert deployed.json("show-operation", operation)[operation]["status"] == "running"
    assert deployed("cancel-task", task)[0] == 0
    until(lambda: deployed.json("show-task", task)["status"], lambda status: status == "aborted")
    assert deployed.json("operations")[operation]["status"] == "aborted"
    quiet(juju, "alpha")


def test_a_wait_that_is_too_short_says_so_and_prints_nothing(deployed: Cli, juju: jubilant.Juju) -> None:
    code, out, err = deployed("run", "alpha/0", "linger", "--wait", "500ms")
    assert (code, out) == (1, "")
    assert "ERROR timed out waiting for results from: unit alpha/0" in err
    task = re.search(r"task (\d+) on", err)
    assert task is not None
    assert deployed("cancel-task", task.group(1))[0] == 0
    until(lambda: deployed.json("show-task", task.group(1))["status"], lambda status: status == "aborted")
    quiet(juju, "alpha")


def test_exec_on_several_targets(deployed: Cli) -> None:
    done = deployed.json("exec", "--application", "alpha", "--", "echo", "$JUJU_UNIT_NAME", "two words")
    assert sorted(done) == ["alpha/0", "alpha/1"]
    assert done["alpha/0"]["results"]["stdout"] == "$JUJU_UNIT_NAME two words\n"
    code, out, _ = deployed("exec", "--unit", "alpha/0,beta/0", "echo $JUJU_UNIT_NAME")
    assert code == 0
    assert sorted(out.split()) == ["alpha/0", "alpha/0:", "beta/0", "beta/0:"]
    on_machine = deployed.json("exec", "--machine", "0", "whoami")
    assert on_machine["0"]["machine"] == "0"
    assert on_machine["0"]["results"]["stdout"] == "ubuntu\n"
    code, _, err = deployed("exec", "--unit", "nonsense", "true")
    assert code == 2
    assert '"nonsense" is not a valid unit name' in err
    code, out, err = deployed("exec", "--unit", "alpha/0", "echo said; exit 4")
    assert (code, out) == (1, "said\n")
    assert "with return code 4" in err


# logs


def test_debug_log_filters(deployed: Cli) -> None:
    deployed("exec", "--unit", "alpha/0", "juju-log -l WARNING 'look here'; juju-log quietly")
    filters = ("-i", "unit-alpha-0", "-l", "WARNING")
    code, out, _ = until(  # an agent sends its lines now and then
        lambda: deployed("debug-log", "--replay", "--no-tail", *filters), lambda seen: "look here" in seen[1]
    )
    assert code == 0
    assert re.search(r"^unit-alpha-0: \d\d:\d\d:\d\d WARNING unit\.alpha/0\.juju-log look here$", out, re.MULTILINE)
    assert "quietly" not in out
    assert "unit-beta-0" not in out
    _, out, _ = deployed("debug-log", "--replay", "--no-tail", "-l", "DEBUG", "--include-module", "unit.beta/0.install")
    assert re.search(r"^unit-beta-0: .* DEBUG unit\.beta/0\.install stdout of install$", out, re.MULTILINE)
    _, out, _ = deployed("debug-log", "--no-tail", "-n", "3")
    assert len(out.splitlines()) <= 3


def test_show_status_log_lists_what_was(deployed: Cli) -> None:
    history = deployed.json("show-status-log", "alpha/0", "-n", "200")
    assert set(history[0]) >= {"status", "since", "type"}
    workloads = [entry["message"] for entry in history if entry["type"] == "workload"]
    assert "installing charm software" in workloads
    assert workloads[-1] == "recording"
    assert [entry["since"] for entry in history] == sorted(entry["since"] for entry in history)


# relations and removal


def test_relations_that_cannot_be_are_refused(deployed: Cli) -> None:
    code, _, err = deployed("integrate", "alpha:source", "beta:sink")
    assert code == 1
    assert "already exists" in err
    assert "Use 'juju status --relations' to view the current relations." in err
    code, _, err = deployed("integrate", "alpha:source", "beta:source")
    assert code == 1
    assert "no compatible endpoints found between applications" in err or "no relations found" in err
    code, _, err = deployed("integrate", "alpha", "beta")
    assert code == 1
    assert "ambiguous relation" in err
    code, _, err = deployed("remove-relation", "alpha:sink", "beta:source")
    assert code == 1
    assert "not found" in err


def test_what_is_there_already_or_not_at_all_is_refused(deployed: Cli, recorder: Path) -> None:
    code, _, err = deployed("deploy", str(recorder), "alpha")
    assert code == 1
    assert "already exists" in err
    code, _, err = deployed("remove-unit", "--no-prompt", "alpha/9")
    assert code == 1
    assert "ERROR removing unit alpha/9 failed:" in err
    code, _, err = deployed("resolved", "alpha/0")
    assert code == 1
    assert "is not in error state" in err
    assert deployed("resolved", "--all")[0] == 0
    assert deployed("add-unit", "gamma")[0] == 1
    assert deployed("status", "-m", "no-such-model")[0] == 1


def test_expose_and_trust_show(deployed: Cli) -> None:
    assert deployed("expose", "beta")[0] == 0
    assert deployed.json("status")["applications"]["beta"]["exposed"] is True
    assert deployed("unexpose", "beta")[0] == 0
    assert deployed("trust", "beta")[0] == 0
    config = deployed.json("config", "beta")
    assert config["application-config"]["trust"]["value"] is True
    assert deployed("trust", "beta", "--remove")[0] == 0


def test_removal_says_what_goes_with_it(deployed: Cli, juju: jubilant.Juju) -> None:
    code, out, _ = deployed("remove-unit", "--no-prompt", "alpha/1")
    assert code == 0
    assert out.splitlines()[0] == "will remove unit alpha/1"
    assert re.search(r"^- will (remove|detach) storage data/\d+$", out, re.MULTILINE)
    await_gone(juju, "alpha/1")
    code, out, _ = deployed("remove-application", "--no-prompt", "beta")
    assert out.splitlines()[:2] == ["will remove application beta", "- will remove unit beta/0"]
    await_gone(juju, "beta")


def test_a_number_is_never_used_again(deployed: Cli, juju: jubilant.Juju) -> None:
    juju.add_unit("alpha", to="0")
    status = until(juju.status, lambda seen: "alpha/2" in seen.apps["alpha"].units)
    assert "alpha/1" not in status.apps["alpha"].units
    quiet(juju, "alpha")


# bundles, models


def test_a_bundle_deploys_applications_options_and_relations(
    deployed: Cli, juju: jubilant.Juju, recorder: Path, tmp_path: Path
) -> None:
    (tmp_path / "recorder.charm").write_bytes(recorder.read_bytes())
    bundle = tmp_path / "bundle.yaml"
    bundle.write_text(
        """
applications:
  one:
    charm: ./recorder.charm
    num_units: 2
    options: {greeting: bundled, level: 7}
  two:
    charm: ./recorder.charm
    num_units: 1
    to: [one/0]
relations:
- ["one:source", "two:sink"]
"""
    )
    code, _, err = deployed("deploy", str(bundle))
    assert code == 0, err
    status = quiet(juju, "one", "two")
    assert len(status.apps["one"].units) == 2
    assert status.apps["two"].relations["sink"][0].related_app == "one"
    assert status.apps["two"].units["two/0"].machine == status.apps["one"].units["one/0"].machine
    assert juju.config("one")["greeting"] == "bundled"
    assert juju.config("one")["level"] == 7
    juju.remove_application("one", "two", force=True)
    await_gone(juju, "one", "two")


def test_models_come_and_go(cli: Cli) -> None:
    models = boxes.juju_json("models")
    (mine,) = [model for model in models["models"] if model["short-name"] == cli.model]
    assert mine["name"].endswith(f"/{cli.model}")
    assert mine["life"] == "alive"
    assert mine["status"]["current"] == "available"
    assert boxes.juju("add-model", "--no-switch", "passing").returncode == 0
    again = boxes.juju("add-model", "--no-switch", "passing")
    assert again.returncode == 1
    assert "already exists" in again.stderr
    shown = boxes.juju_json("show-model", "passing")["passing"]
    assert (shown["short-name"], shown["model-type"]) == ("passing", "iaas")
    assert boxes.juju("destroy-model", "passing", "--no-prompt").returncode == 0
    until(
        lambda: [model["short-name"] for model in boxes.juju_json("models")["models"]],
        lambda names: "passing" not in names,
    )


def test_the_model_is_chosen_by_switch_and_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_MODEL", cli.model)
    assert boxes.juju_json("status")["model"]["name"] == cli.model


def test_the_controller_shows_itself(cli: Cli) -> None:
    controllers = boxes.juju_json("controllers")
    name = controllers["current-controller"]
    assert name in controllers["controllers"]
    shown = boxes.juju_json("show-controller")[name]
    assert shown["details"]["uuid"]


# the 3.6 personality


@pytest.fixture(scope="module")
def older(box: boxes.Box | None, recorder: Path) -> Iterator[jubilant.Juju]:
    """A model that plays 3.6, with one application."""
    if box is None:
        pytest.skip("another juju is what it is")
    with boxes.fresh_model("older", {"personality": "3.6"}) as driver:
        driver.deploy(recorder, "old")
        yield driver


def test_wait_for_waits_in_3_6(older: jubilant.Juju) -> None:
    assert older.model is not None
    done = boxes.juju("wait-for", "application", "-m", older.model, "old", "--timeout", "2m")
    assert done.returncode == 0, done.stderr
    assert 'Application "old" is running' in done.stderr
    done = boxes.juju(
        "wait-for", "unit", "-m", older.model, "old/0", "--query", 'workload-status=="blocked"', "--timeout=1s"
    )
    assert done.returncode == 1
    assert 'ERROR timed out waiting for "old/0" to reach goal state' in done.stderr


def test_status_takes_wildcards_in_3_6(older: jubilant.Juju) -> None:
    quiet(older, "old")
    assert older.model is not None
    assert sorted(boxes.juju_json("status", "-m", older.model, "o*")["applications"]) == ["old"]
    assert older.status().model.version.startswith("3.6")


# relations between models


def seen_by_old(older: jubilant.Juju) -> dict[str, Any]:
    """What `old/0` has of its relation with the other model; empty without one."""
    assert older.model is not None
    shown = boxes.juju_json("show-unit", "-m", older.model, "old/0")["old/0"].get("relation-info") or []
    return next((each for each in shown if each["endpoint"] == "source"), {})


def test_an_application_of_another_model_is_offered_found_and_related(
    deployed: Cli, juju: jubilant.Juju, older: jubilant.Juju
) -> None:
    assert older.model is not None
    older.offer("old", endpoint="source", name="feed")
    url = f"admin/{older.model}.feed"
    (found,) = [key for key in boxes.juju_json("find-offers", "--interface", "feed") if key.endswith(url)]
    assert found == f"jujubox:{url}"
    assert deployed("integrate", "alpha:sink", url, "--via", "192.0.2.0/24,198.51.100.0/24")[0] == 0
    code, _, err = deployed("integrate", "alpha:sink", url)
    assert (code, "already exists" in err) == (1, True)
    info = until(lambda: seen_by_old(older), lambda info: len(info.get("related-units", ())) == 2)
    (remote,) = [each.related_app for each in older.status().apps["old"].relations["source"]]
    assert re.fullmatch(r"remote-[0-9a-f]{32}", remote)
    assert info["cross-model"] is True
    assert sorted(info["related-units"]) == [f"{remote}/0", f"{remote}/2"]
    for bag in info["related-units"].values():
        assert bag["data"]["egress-subnets"] == "192.0.2.0/24,198.51.100.0/24"
    Tape(older, "0").until_ran("old/0", f"source-relation-joined {remote}/0", f"source-relation-changed {remote}/2")
    Tape(juju, "0").until_ran("alpha/0", "sink-relation-created feed", "sink-relation-joined feed/0")
    (relation,) = [each for each in juju.show_unit("alpha/0").relation_info if each.endpoint == "sink"]
    asked = [
        f"network-get sink -r sink:{relation.relation_id} --egress-subnets",
        "network-get sink --egress-subnets",
        f"relation-model-get -r sink:{relation.relation_id}",
        f"relation-list -r sink:{relation.relation_id} --app",
    ]
    said = [outcome.out for outcome in in_context(juju, "alpha/0", asked)]
    assert said[0].split() == ["192.0.2.0/24", "198.51.100.0/24"]
    assert said[1].strip().endswith("/32")
    assert boxes.juju_json("show-model", older.model)[older.model]["model-uuid"] in said[2]
    assert said[3].strip() == "feed"


def test_both_models_show_what_joins_them(deployed: Cli, juju: jubilant.Juju, older: jubilant.Juju) -> None:
    status = until(juju.status, lambda seen: seen.app_endpoints["feed"].app_status.current == "active")
    assert status.app_endpoints["feed"].url == f"jujubox:admin/{older.model}.feed"
    assert status.app_endpoints["feed"].relations == {"source": ["alpha"]}
    assert [each.related_app for each in status.apps["alpha"].relations["sink"]] == ["feed"]
    offered = older.status().offers["feed"]
    assert (offered.app, offered.active_connected_count, offered.total_connected_count) == ("old", 1, 1)
    assert re.search(rf"^feed +active +jujubox +admin/{older.model}.feed$", deployed("status")[1], re.MULTILINE)
    assert re.search(r"^feed +old +recorder +0 +1/1 +source +feed +provider$", older.cli("status"), re.MULTILINE)
    assert re.search(r"^feed +admin +\d+ +joined +source +feed +provider$", older.cli("offers"), re.MULTILINE)


def test_models_part_and_nothing_is_left_of_it(deployed: Cli, juju: jubilant.Juju, older: jubilant.Juju) -> None:
    refused = boxes.juju("remove-offer", f"{older.model}.feed")
    assert (refused.returncode, "offer has 1 relation" in refused.stderr) == (1, True)
    code, _, err = Cli(str(older.model))("remove-application", "--no-prompt", "old")
    assert (code, "application is used by 1 offer: feed" in err) == (1, True)
    (remote,) = [each.related_app for each in older.status().apps["old"].relations["source"]]
    assert deployed("remove-relation", "alpha:sink", "feed")[0] == 0
    Tape(juju, "0").until_ran("alpha/0", "sink-relation-departed feed/0", "sink-relation-broken feed")
    Tape(older, "0").until_ran("old/0", f"source-relation-departed {remote}/0", f"source-relation-broken {remote}")
    until(lambda: seen_by_old(older), lambda info: not info)
    assert deployed("remove-saas", "feed")[0] == 0
    assert "feed" not in juju.status().app_endpoints
    assert boxes.juju("remove-offer", f"{older.model}.feed").returncode == 0
    assert boxes.juju("find-offers", str(older.model)).returncode == 1


def test_wait_for_is_unknown_in_4_0(cli: Cli) -> None:
    done = boxes.juju("wait-for", "-m", cli.model, "application", "alpha")
    assert done.returncode == 2
    assert "is not a juju command" in done.stderr


def test_a_unit_shows_its_error_and_the_way_out(deployed: Cli, juju: jubilant.Juju) -> None:
    juju.config("alpha", {"fail-hooks": "config-changed"})
    for unit in ("alpha/0", "alpha/2"):
        await_workload(juju, unit, "error", 'hook failed: "config-changed"')
    _, out, _ = deployed("status")
    assert re.search(r'^alpha/0\* +error +idle .* hook failed: "config-changed"$', out, re.MULTILINE)
    juju.config("alpha", {"fail-hooks": ""})
    assert deployed("resolved", "alpha/0", "alpha/2")[0] == 0
    for unit in ("alpha/0", "alpha/2"):
        await_workload(juju, unit, "active")
    quiet(juju, "alpha")
