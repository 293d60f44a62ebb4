from __future__ import annotations

import pytest

from jujubox.model.params import filled, problem

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "world", "pattern": "^[a-z]+$"},
        "times": {"type": "integer", "minimum": 1},
        "mode": {"type": "string", "enum": ["fast", "slow"]},
        "deep": {"type": "object", "properties": {"n": {"type": "number", "default": 1.5}}},
    },
    "required": ["times"],
    "additionalProperties": False,
}


def test_defaults_fill_in_what_is_missing_at_any_depth() -> None:
    assert filled(SCHEMA, {"times": 2, "deep": {}}) == {"times": 2, "name": "world", "deep": {"n": 1.5}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"times": 2}, ""),
        ({}, '(root) : "times" property is missing and required'),
        ({"times": "x"}, "(root).times : must be of type integer"),
        ({"times": True}, "(root).times : must be of type integer"),
        ({"times": 0}, "(root).times : must be greater than or equal to 1"),
        ({"times": 1, "mode": "odd"}, "(root).mode : must match one of the enum values"),
        ({"times": 1, "name": "A"}, "(root).name : does not match pattern"),
        ({"times": 1, "more": 1}, '(root) : additional property "more" is not allowed'),
    ],
)
def test_a_problem_is_told_in_jujus_words(given, said) -> None:
    found = problem(SCHEMA, given)
    assert said in found if said else found == ""
