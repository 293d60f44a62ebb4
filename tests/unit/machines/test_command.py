"""The `jujubox` command's pure parts."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from jujubox.command import __main__ as entry
from jujubox.command.fault import told
from jujubox.command.named import choose
from jujubox.machines import MachinesError
from jujubox.machines.book import Fault

KNOWN = [
    {"model": "default", "machine": "0", "instance_id": "juju-aaaaaa-0"},
    {"model": "default", "machine": "1", "instance_id": "juju-aaaaaa-1"},
    {"model": "other", "machine": "0", "instance_id": "juju-bbbbbb-0"},
]


def test_a_machine_is_found_by_instance_or_by_its_juju_number() -> None:
    assert choose("m0", "", [], ["m0"]) == "m0"
    assert choose("1", "", KNOWN, ["juju-aaaaaa-1"]) == "juju-aaaaaa-1"
    assert choose("0", "other", KNOWN, []) == "juju-bbbbbb-0"


def test_a_number_that_two_models_have_needs_the_model() -> None:
    with pytest.raises(MachinesError, match=r"(?s)one in default, other.*hint: add -m MODEL"):
        choose("0", "", KNOWN, [])


def test_an_unknown_machine_is_refused_with_those_there_are() -> None:
    with pytest.raises(MachinesError, match=r"there is default:0, default:1, other:0, m7"):
        choose("9", "", KNOWN, ["m7"])


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("crash", "m0"), "m0 crash"),
        (Fault("cut", "m0", "m1"), "m0 cut from and to m1"),
        (Fault("cut", "m0", "controller", "out"), "m0 cut to controller"),
        (Fault("cut", "m0", "everything", "in", 8008), "m0 cut from everything at port 8008"),
        (Fault("slow", "m0", delay_ms=5, rate_kbit=64), "m0 slow 5 ms 64 kbit/s"),
    ],
)
def test_a_fault_is_told_in_one_line(fault: Fault, text: str) -> None:
    assert told(asdict(fault)) == text


def test_usage_errors_exit_with_two_and_help_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["dance"]) == 2
    assert entry.run(["fault", "melt", "0"]) == 2
    assert entry.run(["fault", "--help"]) == 0
    assert entry.run(["machine", "exec"]) == 2
    assert '"dance" is not a jujubox command' in capsys.readouterr().err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in entry.COMMANDS:
        assert entry.run([name, "--help"]) == 0
        assert f"jujubox {name}" in capsys.readouterr().out
