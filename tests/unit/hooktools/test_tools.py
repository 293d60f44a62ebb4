from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from jujubox.agent.context.action import ActionRun
from jujubox.agent.state import Hook
from jujubox.protocol import PortChange, SecretChange, StorageView
from jujubox.wire import CallError
from tests.unit.hooktools.desk import DB, Desk

URI = "secret://8cb3ad67-0f1a-4a5e-8a9c-0123456789ab/9m4e2mr0ui3e8a215n4g"
BARE = "9m4e2mr0ui3e8a215n4g"


class TestConfig:
    CONFIG = {"name": "x", "count": 45, "on": True, "ratio": 0.5, "none": None}

    def desk(self) -> Desk:
        return Desk(answers={"unit.config": self.CONFIG})

    def test_prints_one_value(self) -> None:
        desk = self.desk()
        assert desk.printed("config-get", "name") == "x\n"
        assert desk.printed("config-get", "count") == "45\n"
        assert desk.printed("config-get", "on") == "True\n"
        assert desk.printed("config-get", "none") == ""
        assert desk.printed("config-get", "unknown", "--format", "json") == "null\n"

    def test_prints_all_that_have_a_value(self) -> None:
        assert self.desk().loaded("config-get") == {"name": "x", "count": 45, "on": True, "ratio": 0.5}
        assert self.desk().loaded("config-get", "-a") == self.CONFIG

    def test_reads_once(self) -> None:
        desk = self.desk()
        desk.printed("config-get")
        desk.printed("config-get", "name")
        assert len(desk.asked_of("unit.config")) == 1

    def test_refuses_a_key_with_all(self) -> None:
        assert self.desk().refused("config-get", "x", "--all") == (2, 'cannot use argument --all together with key "x"')


class TestStatus:
    def test_set_takes_effect_at_once(self) -> None:
        desk = Desk()
        desk.printed("status-set", "active", "all well")
        assert desk.asked_of("unit.set_status") == [{"unit": "u/0", "status": "active", "message": "all well"}]
        assert desk.context.status_set

    def test_set_checks_its_arguments(self) -> None:
        assert Desk().refused("status-set") == (2, "invalid args, require <status> [message]")
        assert Desk().refused("status-set", "foo") == (
            2,
            'invalid status "foo", expected one of [maintenance blocked waiting active]',
        )

    def test_only_the_leader_sets_the_application(self) -> None:
        assert Desk(leader=False).refused("status-set", "--application", "active") == (1, "this unit is not the leader")
        desk = Desk()
        desk.printed("status-set", "--application", "active", "x")
        assert not desk.context.status_set

    def test_get_prints_word_or_map(self) -> None:
        desk = Desk(answers={"unit.status": {"status": "active", "message": "m", "data": {}}})
        assert desk.printed("status-get") == "active\n"
        assert desk.loaded("status-get") == {"status": "active"}
        assert desk.loaded("status-get", "--include-data") == {"status": "active", "message": "m", "status-data": {}}
        assert len(desk.asked_of("unit.status")) == 1

    def test_get_of_the_application(self) -> None:
        found = {
            "application": {"status": "waiting", "message": "", "data": {}},
            "units": {"u/0": {"status": "active"}},
        }
        desk = Desk(answers={"unit.application_status": found})
        assert desk.printed("status-get", "--application") == "waiting\n"
        assert desk.loaded("status-get", "--application") == {
            "application-status": {"status": "waiting", "units": {"u/0": {"status": "active"}}}
        }
        text = "finding application status: this unit is not the leader"
        assert Desk(leader=False).refused("status-get", "--application") == (1, text)


