"""The control groups of one machine: what freezes, kills and finds its processes exactly.

Knows: the unified hierarchy (alone, or beside version 1 controllers) and the layout below one machine's group.
Must not know: what the processes are.

    <tag>/<instance>/keeper     the shell that starts nspawn again when the machine reboots
    <tag>/<instance>/box        nspawn; it makes supervisor/ (itself) and payload/ (the machine) below

Everything of a machine is below `<tag>/<instance>`, so that its `cgroup.kill` is a power cut and its `cgroup.freeze` a
machine that hangs. nspawn and systemd keep a second book in the version 1 hierarchy `name=systemd` where there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from jujubox.machines.errors import MachinesError


@dataclass(frozen=True)
class Hierarchies:
    """Where control groups are mounted: the unified one, and `name=systemd` of version 1 if there is one."""

    unified: Path
    systemd: Path | None

    @property
    def all(self) -> tuple[Path, ...]:
        """Both, or the one."""
        return (self.unified,) if self.systemd is None else (self.unified, self.systemd)


def find_hierarchies(mounts: str) -> Hierarchies | None:
    """The hierarchies in the text of /proc/self/mounts; None without a unified one."""
    unified = systemd = None
    for line in mounts.splitlines():
        _, target, kind, options, *_ = line.split()
        if kind == "cgroup2" and unified is None:
            unified = Path(target)
        if kind == "cgroup" and "name=systemd" in options.split(",") and systemd is None:
            systemd = Path(target)
    return None if unified is None else Hierarchies(unified, systemd)


def hierarchies() -> Hierarchies:
    """The hierarchies of this host. Raises MachinesError without a unified one."""
    found = find_hierarchies(Path("/proc/self/mounts").read_text())
    if found is None:
        raise MachinesError("cannot control machines: no cgroup2 file system is mounted (expected /sys/fs/cgroup)")
    return found


class Group:
    """The control group of one machine."""

    def __init__(self, tag: str, instance: str) -> None:
        self._roots = tuple(root / f"jujubox-{tag}" / instance for root in hierarchies().all)
        self.path = self._roots[0]

    @property
    def roots(self) -> tuple[Path, ...]:
        """The machine's directory in each hierarchy."""
        return self._roots

    @property
    def inside(self) -> Path:
        """The group that processes entering the machine join: a leaf that the machine itself can see."""
        return self.path / "box" / "payload" / "init.scope"

    def prepare(self) -> None:
        """Make the groups and hand the unified controllers down to them."""
        for root in self._roots:
            (root / "keeper").mkdir(parents=True, exist_ok=True)
        for group in (self.path.parent, self.path):
            for controller in (group / "cgroup.controllers").read_text().split():
                with contextlib.suppress(OSError):
                    (group / "cgroup.subtree_control").write_text(f"+{controller}")

    def populated(self) -> bool:
        """Whether any process of the machine lives."""
        try:
            return "populated 1" in (self.path / "cgroup.events").read_text()
        except FileNotFoundError:
            return False

    def frozen(self) -> bool:
        """Whether the machine is frozen, or about to be."""
        try:
            return (self.path / "cgroup.freeze").read_text().strip() == "1"
        except FileNotFoundError:
            return False

    def freeze(self, frozen: bool) -> None:
        """Stop every process of the machine where it is, or let them go on."""
        with contextlib.suppress(FileNotFoundError):
            (self.path / "cgroup.freeze").write_text("1" if frozen else "0")

    async def kill(self) -> None:
        """SIGKILL every process at once and wait until the last one is gone."""
        with contextlib.suppress(FileNotFoundError):
            (self.path / "cgroup.kill").write_text("1")
            self.freeze(False)
        if not await self.wait_empty(30):
            raise MachinesError(f"cannot kill {self.path.name}: processes are left in {self.path}")

    async def wait_empty(self, seconds: float) -> bool:
        """Whether the last process ended within `seconds`."""
        end = time.monotonic() + seconds
        while self.populated():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.02)
        return True

    def leader(self) -> int | None:
        """The host's pid of the machine's init, once there is one.

        While it boots it moves from the first group to the second: looked for in this order it cannot slip through.
        """
        for group in (self.inside.parent, self.inside):
            with contextlib.suppress(OSError):
                for pid in (group / "cgroup.procs").read_text().split():
                    if _is_init(pid):
                        return int(pid)
        return None

    def remove(self) -> None:
        """Remove the empty groups; the box's own group too once the last machine's is gone."""
        for root in self._roots:
            remove_tree(root)
            with contextlib.suppress(OSError):
                root.parent.rmdir()


def remove_tree(root: Path) -> None:
    """Remove a control group and those below it, which must be empty."""
    for directory, _, _ in os.walk(root, topdown=False):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(directory)


def _is_init(pid: str) -> bool:
    """Whether a process is number 1 in a pid namespace below ours."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                numbers = line.split()[1:]
                return len(numbers) > 1 and numbers[-1] == "1"
    return False
