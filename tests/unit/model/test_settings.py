from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jujubox.charm import charm_of
from jujubox.model import settings
from jujubox.model.database import Refused

CHARM = charm_of(
    {
        "metadata": {"name": "c"},
        "config": {
            "options": {
                "name": {"type": "string", "default": "x"},
                "count": {"type": "int", "default": 3},
                "ratio": {"type": "float"},
                "on": {"type": "boolean", "default": False},
                "password": {"type": "secret"},
            }
        },
    }
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_int_survives_being_typed(value) -> None:
    assert settings.parse(CHARM, {"count": str(value)}) == {"count": value}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_survives_being_typed(value) -> None:
    assert settings.parse(CHARM, {"ratio": repr(value)}) == {"ratio": value}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("1", True), (True, True)])
def test_booleans_are_spelled_as_in_go(text, value) -> None:
    assert settings.parse(CHARM, {"on": text}) == {"on": value}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"count": "abc"}, 'option "count" expected int, got "abc"'),
        ({"count": True}, 'option "count" expected int, got true'),
        ({"count": 1.5}, 'option "count" expected int, got 1.5'),
        ({"on": "yes"}, 'option "on" expected boolean, got "yes"'),
        ({"name": 4}, 'option "name" expected string, got 4'),
        ({"password": "abc"}, 'option "password" expected secret, got "abc"'),
        ({"nope": "1"}, 'unknown option "nope"'),
    ],
)
def test_a_wrong_value_is_named(given, message) -> None:
    with pytest.raises(Refused) as caught:
        settings.parse(CHARM, given)
    assert caught.value.message == message


def test_what_is_in_force_is_the_users_setting_or_the_default() -> None:
    assert settings.effective(CHARM, {"count": 5}) == {
        "name": "x", "count": 5, "ratio": None, "on": False, "password": None,
    }  # fmt: skip


def test_settings_that_no_longer_fit_are_dropped_with_the_old_charm() -> None:
    assert settings.kept(CHARM, {"count": "five", "name": "y", "gone": 1}) == {"name": "y"}


def test_a_setting_says_where_its_value_comes_from() -> None:
    document = settings.document(CHARM, {"name": "y"})
    assert [document[key]["source"] for key in ("name", "count", "ratio")] == ["user", "default", "unset"]
    assert "value" not in document["ratio"]