class TestLeadership:
    def test_prints_as_each_format_does(self) -> None:
        assert Desk().printed("is-leader") == "True\n"
        assert Desk(leader=False).printed("is-leader", "--format", "json") == "false\n"

    def test_no_stays_no_and_yes_is_asked_again(self) -> None:
        desk = Desk(leader=False)
        desk.printed("is-leader")
        desk.leader = True
        assert desk.printed("is-leader") == "False\n"
        yes = Desk()
        yes.printed("is-leader")
        yes.leader = False
        assert yes.printed("is-leader") == "False\n"

    def test_an_error_leaves_it_unknown(self) -> None:
        desk = Desk()

        async def fail(method: str, **params: Any) -> Any:
            raise CallError("no lease store")

        desk.context.calls.plain = fail
        assert desk.refused("is-leader") == (1, "leadership status unknown: no lease store")

    def test_leader_settings_of_3_6(self) -> None:
        desk = Desk(answers={"unit.leader_settings": {"a": "1"}})
        assert desk.printed("leader-get", "a", personality="3.6") == "1\n"
        assert desk.printed("leader-get", personality="3.6") == 'a: "1"\n'
        desk.printed("leader-set", "b=2", "a=", personality="3.6")
        assert desk.asked_of("unit.set_leader_settings") == [{"unit": "u/0", "settings": {"b": "2", "a": ""}}]
        code, text = Desk(leader=False).refused("leader-set", "a=1", personality="3.6")
        assert code == 1
        assert text.startswith("cannot write leadership settings: ")
        assert text.endswith("not the leader")


class TestLog:
    def test_levels(self) -> None:
        desk = Desk(relation=DB)
        desk.printed("juju-log", "-l", "warn", "two", "words")
        desk.printed("juju-log", "--debug", "x")
        assert desk.logged == [("WARNING", "db:1: two words"), ("DEBUG", "db:1: x")]

    def test_an_unknown_level_becomes_info_with_a_warning(self) -> None:
        desk = Desk()
        desk.printed("juju-log", "--log-level", "loud", "x")
        assert [level for level, _ in desk.logged] == ["WARNING", "INFO"]

    def test_wants_a_message(self) -> None:
        assert Desk().refused("juju-log") == (2, "no message specified")


class TestNetwork:
    INFO = {
        "bind-addresses": [
            {
                "mac-address": "",
                "interface-name": "eth0",
                "addresses": [{"hostname": "", "value": "10.0.0.2", "cidr": "10.0.0.0/24"}],
            }
        ],
        "egress-subnets": ["10.0.0.2/32"],
        "ingress-addresses": ["10.0.0.2"],
    }

    def desk(self) -> Desk:
        return Desk(answers={"unit.network": self.INFO})

    def test_everything_as_json_is_what_the_controller_says(self) -> None:
        assert self.desk().loaded("network-get", "db") == self.INFO

    def test_yaml_repeats_older_names(self) -> None:
        text = self.desk().printed("network-get", "db")
        assert "macaddress" in text
        assert "interfacename: eth0" in text
        assert "address: 10.0.0.2" in text

    def test_one_flag_is_a_scalar_and_several_a_map(self) -> None:
        assert self.desk().printed("network-get", "db", "--bind-address") == "10.0.0.2\n"
        assert self.desk().printed("network-get", "db", "--egress-subnets") == "10.0.0.2/32\n"
        assert self.desk().loaded("network-get", "db", "--ingress-address", "--egress-subnets") == {
            "ingress-address": "10.0.0.2",
            "egress-subnets": ["10.0.0.2/32"],
        }

    def test_asks_for_the_relation_of_the_hook(self) -> None:
        desk = Desk(relation=DB, answers={"unit.network": self.INFO})
        desk.printed("network-get", "db")
        assert desk.asked_of("unit.network")[0]["relation"] == 1

    def test_checks_its_arguments(self) -> None:
        assert Desk().refused("network-get") == (2, "no arguments specified")
        assert Desk().refused("network-get", "") == (2, "no binding name specified")
        assert Desk().refused("network-get", "x") == (1, 'no network config found for binding "x"')

    def test_unit_get(self) -> None:
        assert self.desk().printed("unit-get", "private-address") == "10.0.0.2\n"
        assert Desk().refused("unit-get") == (2, "no setting specified")
        assert Desk().refused("unit-get", "x") == (2, 'unknown setting "x"')


