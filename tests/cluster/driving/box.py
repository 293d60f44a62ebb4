"""A jujubox of the tests' own: brought up, named to every command by the environment, taken down.

Knows: the `jujubox` command and where its files are.
Must not know: what the tests do in it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jubilant

from driving.waiting import until


def command(name: str) -> str:
    """The path of a command that is installed beside this Python, else of one in PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"cannot find the command {name}: looked beside {sys.executable} and in PATH")
    return found


@dataclass(frozen=True)
class Box:
    """A running jujubox below `home`."""

    home: Path

    def jujubox(self, *argv: str, timeout: float = 900) -> str:
        """Run a `jujubox` command; its output. Raises AssertionError with all it said if it fails."""
        done = subprocess.run([command("jujubox"), *argv], capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0, f"jujubox {' '.join(argv)} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def controller_pid(self) -> int:
        """The process id of the controller."""
        return int((self.home / "controller.pid").read_text())

    def kill_controller(self) -> None:
        """kill -9, and wait until the process is gone."""
        pid = self.controller_pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: _runs(pid), lambda runs: not runs)

    def start_controller(self) -> None:
        """Start the controller again."""
        self.jujubox("controller", "start")

    def fault(self, model: str, kind: str, machine: str, *options: str) -> None:
        """Bring about a fault on a machine of a model."""
        self.jujubox("fault", kind, machine, "-m", model, *options)

    def heal(self) -> None:
        """Undo every fault."""
        self.jujubox("fault", "heal")

    def in_machine(self, instance: str, *argv: str) -> str:
        """Run a command in a machine as root; the controller need not run."""
        return self.jujubox("machine", "exec", instance, *argv)

    def log(self) -> str:
        """The end of the controller's own log."""
        texts = [path.read_text(errors="replace")[-5000:] for path in sorted((self.home / "logs").glob("*"))]
        return "\n".join(texts)


def start(home: Path) -> Box:
    """Bring up a box in `home` and make it the one that every later command talks to."""
    os.environ["JUJUBOX_HOME"] = str(home)
    os.environ["JUJU_DATA"] = str(home / "juju-data")
    for name in ("JUJU_MODEL", "JUJU_CONTROLLER", "JUJUBOX_PERSONALITY"):
        os.environ.pop(name, None)
    box = Box(home)
    box.jujubox("up", "--base", "debian@12", "--base", "debian@13")
    return box


def stop(box: Box) -> None:
    """Take the box down and remove its home."""
    box.jujubox("down")
    shutil.rmtree(box.home, ignore_errors=True)


@contextmanager
def fresh_model(name: str, config: Mapping[str, jubilant.ConfigValue]) -> Iterator[jubilant.Juju]:
    """A new model, driven by jubilant; destroyed at the end unless KEEP_MODELS is set."""
    driver = jubilant.Juju(cli_binary=binary(), wait_timeout=180)
    driver.add_model(f"{name}-{secrets.token_hex(2)}", config=config)
    assert driver.model is not None
    try:
        yield driver
    finally:
        if not os.environ.get("KEEP_MODELS"):
            driver.destroy_model(driver.model, destroy_storage=True, force=True)


def binary() -> str:
    """The juju command that is driven."""
    return os.environ.get("TEST_JUJU") or command("juju")


def juju(*argv: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `juju` and give back all it said, whether it failed or not."""
    return subprocess.run([binary(), *argv], capture_output=True, text=True, input=stdin, timeout=300, check=False)


def juju_json(*argv: str) -> Any:
    """What `juju ... --format json` prints, parsed."""
    done = juju(argv[0], "--format", "json", *argv[1:])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
