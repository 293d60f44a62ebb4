"""A jujubox of the benchmark's own, taken down at the end.

Knows: the `jujubox` and `juju` commands.
Must not know: what is measured in it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def _command(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def juju(*argv: str) -> str:
    """Run `juju`; its stdout."""
    return subprocess.run([_command("juju"), *argv], check=True, capture_output=True, text=True).stdout


def status() -> dict[str, Any]:
    """`juju status --format json`."""
    seen: dict[str, Any] = json.loads(juju("status", "--format", "json"))
    return seen


def until(condition: Callable[[], bool], timeout: float = 600, delay: float = 0.05) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"cannot finish the benchmark: waited {timeout:g} s\n{juju('status')}")
        time.sleep(delay)


def all_active(application: str, count: int) -> bool:
    """Whether `count` units are there, all active, all agents idle."""
    units = status()["applications"].get(application, {}).get("units", {}).values()
    return len(units) == count and all(
        (unit["workload-status"].get("current"), unit["juju-status"].get("current")) == ("active", "idle")
        for unit in units
    )


@contextmanager
def own_box() -> Iterator[Path]:
    """Bring up a box in a temporary home and take it down at the end."""
    home = Path(tempfile.mkdtemp(prefix="jujubox-benchmark-"))
    before = dict(os.environ)
    os.environ.update(JUJUBOX_HOME=str(home), JUJU_DATA=str(home / "juju-data"))
    try:
        subprocess.run([_command("jujubox"), "up"], check=True, stdout=subprocess.DEVNULL)
        yield home
    finally:
        subprocess.run([_command("jujubox"), "down"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)
        os.environ.clear()
        os.environ.update(before)
