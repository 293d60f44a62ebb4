"""The two commands of the project, run and read.

Knows: where `juju` and `jujubox` are, and how they are called in words that a person can type.
Must not know: what for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.says import Missing

BIN = Path(sys.executable).parent


def typed(command: str) -> str:
    """How a person types `juju` or `jujubox` here: bare if their PATH finds ours, else with the directory."""
    found = shutil.which(command)
    if found and Path(found).resolve() == (BIN / command).resolve():
        return command
    return str(BIN.relative_to(Path.cwd()) / command if BIN.is_relative_to(Path.cwd()) else BIN / command)


def call(command: str, *arguments: str) -> str:
    """What a command prints. Raises Missing with what it said when it fails."""
    done = subprocess.run(
        [BIN / command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise Missing(f"cannot {command} {' '.join(arguments)}: {said}")
    return done.stdout


def status() -> Mapping[str, Any]:
    """`juju status` as data."""
    found: Mapping[str, Any] = json.loads(call("juju", "status", "--format", "json"))
    return found
