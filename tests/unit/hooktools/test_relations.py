from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jujubox.protocol import RelationSettings
from jujubox.wire import CallError
from tests.unit.hooktools.desk import DB, PEERS, Desk

BAGS = {
    (1, "mysql/0"): {"host": "10.0.0.2", "port": "3306"},
    (1, "mysql"): {"version": "8"},
    (1, "u/0"): {"ingress-address": "10.0.0.9", "old": "x"},
    (2, "u/1"): {"a": "1"},
}


def _settings(unit: str, relation: int, of: str) -> dict[str, str]:
    return BAGS.get((relation, of), {})


def desk(**options: Any) -> Desk:
    answers = {
        "relation.settings": _settings,
        "relation.local_application_settings": lambda unit, relation: {"own": "1"},
        "relation.model": "uuid-2",
    }
    return Desk(answers=answers, **options)


def test_ids_leave_out_broken_relations() -> None:
    assert desk().loaded("relation-ids", "db") == ["db:1", "db:3"]


def test_ids_default_to_the_endpoint_of_the_hook() -> None:
    assert desk(relation=PEERS).printed("relation-ids") == "peers:2\n"


def test_ids_of_an_endpoint_without_relations_print_nothing_or_an_empty_list() -> None:
    assert desk().printed("relation-ids", "none") == ""
    assert desk().printed("relation-ids", "none", "--format", "json") == "[]\n"


def test_ids_want_a_name() -> None:
    assert desk().refused("relation-ids") == (2, "no endpoint name specified")


def test_list_prints_members() -> None:
    assert desk(relation=DB).printed("relation-list") == "mysql/0\nmysql/1\n"
    assert desk().loaded("relation-list", "-r", "db:5") == []


def test_list_prints_the_remote_application() -> None:
    assert desk().printed("relation-list", "-r", "1", "--app") == "mysql\n"
    assert desk().loaded("relation-list", "-r", "peers:2", "--app") == "u"


@pytest.mark.parametrize("tool", ["relation-list", "relation-get", "relation-set", "relation-model-get"])
def test_the_relation_option_is_checked(tool: str) -> None:
    assert desk().refused(tool, "-r", "one") == (2, 'invalid value "one" for option -r: invalid relation id')
    assert desk().refused(tool, "-r", "9") == (2, 'invalid value "9" for option -r: relation not found')
    assert desk().refused(tool) == (2, "no relation id specified")


def test_get_reads_the_remote_unit_of_the_hook() -> None:
    here = desk(relation=DB, remote_unit="mysql/0")
    assert here.printed("relation-get", "host") == "10.0.0.2\n"
    assert here.loaded("relation-get", "-") == {"host": "10.0.0.2", "port": "3306"}
    assert here.printed("relation-get") == 'host: 10.0.0.2\nport: "3306"\n'
    assert here.printed("relation-get", "none") == ""
    assert here.printed("relation-get", "none", "--format", "json") == "null\n"


def test_get_without_a_remote_unit_reads_the_application() -> None:
    assert desk(relation=DB).printed("relation-get", "version") == "8\n"
    assert desk(relation=DB, remote_unit="mysql/0").printed("relation-get", "--app", "version") == "8\n"
    assert desk().printed("relation-get", "-r", "1", "--app", "version", "mysql/0") == "8\n"


def test_get_of_empty_settings_prints_an_empty_map() -> None:
    assert desk().printed("relation-get", "-r", "1", "-", "mysql/1", "--format", "json") == "{}\n"


def test_get_refuses_what_is_no_unit() -> None:
    assert desk().refused("relation-get", "-r", "1") == (2, "no unit or application specified")
    assert desk().refused("relation-get", "-r", "1", "-", "mysql") == (
        2,
        'expected unit name, got application name "mysql"',
    )
    assert desk().refused("relation-get", "-r", "1", "-", "unit//0") == (2, 'invalid unit name "unit//0"')