class TestPorts:
    def desk(self) -> Desk:
        ports = {
            "u/0": [{"endpoint": "", "range": "22/tcp"}, {"endpoint": "db", "range": "90-99/tcp"}],
            "b/0": [{"endpoint": "", "range": "80-90/udp"}],
        }
        return Desk(answers={"unit.opened_ports": ports})

    def test_opened_ports_show_what_the_hook_changes(self) -> None:
        desk = self.desk()
        desk.printed("open-port", "8080")
        desk.printed("close-port", "22/tcp")
        desk.printed("open-port", "icmp")
        assert desk.printed("opened-ports") == "icmp\n90-99/tcp\n8080/tcp\n"
        assert desk.loaded("opened-ports", "--endpoints") == ["icmp (*)", "90-99/tcp (db)", "8080/tcp (*)"]
        assert desk.changes().ports == (
            PortChange("open", "", "8080/tcp"),
            PortChange("close", "", "22/tcp"),
            PortChange("open", "", "icmp"),
        )

    def test_endpoints(self) -> None:
        desk = self.desk()
        desk.printed("open-port", "443/tcp", "--endpoints", "a,b")
        assert "443/tcp (a, b)" in desk.loaded("opened-ports", "--endpoints")

    def test_opening_twice_is_nothing(self) -> None:
        desk = self.desk()
        desk.printed("open-port", "22")
        assert desk.changes().ports == ()

    def test_conflicts(self) -> None:
        text = 'cannot open 80/udp (unit "u/0"): port range conflicts with 80-90/udp (unit "b/0")'
        assert self.desk().refused("open-port", "80/udp") == (1, text)
        text = 'cannot open 80-100/tcp (unit "u/0"): port range conflicts with 90-99/tcp (unit "u/0")'
        assert self.desk().refused("open-port", "80-100/tcp") == (1, text)

    @pytest.mark.parametrize(
        ("arg", "text"),
        [
            ("abc", 'invalid port "abc": strconv.Atoi: parsing "abc": invalid syntax'),
            ("80/http", 'invalid protocol "http", expected "tcp", "udp", or "icmp"'),
            ("70000", "port range bounds must be between 0 and 65535, got 70000-70000"),
        ],
    )
    def test_bad_ranges(self, arg: str, text: str) -> None:
        assert self.desk().refused("open-port", arg) == (2, text)

    def test_wants_a_port(self) -> None:
        assert self.desk().refused("close-port") == (2, "no port or range specified")


class TestState:
    def desk(self, **stored: str) -> Desk:
        return Desk(answers={"unit.charm_state": stored})

    def test_get(self) -> None:
        desk = self.desk(a="1")
        assert desk.printed("state-get", "a") == "1\n"
        assert desk.printed("state-get", "b") == ""
        assert desk.printed("state-get", "b", "--format", "json") == '""\n'
        assert desk.refused("state-get", "b", "--strict") == (1, '"b" not found')

    def test_an_empty_state(self) -> None:
        assert self.desk().printed("state-get") == "{}\n"
        assert self.desk().printed("state-get", "--format", "json") == "null\n"

    def test_set_and_delete_are_handed_over(self) -> None:
        desk = self.desk(a="1", b="2")
        desk.printed("state-set", "c=3", "d=")
        desk.printed("state-delete", "a")
        desk.printed("state-delete")
        assert desk.loaded("state-get") == {"b": "2", "c": "3", "d": ""}
        assert desk.changes().charm_state == {"b": "2", "c": "3", "d": ""}

    def test_set_from_a_file(self) -> None:
        desk = self.desk()
        desk.printed("state-set", "--file", "-", stdin=b"{one: two}")
        assert desk.changes().charm_state == {"one": "two"}

    def test_limits(self) -> None:
        assert self.desk().refused("state-set", "k" * 257 + "=v")[1].startswith("max allowed key length (256)")
        assert self.desk().refused("state-set", "k=" + "v" * 65537)[1].startswith("max allowed value length (65536)")


