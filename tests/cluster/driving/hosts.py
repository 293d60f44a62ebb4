"""Machines without a controller: a box in a directory of its own, and what of it is on the host.

Knows: `jujubox.machines`, and where the kernel shows mounts, groups, links, rules and processes.
Must not know: Juju.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from jujubox.box import Box
from jujubox.machines import Faults, File, Machines, teardown

T = TypeVar("T")
BOOTED = """\
until s=$(systemctl is-system-running 2>/dev/null); [ "$s" = running ] || [ "$s" = degraded ]; do sleep 0.02; done
echo $s
"""


class Host:
    """A box and its machines, driven from tests that are not asynchronous."""

    def __init__(self, home: Path, cache: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self.machines = Machines(Box.at(home, cache))
        self.faults = Faults(self.machines)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine."""
        return self._loop.run_until_complete(work)

    @property
    def box(self) -> Box:
        """The box as it is now."""
        return self.machines.box

    def up(self) -> None:
        """Network and package cache."""
        self.do(self.machines.ensure_network())
        self.do(self.machines.ensure_packages())

    def address(self, number: int) -> str:
        """An address of the box's subnet."""
        return self.box.gateway.rpartition(".")[0] + f".{number}"

    def boot(self, instance: str, number: int, base: str = "debian@12", files: dict[str, File] | None = None) -> float:
        """Make and boot a machine; the seconds until systemd says that it runs."""
        self.do(self.machines.ensure_image(base))
        begun = time.monotonic()
        self.do(self.machines.create(instance, base, f"juju-abcdef-{number}", self.address(number), files))
        self.do(self.machines.start(instance))
        assert self.sh(instance, BOOTED) == "running", self.sh(instance, "systemctl --failed --no-legend")
        return time.monotonic() - begun

    def sh(self, instance: str, script: str, timeout: float = 30) -> str:
        """The output of a shell script that must succeed in a machine."""
        done = self.do(self.machines.run(instance, ["sh", "-c", script], timeout=timeout))
        assert done.code == 0, f"{script}: exit {done.code}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout.decode().strip()

    def code(self, instance: str, script: str, timeout: float = 30) -> int:
        """The exit code of a shell script in a machine."""
        return self.do(self.machines.run(instance, ["sh", "-c", script], timeout=timeout)).code

    def spawn(self, instance: str, *argv: str) -> subprocess.Popen[str]:
        """Start a program in a machine and leave it to the test, with its input and output."""
        return subprocess.Popen(
            self.machines.enter(instance, argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def down(self) -> None:
        """Remove everything."""
        self.do(teardown.remove_everything(self.box))
        self._loop.close()


@contextmanager
def host(home: Path, cache: Path) -> Iterator[Host]:
    """A box that is up; removed at the end, whatever happened."""
    here = Host(home, cache)
    try:
        here.up()
        yield here
    finally:
        here.down()


def traces(box: Box) -> list[str]:
    """Everything of a box that can be seen on the host."""
    links = [link["ifname"] for link in json.loads(_output("ip", "-j", "link"))]
    return [
        *(
            f"mount {line.split()[4]}"
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if str(box.home) in line
        ),
        *(f"loop {line}" for line in _output("losetup", "-O", "BACK-FILE", "-n").splitlines() if str(box.home) in line),
        *(f"group {path}" for path in Path("/sys/fs/cgroup").rglob(f"jujubox-{box.tag}")),
        *(f"link {name}" for name in links if name.startswith(box.bridge)),
        *(f"namespace {path}" for path in Path("/run/netns").glob(f"{box.bridge}*")),
        *(f"left {path}" for path in Path("/run/systemd/nspawn").rglob(f"{box.bridge}*")),
        *(f"rules {line}" for line in _output("nft", "list", "tables").splitlines() if box.bridge in line),
        *(f"process {pid}" for pid in _processes(str(box.home))),
        *(f"file {path}" for path in [box.home] if path.exists()),
    ]


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _processes(text: str) -> Iterator[str]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text in entry.read_text(errors="replace") and int(entry.parent.name) != os.getpid():
                yield entry.parent.name
        except OSError:
            continue


def eventually(question: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether the answer became yes within `seconds`."""
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
