"""smart, yaml and json as Juju prints them."""

from __future__ import annotations

from typing import Any

import pytest

from jujubox.output import natural, render


@pytest.mark.parametrize(
    ("value", "smart", "yaml", "json"),
    [
        (None, "", "", "null\n"),
        ("", "", '""\n', '""\n'),
        ("text", "text\n", "text\n", '"text"\n'),
        ("45", "45\n", '"45"\n', '"45"\n'),
        (True, "True\n", "true\n", "true\n"),
        (False, "False\n", "false\n", "false\n"),
        (45, "45\n", "45\n", "45\n"),
        (2.0, "2\n", "2\n", "2\n"),
        ([], "", "[]\n", "[]\n"),
        (["a", "b"], "a\nb\n", "- a\n- b\n", '["a","b"]\n'),
        ([1, 2], "- 1\n- 2\n", "- 1\n- 2\n", "[1,2]\n"),
        ({}, "{}\n", "{}\n", "{}\n"),
        ({"b": "1", "a": None}, 'b: "1"\na: null\n', 'b: "1"\na: null\n', '{"b":"1","a":null}\n'),
        ("<&>", "<&>\n", "<&>\n", '"\\u003c\\u0026\\u003e"\n'),
        ("zoë", "zoë\n", "zoë\n", '"zoë"\n'),
    ],
)
def test_a_value_in_every_format(value: Any, smart: str, yaml: str, json: str) -> None:
    assert (render(value, "smart"), render(value, "yaml"), render(value, "json")) == (smart, yaml, json)


def test_a_map_is_sorted_by_text_in_json_and_by_number_in_yaml() -> None:
    value = {"a10": 1, "a2": {"z": 1, "b": 2}}
    assert render(value, "json", sort=True) == '{"a10":1,"a2":{"b":2,"z":1}}\n'
    assert render(value, "yaml", sort=True) == "a2:\n  b: 2\n  z: 1\na10: 1\n"


def test_unit_names_sort_by_number() -> None:
    assert sorted(["a/10", "a/9", "a-b/1"], key=natural) == ["a-b/1", "a/9", "a/10"]
