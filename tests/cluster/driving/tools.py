"""Running many hook tools in one `juju exec`, each with its exit code, stdout and stderr.

Knows: how to carry shell commands into a unit's context and their outcomes back.
Must not know: what a hook tool should say.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import jubilant

_DRIVER = """
import json, subprocess, sys
for command in json.loads(sys.argv[1]):
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    print(json.dumps([done.returncode, done.stdout, done.stderr]))
"""


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


def in_context(juju: jubilant.Juju, unit: str, commands: Sequence[str]) -> list[Outcome]:
    """Run shell commands one after another in one context of the unit; all they asked for is flushed at the end."""
    driver = base64.b64encode(_DRIVER.encode()).decode()
    packed = base64.b64encode(json.dumps(list(commands)).encode()).decode()
    script = f'python3 -c "$(echo {driver} | base64 -d)" "$(echo {packed} | base64 -d)"'
    lines = juju.exec(script, unit=unit).stdout.splitlines()
    return [Outcome(*json.loads(line)) for line in lines]


def tool(juju: jubilant.Juju, unit: str, command: str) -> Outcome:
    """Run one command in a context of its own, which fails if the command fails."""
    try:
        task = juju.exec(command, unit=unit)
    except jubilant.TaskError as failure:
        task = failure.task
    return Outcome(task.return_code, task.stdout, task.stderr)
