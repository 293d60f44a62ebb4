from __future__ import annotations

from pathlib import Path

import pytest

from jujubox.hooktools.registry import tools_of
from tests.unit.hooktools.desk import Desk


@pytest.mark.parametrize("tool", sorted(tools_of("3.6")))
def test_every_tool_refuses_an_unknown_flag_and_prints_help(tool: str) -> None:
    desk = Desk()
    found = desk.call(tool, "--cheese", personality="3.6")
    assert (found.code, found.stderr) == (2, "ERROR option provided but not defined: --cheese\n")
    for flag in ("--help", "-h"):
        help_ = desk.call(tool, flag, personality="3.6")
        assert help_.code == 0
        assert help_.stdout.startswith(f"Usage: {tool}")


def test_a_bad_format_is_refused() -> None:
    assert Desk().refused("config-get", "--format", "bad") == (
        2,
        'invalid value "bad" for option --format: unknown format "bad"',
    )


def test_surplus_arguments_are_refused() -> None:
    assert Desk().refused("is-leader", "x", "y") == (2, 'unrecognized args: ["x" "y"]')


def test_output_goes_to_a_file_beside_the_caller(tmp_path: Path) -> None:
    desk = Desk(directory=tmp_path, answers={"unit.config": {"a": 1}})
    assert desk.printed("config-get", "a", "-o", "found") == ""
    assert (tmp_path / "found").read_text() == "1\n"


def test_some_tools_exist_in_3_6_only() -> None:
    older = tools_of("3.6").keys() - tools_of("4.0").keys()
    assert {"leader-get", "leader-set", "payload-register"} <= older
    assert {name.split("-")[0] for name in older} == {"leader", "payload", "k8s", "pod"}


def test_payloads_are_accepted() -> None:
    assert Desk().printed("payload-register", "docker", "web", "1", personality="3.6") == ""
    assert Desk().refused("payload-unregister", "web", personality="3.6") == (2, "missing id")
    text = 'status "odd" not supported; expected one of starting, started, stopping, stopped'
    assert Desk().refused("payload-status-set", "web", "1", "odd", personality="3.6") == (2, text)
