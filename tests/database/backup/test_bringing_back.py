"""The program that brings data back, on real servers: to a moment, killed on the way; to one that is not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pgcharm.backup.target import LATEST, TIME
from pgcharm.restoring.notes import Task
from tests.database.backup.conftest import Archiving

TOP = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def moment(ours: Archiving) -> tuple[str, str]:
    """A backup, and a moment after it at which the table `kept` had a thousand rows."""
    ours.backrest.run("stanza-create")
    ours.backrest.run("--type=full", "backup", timeout=300)
    ours.sql("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    ((then,),) = ours.sql("SELECT clock_timestamp()::text FROM pg_sleep(0.1)")
    ours.sql("SELECT pg_sleep(0.1)")
    ours.sql("DROP TABLE kept")
    ours.sql("SELECT pg_switch_wal()")
    found = ours.backrest.info()
    assert found.newest is not None
    return found.newest.id, str(then)


def task(ours: Archiving, place: Path, backup: str, kind: str, time: str = "") -> Path:
    """What the program is told."""
    told = Task(
        1, ours.backrest.config, "main", backup, kind, str(place / "restored"), str(ours.server.binaries),
        str(place / "notes.json"), time, size=1 << 25,
    )  # fmt: skip
    path = place / "restore.json"
    path.write_text(told.text())
    return path


def run(path: Path) -> dict[str, Any]:
    """Run it to its end; what it has written down."""
    done = subprocess.run(argv(path), cwd=TOP, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads((path.parent / "notes.json").read_text()))


def argv(path: Path) -> list[str]:
    return [sys.executable, "-m", "pgcharm.restoring", "restore", str(path)]


def state_of(ours: Archiving, place: Path) -> str:
    """What the control file says of the data."""
    program = ours.server.binaries / "pg_controldata"
    said = subprocess.run([program, place / "restored"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(":", 1) for line in said.splitlines())
    state, timeline = facts["Database cluster state"], facts["Latest checkpoint's TimeLineID"]
    return f"{state.strip()}, timeline {timeline.strip()}"


def test_to_a_moment_killed_on_the_way_and_run_again(ours: Archiving, moment: tuple[str, str], tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = task(ours, tmp_path, moment[0], TIME, moment[1])
    first = subprocess.Popen(argv(path), cwd=TOP, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(1.0)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    found = run(path)
    assert (found["state"], found["stage"]) == ("done", "recovered"), found
    assert state_of(ours, tmp_path) == "shut down, timeline 2"
    again = run(path)
    assert again["said"] == "the data is back after 0 s"


def test_a_moment_after_the_last_commit_says_when_that_was(
    ours: Archiving, moment: tuple[str, str], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    found = run(task(ours, tmp_path, moment[0], TIME, "2100-01-01 00:00:00+00"))
    assert found["state"] == "failed"
    assert found["said"].startswith("2100-01-01 00:00:00+00 was not reached: the last commit in the archive is of 20")


def test_a_backup_that_is_not_there_is_not_tried_for_ever(ours: Archiving, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = run(task(ours, tmp_path, "20200101-000000F", LATEST))
    assert found["state"] == "failed"
    assert "20200101-000000F" in found["said"]
