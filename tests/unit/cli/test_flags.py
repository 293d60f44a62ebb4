"""Flags as gnuflag reads them."""

from __future__ import annotations

import pytest

from jujubox.flags import FlagSet, HelpWanted, UsageError, refuse_more, to_seconds


def flag_set() -> FlagSet:
    flags = FlagSet()
    flags.string("r", "relation")
    flags.string("config", repeated=True)
    flags.boolean("app")
    flags.boolean("x")
    flags.integer("n", "num-units", default=1)
    flags.duration("wait")
    flags.formats("smart", "yaml", "json")
    return flags


def test_flags_stand_anywhere_and_two_dashes_end_them() -> None:
    found = flag_set().parse(["one", "--relation", "db:1", "two", "--app", "--", "--three"])
    assert found.args == ["one", "two", "--three"]
    assert found["r"] == found["relation"] == "db:1"
    assert found["app"] is True


def test_without_interspersing_the_first_argument_ends_the_flags() -> None:
    found = flag_set().parse(["--app", "one", "--relation", "two"], interspersed=False)
    assert found.args == ["one", "--relation", "two"]


def test_a_value_may_be_attached() -> None:
    found = flag_set().parse(["--relation=a=b", "-n3", "--config", "a=1", "--config=b=2"])
    assert (found["r"], found["n"], found["config"]) == ("a=b", 3, ["a=1", "b=2"])


def test_one_letter_flags_may_share_a_dash() -> None:
    found = flag_set().parse(["-xn", "4"])
    assert found["x"] is True
    assert found["num-units"] == 4


def test_defaults_hold_until_a_flag_is_given() -> None:
    found = flag_set().parse(["-"])
    assert (found["relation"], found["n"], found["config"], found["wait"]) == ("", 1, [], None)
    assert found["format"] == "smart"
    assert not found.given("n")
    assert found.args == ["-"]


def test_a_boolean_can_be_switched_off() -> None:
    assert flag_set().parse(["--app=false"])["app"] is False


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--cheese"], "option provided but not defined: --cheese"),
        (["--cheese=1"], "option provided but not defined: --cheese"),
        (["-c"], "option provided but not defined: -c"),
        (["-app"], "option provided but not defined: -a"),
        (["--relation"], "option needs an argument: --relation"),
        (["-r"], "option needs an argument: -r"),
        (["-n", "x"], 'invalid value "x" for option -n: strconv.ParseInt: parsing "x": invalid syntax'),
        (["--app=x"], 'invalid value "x" for option --app: strconv.ParseBool: parsing "x": invalid syntax'),
        (["--format", "bad"], 'invalid value "bad" for option --format: unknown format "bad"'),
        (["--wait", "5"], 'invalid value "5" for option --wait: time: invalid duration "5"'),
    ],
)
def test_wrong_flags_are_refused_in_gnuflag_words(argv: list[str], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        flag_set().parse(argv)
    assert str(caught.value) == text


@pytest.mark.parametrize("argv", [["-h"], ["--help"], ["x", "--help"]])
def test_help_is_understood_everywhere(argv: list[str]) -> None:
    with pytest.raises(HelpWanted):
        flag_set().parse(argv)


def test_arguments_left_over_are_named() -> None:
    with pytest.raises(UsageError, match=r'unrecognized args: \["x" "y z"\]'):
        refuse_more(["x", "y z"])


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m30s", 90), ("-1h", -3600), ("1.5h", 5400), ("300ms", 0.3), ("0", 0), ("1h2m3s", 3723)]
)
def test_go_durations(text: str, seconds: float) -> None:
    assert to_seconds(text) == pytest.approx(seconds)
