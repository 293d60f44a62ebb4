"""Every command's arguments: what they ask of the controller, and what is refused and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jujubox.cli.registry import ALIASES, COMMANDS, load, resolve
from tests.unit.cli import samples
from tests.unit.cli.conftest import Juju, Refusal


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_help_text(juju: Juju, name: str) -> None:
    ran = juju(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: juju {name} [options]")
    assert load(name).__doc__.split("\n")[0].endswith(".") or load(name).__doc__.split("\n")[0].endswith(").")


def test_aliases_lead_to_commands() -> None:
    assert {resolve(alias) for alias in ALIASES} <= COMMANDS


def test_help_lists_the_commands(juju: Juju) -> None:
    assert "\n    add-unit " in juju("help").out
    assert juju("help", "status").out == juju("status", "--help").out
    assert juju().out == juju("--help").out == juju("help").out


def test_an_unknown_command_is_refused(juju: Juju) -> None:
    ran = juju("foo")
    assert (ran.code, ran.err) == (2, 'ERROR juju: "foo" is not a juju command. See "juju --help".\n')


def test_no_controller_is_told_with_a_hint(juju: Juju, tmp_path: Path) -> None:
    juju.environment["JUJUBOX_HOME"] = str(tmp_path / "nowhere")
    ran = juju("status")
    assert ran.code == 1
    assert ran.err == (
        f"ERROR cannot connect to the controller at {tmp_path}/nowhere/controller.sock: No such file or directory\n"
        "hint: run `jujubox up` to start it\n"
    )


def test_a_code_of_a_whole_call_stands_in_brackets(juju: Juju) -> None:
    juju.answers(show_unit=Refusal('unit "a/9" not found', "not found"))
    assert juju("show-unit", "a/9").err == 'ERROR unit "a/9" not found (not found)\n'
    juju.answers(show_unit=Refusal("no code"))
    assert juju("show-unit", "a/9").err == "ERROR no code\n"


def test_the_model_comes_from_flag_environment_or_switch(juju: Juju) -> None:
    juju.answers(status=samples.status(), models=[{"short-name": name} for name in ("default", "b")])

    def used(*argv: str) -> str:
        juju("status", *argv)
        return str(juju.last[1]["model"])

    assert used() == "default"
    assert juju("switch", "b").err == "jujubox:admin/default -> jujubox:admin/b\n"
    assert used() == "b"
    assert juju("switch").out == "jujubox:admin/b\n"
    assert used("-m", "x") == used("--model=admin/x") == used("--model", "jujubox:admin/x") == "x"
    juju.environment["JUJU_MODEL"] = "jujubox:fromenv"
    assert used() == "fromenv"
    assert used("-m", "x") == "x"
    assert juju("status", "-m", "other:x").err.startswith("ERROR controller other not found\n")
    assert juju("switch", "none").err == 'ERROR "none" is not the name of a model or controller\n'


@pytest.mark.parametrize(
    ("command", "method", "params"),
    [
        ("add-unit app -n 2 --to 1,2", "add_unit", {"application": "app", "num_units": 2, "to": ["1", "2"]}),
        ("remove-unit a/0 a/1 --no-prompt --force", "remove_unit", {"units": ["a/0", "a/1"], "force": True}),
        ("remove-application a --destroy-storage", "remove_application", {"applications": ["a"], "force": False}),
        ("remove-machine 0 --force", "remove_machine", {"machines": ["0"], "force": True}),
        ("add-machine -n 2 --base debian@13", "add_machine", {"count": 2, "base": "debian@13"}),
        ("integrate a:x b", "integrate", {"endpoints": ["a:x", "b"]}),
        ("integrate a b --via 10.0.0.0/8,192.0.2.0/24", "integrate", {"via": ["10.0.0.0/8", "192.0.2.0/24"]}),
        ("relate a b", "integrate", {"endpoints": ["a", "b"]}),
        ("remove-relation a b --force", "remove_relation", {"endpoints": ["a", "b"], "force": True}),
        ("remove-relation 3", "remove_relation", {"id": 3, "force": False}),
        ("resolved a/0 --no-retry", "resolved", {"units": ["a/0"], "no_retry": True, "all": False}),
        ("resolve --all", "resolved", {"units": [], "all": True}),
        ("trust a --remove", "trust", {"application": "a", "remove": True}),
        ("expose a --endpoints x,y", "expose", {"application": "a", "endpoints": ["x", "y"]}),
        ("unexpose a", "unexpose", {"application": "a", "endpoints": []}),
        ("config a k=v j=w=x", "set_config", {"application": "a", "set": {"k": "v", "j": "w=x"}, "reset": []}),
        ("config a --reset x,y k=v", "set_config", {"set": {"k": "v"}, "reset": ["x", "y"]}),
        ("model-config update-status-hook-interval=1m", "set_model_config", {"reset": []}),
        ("set-constraints a mem=8G cores=2", "set_constraints", {"constraints": {"mem": "8G", "cores": "2"}}),
        ("attach-storage a/0 data/1", "attach_storage", {"unit": "a/0", "ids": ["data/1"]}),
        ("detach-storage data/1", "detach_storage", {"ids": ["data/1"], "force": False}),
        ("remove-storage data/1 --no-destroy", "remove_storage", {"ids": ["data/1"], "no_destroy": True}),
        ("add-storage a/0 data=rootfs,1G,2", "add_storage", {"unit": "a/0", "storage": {"data": "rootfs,1G,2"}}),
        ("grant-secret s a,b", "grant_secret", {"secret": "s", "applications": ["a", "b"]}),
        ("revoke-secret s a", "revoke_secret", {"secret": "s", "applications": ["a"]}),
        ("remove-secret s --revision 2", "remove_secret", {"secret": "s", "revision": 2}),
        ("update-secret s --auto-prune key=x", "update_secret", {"content": {"key": "eA=="}, "auto_prune": True}),
        ("show-unit a/0 --endpoint db --app", "show_unit", {"units": ["a/0"], "endpoint": "db", "app": True}),
        ("refresh a --force-units --trust", "refresh", {"application": "a", "force_units": True, "trust": True}),
    ],
)
def test_what_a_command_asks_of_the_controller(juju: Juju, command: str, method: str, params: dict[str, Any]) -> None:
    results: dict[str, Any] = {"refresh": {"changed": False, "charm": "a", "revision": 0}, "show_unit": {}}
    juju.answers(**{method: results.get(method, [])})
    ran = juju(*command.split())
    assert (ran.code, ran.err.count("ERROR")) == (0, 0), ran.err
    name, asked = juju.last
    assert name == method
    assert asked["model"] == "default"
    assert {key: asked[key] for key in params} == params


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("add-unit", "no application specified"),
        ("add-unit a b", 'unrecognized args: ["b"]'),
        ("add-unit a -n 0", "--num-units must be a positive integer"),
        ("add-unit a --cheese", "option provided but not defined: --cheese"),
        ("remove-unit", "no units specified"),
        ("remove-unit a", 'invalid unit name "a"'),
        ("remove-application", "no application specified"),
        ("remove-machine x", 'invalid machine id "x"'),
        ("integrate a", "an integration must involve two applications"),
        ("integrate a b c", "an integration must involve two applications"),
        ("integrate a b --via 0.0.0.0/0", 'CIDR "0.0.0.0/0" not allowed'),
        ("integrate a b --via here", "invalid CIDR address: here"),
        ("integrate m.a n.b", "providing more than one remote endpoints not supported"),
        ("offer", "an offer must at least specify application endpoint"),
        ("consume", "no remote offer specified"),
        ("remove-offer", "no offers specified"),
        ("remove-saas", "no SAAS application names specified"),
        ("remove-saas a --no-wait", "--no-wait requires --force"),
        ("remove-relation a", "a relation must involve two applications"),
        ("show-unit", "an unit name must be supplied"),
        ("show-unit x", "unit name x not valid"),
        ("show-unit a/0 --format bad", 'invalid value "bad" for option --format: unknown format "bad"'),
        ("resolved", "no unit specified"),
        ("config", "no application name specified"),
        ("config a x y", "can only retrieve a single value, or all values"),
        ("config a x k=v", "cannot set and retrieve values simultaneously"),
        ("config a k=v --reset k", 'cannot set and reset key "k" simultaneously'),
        ("refresh", "no application specified"),
        ("refresh a --path ./x --switch ./y", "--switch and --path are mutually exclusive"),
        ("deploy", "no charm or bundle specified"),
        ("show-storage", "must specify storage id(s)"),
        ("add-secret s", "missing secret value or filename"),
        ("add-secret s k=v", 'key "k" not valid'),
        ("add-secret s key", 'key value "key" not valid'),
        ("show-secret s --reveal --revisions", "specify either --revisions or --reveal but not both"),
        ("show-status-log", "entity name is missing"),
        ("show-status-log a/0 --type x", 'unexpected status type "x"'),
        ("debug-log --tail --no-tail", "setting --tail and --no-tail not valid"),
        ("add-model", "model name is required"),
        ("destroy-model", "no model specified"),
        ("scp a", "at least two arguments required"),
        ("ssh", "no target name specified"),
        ("version --model x", "option provided but not defined: --model"),
    ],
)
def test_wrong_arguments_end_with_code_2(juju: Juju, command: str, text: str) -> None:
    ran = juju(*command.split())
    assert (ran.code, ran.err, ran.out) == (2, f"ERROR {text}\n", "")
    assert juju.controller.calls == []


def test_nothing_is_null_in_json_and_empty_in_yaml(juju: Juju) -> None:
    relation = {"relation-id": 1, "endpoint": "db", "local-unit": {"in-scope": True, "data": None}}
    juju.answers(show_unit={"a/0": {"opened-ports": None, "relation-info": [relation]}})
    assert '"local-unit":{"in-scope":true,"data":null}' in juju("show-unit", "a/0", "--format=json").out
    assert juju("show-unit", "a/0").out == (
        "a/0:\n  opened-ports: []\n  relation-info:\n  - relation-id: 1\n    endpoint: db\n"
        "    local-unit:\n      in-scope: true\n      data: {}\n"
    )


def test_removals_are_told_on_stdout_and_failures_on_stderr(juju: Juju) -> None:
    gone = {"unit": "a/0", "destroyed-storage": ["data/1"], "detached-storage": ["data/0"], "destroyed-units": ["s/0"]}
    juju.answers(remove_unit=[gone, {"unit": "a/9", "error": 'unit "a/9" not found'}])
    ran = juju("remove-unit", "a/0", "a/9", "--no-prompt")
    assert ran.code == 1
    assert ran.out == (
        "will remove unit a/0\n- will remove unit s/0\n- will remove storage data/1\n- will detach storage data/0\n"
    )
    assert ran.err == 'ERROR removing unit a/9 failed: unit "a/9" not found\n'
    juju.answers(remove_application=[{"application": "a", "destroyed-units": ["a/0", "a/1"]}])
    assert juju("remove-application", "a").out == (
        "will remove application a\n- will remove unit a/0\n- will remove unit a/1\n"
    )


def test_a_relation_that_exists_is_told_with_where_to_look(juju: Juju) -> None:
    text = 'adding relation between endpoints "a" and "b": relation already exists'
    juju.answers(integrate=Refusal(text, "already exists"))
    ran = juju("integrate", "a", "b")
    assert ran.code == 1
    assert ran.err == f"ERROR {text}\n\nUse 'juju status --relations' to view the current relations.\n"


def test_resolving_what_is_not_in_error_fails(juju: Juju) -> None:
    juju.answers(resolved=[{"unit": "a/0", "error": "unit is not in error state"}])
    ran = juju("resolved", "a/0")
    assert (ran.code, ran.err) == (1, "ERROR unit is not in error state\n")


def test_configuration_is_shown_whole_or_by_key(juju: Juju) -> None:
    settings = {"port": {"default": 1, "description": "A <port>", "source": "default", "type": "int", "value": 1}}
    juju.answers(
        config={"application": "a", "application-config": {}, "charm": "a", "settings": settings},
        config_value=lambda model, application, key: {"text": "one\ntwo", "flag": True, "unset": None, "number": 1}[
            key
        ],
    )
    assert json.loads(juju("config", "a", "--format=json").out)["settings"]["port"]["value"] == 1
    assert "\\u003cport\\u003e" in juju("config", "a", "--format=json").out
    assert juju("config", "a").out.startswith("application: a\napplication-config: {}\n")
    assert [juju("config", "a", key).out for key in ("text", "flag", "unset", "number")] == [
        "one\ntwo\n",
        "true\n",
        "\n",
        "1\n",
    ]


def test_configuration_is_set_from_files(juju: Juju, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("from a file")
    (tmp_path / "f.yaml").write_text("a:\n  x: 1\n  y: text\n")
    juju.answers(set_config=None)
    assert juju("config", "a", f"k=@{tmp_path}/value").out == ""
    assert juju.last[1]["set"] == {"k": "from a file"}
    juju("config", "a", "--file", str(tmp_path / "f.yaml"), "y=2")
    assert juju.last[1]["set"] == {"x": 1, "y": "2"}
    assert juju("config", "a", "k=@/nowhere").err == "ERROR cannot read /nowhere: No such file or directory\n"


def test_model_configuration_has_capital_letters_in_json(juju: Juju) -> None:
    juju.answers(model_config={"b": {"Value": True, "Source": "model"}, "a": {"Value": "5m", "Source": "default"}})
    assert juju("model-config", "--format=json").out == (
        '{"a":{"Source":"default","Value":"5m"},"b":{"Source":"model","Value":true}}\n'
    )
    assert juju("model-config", "a").out == "5m\n"
    assert juju("model-config").out == "Attribute  From     Value\na          default  5m\nb          model    true\n"
    assert juju("model-config", "c").code == 1


def test_a_charm_is_deployed_with_what_the_flags_say(juju: Juju, tmp_path: Path) -> None:
    charm = tmp_path / "c.charm"
    charm.touch()
    told = {
        "application": "db",
        "charm": "c",
        "revision": 0,
        "url": "local:c-0",
        "base": "debian@12",
        "units": ["db/0"],
    }
    juju.answers(deploy=told)
    ran = juju(
        *("deploy", str(charm), "db", "-n", "3", "--config", "a=1", "--trust", "--storage", "d=rootfs,1G"),
        *("--base", "debian@12/stable", "--constraints", "mem=8G cores=2", "--to", "1,2", "--resource", "r=/x"),
    )
    assert ran.err == (
        'Located local charm "c", revision 0\nDeploying "db" from local charm "c", revision 0 on debian@12/stable\n'
    )
    params = juju.last[1]
    assert params["charm"] == str(charm)
    assert (params["application"], params["num_units"], params["trust"]) == ("db", 3, True)
    assert (params["config"], params["storage"]) == ({"a": "1"}, {"d": "rootfs,1G"})
    assert (params["base"], params["to"]) == ("debian@12", ["1", "2"])
    assert (params["constraints"], params["resources"]) == ({"mem": "8G", "cores": "2"}, {"r": "/x"})


def test_a_charm_of_a_store_cannot_be_deployed(juju: Juju) -> None:
    ran = juju("deploy", "postgresql")
    assert ran.code == 1
    assert "expected a path: ./postgresql" in ran.err


def test_a_refresh_tells_what_it_did(juju: Juju, tmp_path: Path) -> None:
    juju.answers(refresh={"charm": "c", "revision": 1, "url": "local:c-1", "changed": True})
    assert juju("refresh", "a", "--path", str(tmp_path)).err == 'Added local charm "c", revision 1, to the model\n'
    assert juju.last[1]["path"] == str(tmp_path)
    juju.answers(refresh={"charm": "c", "revision": 1, "url": "local:c-1", "changed": False})
    ran = juju("refresh", "a", "--path", str(tmp_path))
    assert (ran.code, ran.err) == (0, 'charm "c": already up-to-date\n')


def test_models_are_listed(juju: Juju) -> None:
    model = {
        "name": "admin/default",
        "short-name": "default",
        "model-uuid": "u",
        "model-type": "iaas",
        "controller-name": "jujubox",
        "is-controller": False,
        "cloud": "jujubox",
        "region": "default",
        "type": "nspawn",
        "life": "alive",
        "status": {"current": "available", "since": samples.NOW},
        "access": "admin",
        "last-connection": "never connected",
        "machine-count": 3,
        "unit-count": 4,
        "personality": "4.0",
    }
    juju.answers(
        models=[model], show_model={**model, "users": {}, "machines": {}}, add_model={"name": "x", "uuid": "v"}
    )
    assert (
        "default*  jujubox/default  nspawn  available         3      4  admin   never connected" in juju("models").out
    )
    found = json.loads(juju("models", "--format=json").out)
    assert found["current-model"] == "default"
    assert "personality" not in found["models"][0]
    assert json.loads(juju("show-model", "--format", "json", "default").out)["default"]["model-uuid"] == "u"
    assert juju("add-model", "x", "--no-switch", "--config", "personality=3.6").err.startswith("Added 'x' model on ")
    assert juju.last == ("add_model", {"name": "x", "config": {"personality": "3.6"}})
    assert juju("switch").out == "jujubox:admin/default\n"
    juju("add-model", "x")
    assert juju("switch").out == "jujubox:admin/x\n"


def test_a_destroyed_model_is_waited_for(juju: Juju, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jujubox.cli.commands.destroy_model._POLL_SECONDS", 0)
    left = [[{"short-name": "x", "machine-count": 1, "unit-count": 2}], [{"short-name": "x"}], []]
    juju.answers(destroy_model=None, models=lambda: left.pop(0))
    ran = juju("destroy-model", "admin/x", "--no-prompt", "--force", "--timeout", "10s")
    assert juju.controller.calls[0] == ("destroy_model", {"name": "x", "destroy_storage": False, "force": True})
    assert ran.err == (
        "Destroying model\nWaiting for model to be removed, 1 machine(s), 2 unit(s)...\n"
        "Waiting for model to be removed, nothing left in it...\nModel destroyed.\n"
    )


def test_secrets_are_listed_and_revealed(juju: Juju) -> None:
    secret = {"revision": 2, "owner": "app", "label": "pw", "created": samples.NOW, "updated": samples.NOW}
    revealed = {**secret, "content": {"Data": {"password": "s3cret"}}}
    juju.answers(secrets={"c0ffee": secret}, show_secret={"c0ffee": revealed}, add_secret="secret:c0ffee")
    assert json.loads(juju("secrets", "--format=json").out)["c0ffee"]["created"] == "2026-08-21T10:11:12Z"
    assert juju("secrets").out.splitlines()[1] == "c0ffee  pw    app    never            2  2026-08-21T10:11:12Z"
    shown = juju("show-secret", "c0ffee", "--reveal")
    assert "  created: 2026-08-21T10:11:12Z\n" in shown.out
    assert "  content:\n    password: s3cret\n" in shown.out
    shown = juju("show-secret", "c0ffee", "--reveal", "--format=json")
    assert json.loads(shown.out)["c0ffee"]["content"] == {"Data": {"password": "s3cret"}}
    assert juju("add-secret", "pw", "password=s3cret", "raw#base64=AAA=").out == "secret:c0ffee\n"
    assert juju.last[1]["content"] == {"password": "czNjcmV0", "raw": "AAA="}


def test_the_log_is_printed_as_juju_prints_it(juju: Juju) -> None:
    entry = {
        "time": samples.NOW,
        "entity": "unit-app-0",
        "level": "INFO",
        "module": "unit.app/0.juju-log",
        "message": "db:3: hello",
    }
    juju.answers(debug_log={"cursor": 7, "entries": [entry]})
    assert juju("debug-log", "--limit", "0").out == "unit-app-0: 10:11:12 INFO unit.app/0.juju-log db:3: hello\n"
    assert juju.last[1] == {"model": "default", "replay": True, "limit": 0}
    assert juju("debug-log", "--date", "--ms", "--utc", "-n", "3", "-i", "app/0", "-l", "warning").out == (
        "unit-app-0: 2026-08-21 10:11:12.345 INFO unit.app/0.juju-log db:3: hello\n"
    )
    assert juju.last[1] == {"model": "default", "include": ["app/0"], "level": "WARNING", "backlog": 3, "limit": 0}


def test_a_log_is_followed_from_where_it_ended(juju: Juju) -> None:
    answers = [{"cursor": 7, "entries": []}, {"cursor": 9, "entries": []}]

    def answer(**params: Any) -> Any:
        return answers.pop(0) if answers else Refusal("enough")

    juju.answers(debug_log=answer)
    assert juju("debug-log", "--tail").err == "ERROR enough\n"
    assert [call[1].get("cursor") for call in juju.controller.calls] == [None, 7, 9]


def test_status_history(juju: Juju) -> None:
    entry = {"status": "active", "message": "ok", "data": {}, "since": samples.NOW, "type": "workload"}
    juju.answers(show_status_log=[entry])
    assert json.loads(juju("show-status-log", "a/0", "--format=json").out) == [
        {**entry, "since": "2026-08-21T10:11:12Z"}
    ]
    assert "21 Aug 2026 10:11:12Z  workload  active  ok" in juju("show-status-log", "a/0", "-n", "5").out
    juju.answers(show_status_log=[])
    ran = juju("show-status-log", "a/0")
    assert (ran.code, ran.err) == (1, "ERROR no status history available\n")


def test_storage_is_listed(juju: Juju) -> None:
    juju.answers(storage=samples.status()["storage"])
    lines = [line.rstrip() for line in juju("storage").out.splitlines()]
    assert lines == [
        "Unit          Storage ID  Type        Pool    Size     Status    Message",
        "postgresql/0  pgdata/0    filesystem  rootfs  1.5 GiB  attached",
    ]
    assert json.loads(juju("storage", "--format=json", "--filesystem").out).keys() == {"filesystems"}
    juju.answers(storage={})
    assert juju("storage").err == "No storage to display.\n"


def test_results_can_go_to_a_file(juju: Juju, tmp_path: Path) -> None:
    juju.answers(machines={})
    assert juju("machines", "--format=json", "-o", str(tmp_path / "out")).out == ""
    assert json.loads((tmp_path / "out").read_text()) == {"model": "default", "machines": {}}
