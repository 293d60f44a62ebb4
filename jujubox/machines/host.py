"""Commands on the host: the one way in which this package runs a program and waits for it.

Knows: how to run a command, give it input, bound its time and report its failure.
Must not know: what any command does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jujubox.machines.errors import MachinesError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/root"}


@dataclass(frozen=True)
class Completed:
    """How a command ended. A command that a signal ended has code 128 + signal, as in a shell."""

    code: int
    stdout: bytes
    stderr: bytes


async def attempt(
    argv: Sequence[str],
    stdin: bytes | None = None,
    timeout: float | None = None,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Completed:
    """Run a command. It is killed when `timeout` (seconds) is over (TimeoutError) or the caller is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(stdin), timeout)
    except BaseException:
        await _end(process)
        raise
    code = process.returncode or 0
    return Completed(code if code >= 0 else 128 - code, stdout, stderr)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a command with its children, also those in a machine. One that left the group may still hold our pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(process.wait(), 5)


async def run(*argv: str, stdin: bytes | None = None, timeout: float | None = None) -> str:
    """Run a command that must succeed; its output. Raises MachinesError with what it said otherwise."""
    done = await attempt(argv, stdin, timeout)
    if done.code != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip() or f"exit code {done.code}"
        raise MachinesError(f"cannot run `{' '.join(argv)}`: {said}")
    return done.stdout.decode(errors="replace")
