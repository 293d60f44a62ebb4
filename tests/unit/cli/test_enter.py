"""The way into a machine: a command that was stopped from inside goes on, and its end is ours."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASKING = "import sys; from jujubox.cli.enter import until_it_ends; sys.exit(until_it_ends(['sh', '-c', sys.argv[1]]))"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("exit 7", 7),
        ("kill -STOP $$; exit 5", 5),
        ("kill -KILL $$", 137),
    ],
)
def test_a_command_that_stops_is_continued_and_its_end_is_told(command: str, code: int) -> None:
    assert subprocess.run([sys.executable, "-c", ASKING, command], timeout=20, check=False).returncode == code


def test_input_and_output_are_the_commands_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKING, "cat; echo told >&2"], input="words", capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("words", "told\n")
