"""go-yaml v2's block style."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from jujubox import goyaml


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("two words", "two words"),
        ("", '""'),
        ("1", '"1"'),
        ("1.5", '"1.5"'),
        ("1e3", '"1e3"'),
        ("0x1f", '"0x1f"'),
        ("1_000", '"1_000"'),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("yes", '"yes"'),
        ("y", '"y"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("True", '"True"'),
        ("2026-01-02", '"2026-01-02"'),
        ("2026-01-02T03:04:05Z", '"2026-01-02T03:04:05Z"'),
        ("02 Jan 2026 03:04:05Z", "02 Jan 2026 03:04:05Z"),
        ("10:11:12", '"10:11:12"'),
        ("a: b", "'a: b'"),
        ("a:b", "a:b"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        ("ends:", "'ends:'"),
        ("-", "'-'"),
        ("- x", "'- x'"),
        ("-x", "-x"),
        ("[a]", "'[a]'"),
        ("{a}", "'{a}'"),
        ("'quoted'", "'''quoted'''"),
        ('say "x"', 'say "x"'),
        ('"x"', "'\"x\"'"),
        ("%x", "'%x'"),
        ("@x", "'@x'"),
        (" lead", "' lead'"),
        ("trail ", "'trail '"),
        ("tab\there", '"tab\\there"'),
        ("zoë", "zoë"),
        ("a\x00b", '"a\\0b"'),
        ('hook failed: "install"', "'hook failed: \"install\"'"),
    ],
)
def test_a_string_is_quoted_as_go_yaml_quotes_it(text: str, written: str) -> None:
    assert goyaml.scalar(text) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"a": None, "b": True, "c": 3, "d": {}, "e": []}, "a: null\nb: true\nc: 3\nd: {}\ne: []\n"),
        ({"0": {"a": "1"}}, '"0":\n  a: "1"\n'),
        ({"a": [{"b": 1, "c": [1, 2]}, "x"]}, "a:\n- b: 1\n  c:\n  - 1\n  - 2\n- x\n"),
        ([["a", "b"], ["c"]], "- - a\n  - b\n- - c\n"),
        ({"t": "one\ntwo"}, "t: |-\n  one\n  two\n"),
        ({"t": "one\n\ntwo\n"}, "t: |\n  one\n\n  two\n"),
        ({"t": "one\n\n"}, "t: |+\n  one\n\n"),
        ({"t": "  one\ntwo"}, "t: |2-\n    one\n  two\n"),
        ({"t": {"u": "one\ntwo"}}, "t:\n  u: |-\n    one\n    two\n"),
        (["one\ntwo"], "- |-\n  one\n  two\n"),
        ({"t": "blank \nat end"}, 't: "blank \\nat end"\n'),
        ("one\ntwo", "|-\n  one\n  two\n"),
        ({}, "{}\n"),
        ([], "[]\n"),
        (45, "45\n"),
        ({"when": goyaml.Plain("2026-01-02T03:04:05Z")}, "when: 2026-01-02T03:04:05Z\n"),
    ],
)
def test_values_are_laid_out_as_go_yaml_lays_them_out(value: Any, written: str) -> None:
    assert goyaml.dump(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2.0, "2"),
        (1.5, "1.5"),
        (-0.25, "-0.25"),
        (100000.0, "100000"),
        (1000000.0, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.0, "0"),
    ],
)
def test_floats_are_written_as_go_writes_them(value: float, written: str) -> None:
    assert goyaml.go_float(value) == written


def words() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029\r\ufeff"), max_size=12)


class Reader(yaml.SafeLoader):
    """Takes "=" for a word, as Go does; PyYAML gives it a type of YAML 1.1 that it then cannot make."""


Reader.yaml_implicit_resolvers = {
    first: resolvers for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items() if first != "="
}


@given(st.recursive(words(), lambda inner: st.lists(inner) | st.dictionaries(words(), inner), max_leaves=12))
@example("=")
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    assert yaml.load(goyaml.dump(value), Reader) == value