class TestStorage:
    def desk(self, **options: Any) -> Desk:
        views = (StorageView("data/0", "filesystem", "alive", "/srv/x"), StorageView("logs/1", "block", "alive", ""))
        return Desk(storage=views, **options)

    def test_list(self) -> None:
        assert self.desk().loaded("storage-list") == ["data/0", "logs/1"]
        assert self.desk().printed("storage-list", "data") == "data/0\n"
        assert self.desk().printed("storage-list", "x", "--format", "json") == "[]\n"

    def test_get(self) -> None:
        desk = self.desk(hook=Hook("storage-attached", storage="data/0"))
        assert desk.loaded("storage-get") == {"kind": "filesystem", "location": "/srv/x"}
        assert desk.printed("storage-get", "location") == "/srv/x\n"
        assert self.desk().printed("storage-get", "-s", "data/0", "kind") == "filesystem\n"

    def test_get_refuses(self) -> None:
        assert self.desk().refused("storage-get") == (2, "no storage instance specified")
        assert self.desk().refused("storage-get", "-s", "data/0", "x") == (1, 'invalid storage attribute "x"')
        code, text = self.desk().refused("storage-get", "-s", "data")
        assert code == 2
        assert 'invalid storage ID "data"' in text

    def test_add(self) -> None:
        desk = self.desk()
        desk.printed("storage-add", "data=2", "logs")
        assert desk.changes().storage == (("data", 2), ("logs", 1))
        assert desk.refused("storage-add") == (2, "storage add requires a storage directive")
        assert desk.refused("storage-add", "data=big,2") == (2, 'only count can be specified for "data"')


class TestActions:
    def desk(self) -> Desk:
        return Desk(action=ActionRun("7", "backup", {"target": {"path": "/x"}, "n": 3}))

    def test_get(self) -> None:
        assert self.desk().loaded("action-get") == {"target": {"path": "/x"}, "n": 3}
        assert self.desk().printed("action-get", "target.path") == "/x\n"
        assert self.desk().printed("action-get", "n") == "3\n"
        assert self.desk().printed("action-get", "target.none.x") == ""

    def test_set_builds_a_tree_and_later_paths_win(self) -> None:
        desk = self.desk()
        desk.printed("action-set", "a.b=1", "a.c=2", "x=1")
        desk.printed("action-set", "a.b.d=3", "x=")
        assert desk.action is not None
        assert desk.action.results == {"a": {"b": {"d": "3"}, "c": "2"}, "x": ""}

    @pytest.mark.parametrize(
        ("arg", "text"),
        [
            ("x", 'argument "x" must be of the form key...=value'),
            (
                "X=1",
                'key "X" must start and end with lowercase alphanumeric, '
                "and contain only lowercase alphanumeric and hyphens",
            ),
            ("stdout=1", 'cannot set reserved action key "stdout"'),
        ],
    )
    def test_set_checks_keys(self, arg: str, text: str) -> None:
        assert self.desk().refused("action-set", arg) == (2, text)

    def test_fail(self) -> None:
        desk = self.desk()
        desk.printed("action-fail")
        assert desk.action is not None
        assert (desk.action.failed, desk.action.message) == (
            True,
            "action failed without reason given, check action for errors",
        )

    def test_log(self) -> None:
        desk = self.desk()
        desk.printed("action-log", "half", "way")
        assert desk.asked_of("action.log") == [{"unit": "u/0", "task": "7", "message": "half way"}]

    @pytest.mark.parametrize("argv", [("action-get",), ("action-set", "a=1"), ("action-fail",), ("action-log", "x")])
    def test_only_in_actions(self, argv: tuple[str, ...]) -> None:
        assert Desk().refused(*argv) == (1, "not running an action")

    def test_no_reboot_in_actions(self) -> None:
        assert self.desk().refused("juju-reboot") == (1, "juju-reboot is not supported when running an action.")
        desk = Desk()
        desk.printed("juju-reboot", "--now")
        assert desk.context.reboot == "now"


