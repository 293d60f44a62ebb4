"""Machines: made, started, entered, stopped, crashed and removed by instance name.

Knows: what a machine consists of: a directory with `machine.json`, a disk, a control group, a network namespace.
Must not know: models and units; which faults there are (see `faults`).

The host tells the state: a machine runs if its control group has processes. So machines outlive whoever started them,
and nothing about them is remembered that could be wrong.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from jujubox.box import Box
from jujubox.machines import book, cuts, host, images, limits, network, nspawn, packages, shaping
from jujubox.machines.cgroups import Group
from jujubox.machines.disk import Disk
from jujubox.machines.errors import MachinesError, NoSuchMachine, NotRunning
from jujubox.machines.files import File, Link, write_files
from jujubox.machines.host import Completed
from jujubox.userdata import NOTHING, Userdata

State = Literal["absent", "stopped", "running"]

ENVIRONMENT = {"PATH": host.PATH, "HOME": "/root", "USER": "root", "LANG": "C.UTF-8", "SHELL": "/bin/bash"}
STOP_SECONDS = 60


@dataclass(frozen=True)
class Machine:
    """What is written down about an instance."""

    instance: str
    base: str
    hostname: str
    address: str
    image: str


class Machines:
    """The machines of one box."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._locks: collections.defaultdict[str, asyncio.Lock] = collections.defaultdict(asyncio.Lock)

    async def ensure_network(self) -> Box:
        """Have the bridge, and room in the kernel; the box with the subnet that it really got."""
        limits.ensure()
        self.box = await network.claim(self.box)
        await self.install_cuts()
        return self.box

    async def install_cuts(self) -> None:
        """Have the network cut as the book of faults says."""
        addresses = {instance: machine.address for instance, machine in self.all().items()}
        await cuts.install(self.box, book.read(self.box.home), addresses)

    async def ensure_packages(self) -> None:
        """Have the package proxy."""
        await packages.ensure(self.box)

    async def ensure_image(self, base: str, userdata: Userdata = NOTHING) -> None:
        """Have the image of a base such as `debian@12`; about a minute the first time."""
        await images.ensure(self.box, base, userdata)

    def all(self) -> dict[str, Machine]:
        """Every instance, running or not."""
        records = sorted((self.box.home / "machines").glob("*/machine.json"))
        return {record.parent.name: Machine(**json.loads(record.read_text())) for record in records}

    def machine(self, instance: str) -> Machine:
        """What is known of an instance. Raises NoSuchMachine."""
        try:
            return Machine(**json.loads((self._home(instance) / "machine.json").read_text()))
        except FileNotFoundError:
            raise NoSuchMachine(instance) from None

    def state(self, instance: str) -> State:
        """Whether an instance exists and runs; one that reboots or is frozen runs."""
        if not (self._home(instance) / "machine.json").exists():
            return "absent"
        return "running" if self.group(instance).populated() else "stopped"

    def leader(self, instance: str) -> int | None:
        """The host's pid of the machine's init; None while it is stopped or between two boots."""
        return self.group(instance).leader()

    def group(self, instance: str) -> Group:
        """The control group of an instance."""
        return Group(self.box.tag, instance)

    def disk(self, instance: str) -> Disk:
        """The disk of an instance."""
        return Disk(self._home(instance))

    def _home(self, instance: str) -> Path:
        return self.box.machine_home(instance)

    async def create(
        self,
        instance: str,
        base: str,
        hostname: str,
        address: str,
        files: Mapping[str, File | Link] | None = None,
        userdata: Userdata = NOTHING,
    ) -> None:
        """Make a stopped machine, with `files` over the image. What an interrupted call left of it is replaced."""
        async with self._locks[instance]:
            if self.state(instance) != "absent":
                raise MachinesError(f"cannot create machine {instance}: it exists (expected a new name)")
            await self._remove(instance)
            image = images.place(self.box, base, userdata)
            home = self._home(instance)
            home.mkdir(parents=True)
            disk = self.disk(instance)
            await disk.make()
            await disk.mount(image)
            await asyncio.to_thread(write_files, disk.root, {**self._identity(hostname, address), **(files or {})})
            record = json.dumps(asdict(Machine(instance, base, hostname, address, str(image))))
            (home / "machine.json.new").write_text(record + "\n")
            (home / "machine.json.new").replace(home / "machine.json")

    def _identity(self, hostname: str, address: str) -> dict[str, File | Link]:
        """Who the machine is. A machine-id that is there from the beginning also keeps systemd from a "first boot"."""
        hosts = f"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{address} {hostname}\n"
        proxy = f'Acquire::http::Proxy "{self.box.package_proxy}";\n'
        return {
            "/etc/hostname": File(0o644, f"{hostname}\n".encode()),
            "/etc/hosts": File(0o644, hosts.encode()),
            "/etc/machine-id": File(0o444, os.urandom(16).hex().encode() + b"\n"),
            "/etc/apt/apt.conf.d/91jujubox-proxy": File(0o644, proxy.encode()),
        }

    async def start(self, instance: str) -> None:
        """Boot a machine; back as soon as its init runs. A machine that runs is left alone."""
        async with self._locks[instance]:
            if self.state(instance) == "running":
                return
            machine = self.machine(instance)
            await self.disk(instance).mount(Path(machine.image))
            await network.attach(self.box, instance, machine.address)
            group = self.group(instance)
            group.prepare()
            await self._resume_faults(machine)
            self._spawn(machine, group)
            await self._wait_leader(instance, 20)

    async def _resume_faults(self, machine: Machine) -> None:
        """Bring back the faults that a restart does not end, and forget those that it does."""
        before = book.read(self.box.home)
        after = book.after_boot(before, machine.instance)
        if after != before:
            book.write(self.box.home, after)
        for fault in after:
            if fault.machine == machine.instance and fault.kind == "slow":
                await shaping.slow(self.box, machine.instance, machine.address, fault.delay_ms, fault.rate_kbit)

    def _spawn(self, machine: Machine, group: Group) -> None:
        """Start the keeper in a session of its own: it outlives us."""
        space = network.namespace(self.box, machine.instance)
        name = f"{self.box.bridge}-{machine.instance}"
        home = self._home(machine.instance)
        with open(home / "console.log", "ab") as console:
            subprocess.Popen(
                nspawn.keeper(group, name, machine.hostname, home / "root", space),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=nspawn.ENVIRONMENT,
                start_new_session=True,
                cwd="/",
            )

    async def _wait_leader(self, instance: str, seconds: float) -> int:
        end = time.monotonic() + seconds
        while (leader := self.leader(instance)) is None:
            if time.monotonic() > end:
                said = (self._home(instance) / "console.log").read_text(errors="replace").strip().splitlines()[-1:]
                raise MachinesError(f"cannot start machine {instance}: {''.join(said) or 'no init appeared'}")
            await asyncio.sleep(0.01)
        return leader

    async def run(
        self, instance: str, argv: Sequence[str], stdin: bytes | None = None, timeout: float | None = None
    ) -> Completed:
        """Run a command in a machine as root. Raises NotRunning, or TimeoutError after `timeout` seconds."""
        await self._wait_inside(instance)
        return await host.attempt(self.enter(instance, argv), stdin, timeout)

    async def _wait_inside(self, instance: str) -> None:
        """Wait for the moment of booting in which init has no group of its own yet."""
        if self.state(instance) != "running":
            raise NotRunning(instance)
        await self._wait_leader(instance, 20)
        while not self.group(instance).inside.exists():
            if self.state(instance) != "running":
                raise NotRunning(instance)
            await asyncio.sleep(0.01)

    def enter(self, instance: str, argv: Sequence[str], environment: Mapping[str, str] = ENVIRONMENT) -> list[str]:
        """The host's command line that runs `argv` in a machine, e.g. to replace a process with. Raises NotRunning."""
        leader = self.leader(instance)
        if leader is None:
            raise NotRunning(instance)
        return nspawn.enter(self.group(instance), leader, argv, environment)

    async def stop(self, instance: str) -> None:
        """Shut a machine down as `poweroff` would; after a minute it is killed."""
        async with self._locks[instance]:
            group, leader = self.group(instance), self.leader(instance)
            group.freeze(False)
            if leader is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(leader, signal.SIGRTMIN + 4)
            if group.populated() and not await group.wait_empty(STOP_SECONDS):
                await group.kill()
            await network.detach(self.box, instance, self.machine(instance).address)

    async def crash(self, instance: str) -> None:
        """Cut a machine's power: its peers hear nothing more, not even a closed connection; then it is killed."""
        async with self._locks[instance]:
            machine = self.machine(instance)
            await network.unplug(self.box, machine.address)
            await self.group(instance).kill()
            await network.detach(self.box, instance, machine.address)

    async def fill_disk(self, instance: str) -> None:
        """Leave no room on a machine's disk. The host's disk does not notice."""
        disk = self.disk(instance)
        await disk.mount(Path(self.machine(instance).image))
        await disk.fill()

    async def drain_disk(self, instance: str) -> None:
        """Undo `fill_disk`."""
        disk = self.disk(instance)
        await disk.mount(Path(self.machine(instance).image))
        disk.drain()

    async def restart(self, instance: str) -> None:
        """Stop and start."""
        await self.stop(instance)
        await self.start(instance)

    async def destroy(self, instance: str) -> None:
        """Remove a machine and everything of it. One that does not exist is no error."""
        async with self._locks[instance]:
            await self._remove(instance)

    async def _remove(self, instance: str) -> None:
        await self.group(instance).kill()
        faults = book.read(self.box.home)
        if book.without_machines(faults, [instance]) != faults:
            book.write(self.box.home, book.without_machines(faults, [instance]))
            await self.install_cuts()
        with contextlib.suppress(NoSuchMachine):
            await network.detach(self.box, instance, self.machine(instance).address)
        await self.disk(instance).unmount()
        self.group(instance).remove()
        await forget(self.box, instance)
        await asyncio.to_thread(shutil.rmtree, self._home(instance), ignore_errors=True)


async def forget(box: Box, instance: str) -> None:
    """Remove what nspawn leaves behind of a machine that was killed."""
    for kind in ("propagate", "unix-export"):
        place = Path("/run/systemd/nspawn") / kind / f"{box.bridge}-{instance}"
        if os.path.ismount(place):
            await host.attempt(["umount", str(place)])
        shutil.rmtree(place, ignore_errors=True)