def test_get_prints_what_the_controller_refuses() -> None:
    here = desk(relation=DB)
    here.answers["relation.settings"] = CallError("relation unit not found", "not found")
    assert here.refused("relation-get", "-", "mysql/7") == (1, "relation unit not found")


def test_own_settings_show_what_the_hook_wrote() -> None:
    here = desk(relation=DB)
    here.printed("relation-set", "a=1", "old=")
    assert here.loaded("relation-get", "-", "u/0") == {"a": "1", "ingress-address": "10.0.0.9"}
    assert here.changes().relations == (RelationSettings(1, unit={"ingress-address": "10.0.0.9", "a": "1"}),)


def test_the_leader_reads_back_its_application_settings() -> None:
    here = desk()
    here.printed("relation-set", "-r", "peers:2", "--app", "k=v")
    assert here.loaded("relation-get", "-r", "2", "--app", "-", "u") == {"k": "v", "own": "1"}
    assert here.changes().relations == (RelationSettings(2, application={"own": "1", "k": "v"}),)


def test_only_the_leader_writes_application_settings() -> None:
    here = desk(leader=False)
    assert here.refused("relation-set", "-r", "1", "--app", "k=v") == (1, "cannot write relation settings")
    assert here.changes().relations == ()


def test_writes_that_change_nothing_are_left_out() -> None:
    here = desk(relation=DB)
    here.printed("relation-set", "old=x", "none=")
    assert here.changes().relations == ()


def test_set_checks_its_arguments() -> None:
    assert desk(relation=DB).refused("relation-set", "haha") == (2, 'expected "key=value", got "haha"')
    assert desk(relation=DB).refused("relation-set", "a=1", "a=2") == (2, 'key "a" specified more than once')


def test_set_reads_a_file_and_arguments_win(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("a: 1\nb: true\n")
    here = desk(relation=PEERS, directory=tmp_path)
    here.printed("relation-set", "--file", "settings.yaml", "b=no")
    assert here.changes().relations == (RelationSettings(2, unit={"a": "1", "b": "no"}),)


def test_set_reads_stdin() -> None:
    here = desk(relation=PEERS)
    here.printed("relation-set", "--file", "-", stdin=b"{foo: bar}")
    assert here.changes().relations == (RelationSettings(2, unit={"foo": "bar"}),)


def test_null_in_a_file_deletes_a_key_as_charmhelpers_wants_it_and_a_quoted_null_is_text() -> None:
    here = desk(relation=PEERS)
    here.printed("relation-set", "a=1", "b=2", "c=3", "d=4")
    here.printed("relation-set", "--file", "-", stdin=b'a: null\nb: ~\nc:\nd: "null"\n')
    assert here.changes().relations == (RelationSettings(2, unit={"d": "null"}),)


def test_set_refuses_a_file_that_is_no_map() -> None:
    code, text = desk(relation=DB).refused("relation-set", "--file", "-", stdin=b"haha")
    assert code == 1
    assert text.startswith("yaml: unmarshal errors:")


def test_set_warns_of_format() -> None:
    found = desk(relation=DB).call("relation-set", "--format", "json", "a=1")
    assert found.code == 0
    assert "deprecated" in found.stderr


def test_member_settings_stay_over_contexts_and_application_settings_do_not() -> None:
    first = desk(relation=DB, remote_unit="mysql/0")
    first.printed("relation-get")
    first.printed("relation-get", "--app")
    second = desk(relation=DB, remote_unit="mysql/0", cache=first.cache)
    second.printed("relation-get")
    second.printed("relation-get", "--app")
    second.printed("relation-get", "--app", "version")
    assert [params["of"] for params in second.asked_of("relation.settings")] == ["mysql"]


def test_model_get_prints_the_uuid() -> None:
    assert desk(relation=DB).printed("relation-model-get") == "uuid: uuid-2\n"