class TestSecrets:
    def desk(self, **options: Any) -> Desk:
        stored = {"uri": URI, "revision": 2, "content": {"key": base64.b64encode(b"value").decode()}}
        return Desk(
            answers={"secret.create_id": URI, "secret.get": stored, "secret.ids": ["a"], "secret.info": {"a": {}}},
            **options,
        )

    def test_add_prints_the_uri_and_is_handed_over(self) -> None:
        desk = self.desk()
        assert desk.printed("secret-add", "key=value", "b64#base64=eA==", "--label", "l") == URI + "\n"
        content = {"key": "dmFsdWU=", "b64": "eA=="}
        assert desk.changes().secrets == (SecretChange("create", URI, content=content, label="l"),)

    def test_the_creating_hook_reads_the_pending_content(self) -> None:
        desk = self.desk()
        desk.printed("secret-add", "key=fresh", "--label", "l")
        assert desk.printed("secret-get", URI, "key") == "fresh\n"
        assert desk.printed("secret-get", "--label", "l", "key") == "fresh\n"
        assert desk.loaded("secret-ids") == ["a", BARE]
        assert desk.asked_of("secret.get") == []

    def test_a_pending_change_is_read_with_peek_or_refresh_only(self) -> None:
        desk = self.desk()
        desk.printed("secret-set", URI, "key=changed")
        assert desk.printed("secret-get", URI, "key") == "value\n"
        assert desk.printed("secret-get", URI, "key", "--peek") == "changed\n"
        assert desk.changes().track_latest == ()
        assert desk.printed("secret-get", URI, "key", "--refresh") == "changed\n"
        assert desk.changes().track_latest == (URI,)

    def test_get_forms(self) -> None:
        desk = self.desk()
        assert desk.printed("secret-get", BARE) == "key: value\n"
        assert desk.printed("secret-get", f"secret:{BARE}", "key#base64") == "dmFsdWU=\n"
        assert desk.loaded("secret-get", URI) == {"key": "value"}
        desk.printed("secret-get", URI, "--label", "mine")
        assert desk.asked_of("secret.get")[-1]["new_label"] == "mine"
        desk.printed("secret-get", "--label", "mine", "key")
        assert desk.asked_of("secret.get")[-1]["label"] == "mine"

    def test_get_refuses(self) -> None:
        desk = self.desk()
        assert desk.refused("secret-get") == (2, "require either a secret URI or label")
        assert desk.refused("secret-get", "foo") == (2, 'secret URI "foo" not valid')
        text = "specify one of --peek or --refresh but not both"
        assert desk.refused("secret-get", URI, "--peek", "--refresh") == (2, text)
        assert desk.refused("secret-get", URI, "none") == (1, 'secret key value "none" not found')

    @pytest.mark.parametrize(
        ("argv", "text"),
        [
            ((), "missing secret value or filename"),
            (("s3cret",), 'key value "s3cret" not valid'),
            (("k=v",), 'key "k" not valid'),
            (("key=v", "--rotate", "foo"), 'rotate policy "foo" not valid'),
            (("key=v", "--owner", "foo"), 'secret owner "foo" not valid'),
            (("key=v", "--expire", "foo"), 'expire time or duration "foo" not valid'),
            (("key=v", "--expire", "-1h"), 'negative expire duration "-1h" not valid'),
        ],
    )
    def test_add_refuses(self, argv: tuple[str, ...], text: str) -> None:
        assert self.desk().refused("secret-add", *argv) == (2, text)

    def test_application_secrets_are_the_leaders(self) -> None:
        desk = self.desk(leader=False)
        assert desk.refused("secret-add", "key=v") == (1, "this unit is not the leader")
        assert desk.printed("secret-add", "key=v", "--owner", "unit") == URI + "\n"

    def test_a_label_is_used_once(self) -> None:
        desk = self.desk()
        desk.printed("secret-add", "key=v", "--label", "l")
        assert desk.refused("secret-add", "key=v", "--label", "l") == (1, 'secret with label "l" already exists')

    def test_content_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_bytes(b"pem")
        desk = self.desk(directory=tmp_path)
        desk.printed("secret-add", "pem#file=key.pem")
        assert desk.changes().secrets[0].content == {"pem": "cGVt"}

    def test_remove_grant_and_revoke(self) -> None:
        desk = self.desk(relation=DB)
        desk.printed("secret-remove", URI, "--revision", "3")
        desk.printed("secret-grant", URI)
        desk.printed("secret-revoke", URI, "--app", "mysql")
        assert desk.changes().secrets == (
            SecretChange("remove", URI, revision=3),
            SecretChange("grant", URI, relation=1, application="mysql"),
            SecretChange("revoke", URI, relation=1, application="mysql"),
        )

    def test_a_new_secret_that_is_removed_never_existed(self) -> None:
        desk = self.desk()
        desk.printed("secret-add", "key=v")
        desk.printed("secret-remove", URI)
        assert desk.changes().secrets == ()

    def test_an_application_secret_is_changed_by_its_leader_only(self) -> None:
        desk = self.desk(leader=False)
        desk.answers["secret.info"] = {BARE: {"owner": "application"}}
        for argv in (("secret-set", URI, "key=v"), ("secret-remove", URI), ("secret-revoke", URI, "--app", "mysql")):
            assert desk.refused(*argv) == (1, "this unit is not the leader")
        assert desk.changes().secrets == ()

    def test_a_secret_that_the_unit_does_not_manage_is_not_found(self) -> None:
        desk = self.desk()
        desk.answers["secret.info"] = CallError(f'secret "{BARE}" not found', "not found")
        assert desk.refused("secret-set", URI, "key=v") == (1, f'secret "{BARE}" not found')

    def test_grant_and_revoke_refuse(self) -> None:
        desk = self.desk()
        assert desk.refused("secret-grant", URI) == (2, "no relation id specified")
        text = 'cannot specify unit "x/0" in relation to application "mysql"'
        assert desk.refused("secret-grant", URI, "-r", "1", "--unit", "x/0") == (2, text)
        assert desk.refused("secret-revoke", URI) == (2, "missing relation or application or unit")
        text = "specify only one of application or unit"
        assert desk.refused("secret-revoke", URI, "--app", "a", "--unit", "a/0") == (2, text)

    def test_no_ids_print_nothing_or_null(self) -> None:
        desk = Desk(answers={"secret.ids": []})
        assert desk.printed("secret-ids") == ""
        assert desk.printed("secret-ids", "--format", "json") == "null\n"


