"""The controller's process: started detached, found again, asked or made to end.

Knows: `controller.pid` in the home, and how to tell that the pid is still the controller of this home.
Must not know: what the controller does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from jujubox.box import Box
from jujubox.machines.errors import MachinesError

START_SECONDS = 30
STOP_SECONDS = 10


def pid(box: Box) -> int | None:
    """The controller's process id, if it lives."""
    try:
        number = int((box.home / "controller.pid").read_text())
        command = _proc(number, "cmdline").split(b"\0")
        environment = _proc(number, "environ").split(b"\0")
    except (OSError, ValueError):
        return None
    ours = b"jujubox.controller" in command and f"JUJUBOX_HOME={box.home}".encode() in environment
    return number if ours else None


def _proc(number: int, what: str) -> bytes:
    with open(f"/proc/{number}/{what}", "rb") as stream:
        return stream.read()


def answers(box: Box) -> bool:
    """Whether somebody listens on the controller's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        try:
            trial.connect(str(box.socket))
        except OSError:
            return False
    return True


def start(box: Box) -> None:
    """Have the controller running and answering."""
    if pid(box) is not None and answers(box):
        return
    stop(box)
    logs = box.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "JUJUBOX_HOME": str(box.home), "JUJUBOX_CACHE": str(box.cache)}
    with open(logs / "controller.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jujubox.controller"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            env={**environment, "PYTHONPATH": _source()},
        )  # fmt: skip
    (box.home / "controller.pid").write_text(f"{process.pid}\n")
    _wait_answer(box, process)


def _source() -> str:
    """The directory that this package is imported from, so that the controller is of the same version."""
    here = os.path.abspath(__file__)
    return os.pathsep.join(
        filter(None, [os.path.dirname(os.path.dirname(os.path.dirname(here))), os.environ.get("PYTHONPATH")])
    )


def _wait_answer(box: Box, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers(box):
        if process.poll() is not None or time.monotonic() > end:
            log = box.home / "logs" / "controller.log"
            said = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise MachinesError(f"cannot start the controller: {''.join(said) or 'it does not answer'}", f"read {log}")
        time.sleep(0.02)


def stop(box: Box, number: signal.Signals = signal.SIGTERM) -> bool:
    """End the controller, by SIGKILL if it takes too long; whether there was one."""
    found = pid(box)
    if found is None:
        return False
    end = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(found, number)
        while pid(box) is not None:
            if time.monotonic() > end:
                os.kill(found, signal.SIGKILL)
            time.sleep(0.02)
    return True
