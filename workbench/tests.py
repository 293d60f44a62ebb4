"""Every test there is, in a box of its own, inside the time that a run may take.

Knows: what is run in which order, and how a box that tests left behind is taken away.
Must not know: what the tests look at.

pytest's closing line comes last. An interrupted run cleans up as well; a demo that is up is not touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from jujubox.box import Box
from workbench.commands import BIN
from workbench.traces import traces

MINUTES = 75
"""When a run that hangs is ended. A healthy one takes 42 to 49 on two cores; 35 is what it should take."""
CHECKS = (
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--check", "--quiet", "."),
    ("mypy",),
    ("lint-imports",),
)
ROOMS = ("tests/cluster", "tests/database", "tests/unit")
"""Longest first, so that short ones fill what is left at the end."""
SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder", "--durations=20", "--durations-min=20")
"""Two files at a time, each in a box of its own: tests of machines mostly wait."""


def quick_part() -> list[str]:
    """Run the checks that need no machine; the names of those that found something."""
    failed = []
    for program, *arguments in CHECKS:
        done = subprocess.run([BIN / program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            failed.append(" ".join([program, *arguments[:1]]))
            print(f"{failed[-1]}:\n{done.stdout}{done.stderr}", flush=True)
    return failed


def run_pytest(place: str, arguments: list[str]) -> int:
    """pytest over all rooms, with its temporary files in `place`; its exit code."""
    rooms = [room for room in ROOMS if Path(room).is_dir()]
    environment = {**os.environ, "TMPDIR": place}
    for name in ("JUJUBOX_HOME", "JUJU_MODEL", "JUJU_CONTROLLER", "JUJU_DATA"):
        environment.pop(name, None)
    short = f"--basetemp={place}/t"  # a socket's path has room for 107 characters
    command = [sys.executable, "-m", "pytest", short, *(arguments or [*SIDE_BY_SIDE, *rooms])]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return process.wait(timeout=MINUTES * 60)
    except subprocess.TimeoutExpired:
        print(f"The tests took longer than {MINUTES} minutes.", file=sys.stderr)
        return _end(process)
    except KeyboardInterrupt:
        return _end(process)


def _end(process: subprocess.Popen[bytes]) -> int:
    """End pytest as it wants to be ended, which runs its fixtures to the end; later by force."""
    process.terminate()
    try:
        process.wait(timeout=90)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait() or 1


def sweep(place: Path) -> None:
    """Take down any box that is still in `place`, and the directory itself."""
    for record in place.glob("*/box.json"):
        box = Box.at(record.parent, Box.from_environment().cache)
        environment = {**os.environ, "JUJUBOX_HOME": str(box.home)}
        subprocess.run([BIN / "jujubox", "down"], env=environment, capture_output=True, check=False)
        for trace in traces(box):
            print(f"left behind by the tests: {trace}", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """What SIGTERM and SIGHUP do: the same as Ctrl-C."""
    raise KeyboardInterrupt


def main() -> int:
    """0 if everything is well."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    place = tempfile.mkdtemp(prefix="jbt-", dir="/tmp")
    try:
        failed = quick_part()
        if failed:
            print(f"Failed: {', '.join(failed)}.", flush=True)
        return run_pytest(place, sys.argv[1:]) or len(failed)
    except KeyboardInterrupt:
        return 130
    finally:
        sweep(Path(place))


if __name__ == "__main__":
    sys.exit(main())