class TestResources:
    def test_downloads_once_and_prints_without_newline(self, tmp_path: Path) -> None:
        content = b"hello"
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        chunk = {"data": base64.b64encode(content).decode(), "size": 5, "sha256": sha256}
        answers = {
            "resource.path": {"filename": "f.txt", "sha256": sha256, "size": 5},
            "resource.read": lambda unit, name, offset, length: chunk,
        }
        desk = Desk(directory=tmp_path, answers=answers)
        path = desk.printed("resource-get", "res")
        assert Path(path).read_bytes() == content
        assert desk.printed("resource-get", "res") == path
        assert len(desk.asked_of("resource.read")) == 1

    def test_refuses(self) -> None:
        assert Desk().refused("resource-get") == (2, "missing required resource name")
        desk = Desk(answers={"resource.path": CallError('resource "x" not found')})
        assert desk.refused("resource-get", "x") == (1, 'could not download resource: resource "x" not found')


class TestOthers:
    def test_application_version(self) -> None:
        desk = Desk()
        desk.printed("application-version-set", "15.4")
        assert desk.asked_of("unit.set_workload_version") == [{"unit": "u/0", "version": "15.4"}]
        assert desk.refused("application-version-set") == (2, "no version specified")

    def test_goal_state_is_yaml_by_default(self) -> None:
        found = {"units": {"u/0": {"status": "active", "since": "2026-01-02 03:04:05Z"}}, "relations": {}}
        desk = Desk(answers={"unit.goal_state": found})
        assert desk.printed("goal-state").startswith("units:\n  u/0:\n    status: active\n")
        assert desk.loaded("goal-state") == found

    def test_credentials_need_trust(self) -> None:
        text = "cannot access cloud credentials: permission denied"
        desk = Desk(answers={"unit.credential": CallError(text)})
        assert desk.refused("credential-get") == (1, text)
