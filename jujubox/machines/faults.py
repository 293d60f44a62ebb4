"""Faults of machines, brought about and healed.

Knows: what each kind of fault does to a machine.
Must not know: models and units.

    faults = Faults(machines)
    await faults.apply("cut", ["m0"], {"peers": ["m1", "controller"]})
    await faults.heal(["m0"])             # or heal() for everything

| kind      | what happens                                                        | after a restart of the machine |
|-----------|---------------------------------------------------------------------|--------------------------------|
| crash     | power cut: silence on the network, then every process is killed      | over                           |
| freeze    | every process stops where it is; packets to it pile up               | over                           |
| cut       | packets to and from the peers vanish                                 | stays                          |
| slow      | packets are delayed, the rate is limited                             | stays                          |
| fill-disk | no room is left on the machine's disk                                | stays                          |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from jujubox.machines import book, locks, shaping
from jujubox.machines.book import Fault
from jujubox.machines.errors import NoSuchMachine, NotRunning
from jujubox.machines.instances import Machines


class Faults:
    """The faults of one box's machines."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._home = machines.box.home

    def list(self) -> Sequence[dict[str, Any]]:
        """The faults in force, as JSON objects with the fields of `book.Fault`."""
        return [asdict(fault) for fault in book.read(self._home)]

    async def apply(self, kind: str, instances: Iterable[str], options: dict[str, Any] | None = None) -> None:
        """Bring a fault about on each instance. Raises MachinesError.

        Options: `peers` (instances, `controller`, `everything`; default everything), `only` (`out` or `in`) and `port`
        for cut; `delay_ms` and `rate_kbit` for slow.
        """
        wished = book.wished(kind, instances, options or {})
        self._check(wished)
        async with locks.held(self._home / "faults.lock"):
            for fault in wished:
                await self._bring_about(fault)
            book.write(self._home, book.with_faults(book.read(self._home), wished))
            if kind == "cut":
                await self._machines.install_cuts()

    def _check(self, wished: Iterable[Fault]) -> None:
        """Refuse before anything is done."""
        for fault in wished:
            state = self._machines.state(fault.machine)
            if state == "absent":
                raise NoSuchMachine(fault.machine)
            if state == "stopped" and fault.kind in ("freeze", "slow"):
                raise NotRunning(fault.machine)
            if (
                fault.peer not in ("", book.CONTROLLER, book.EVERYTHING)
                and self._machines.state(fault.peer) == "absent"
            ):
                raise NoSuchMachine(fault.peer)

    async def _bring_about(self, fault: Fault) -> None:
        machines = self._machines
        if fault.kind == "crash":
            await machines.crash(fault.machine)
        elif fault.kind == "freeze":
            machines.group(fault.machine).freeze(True)
        elif fault.kind == "fill-disk":
            await machines.fill_disk(fault.machine)
        elif fault.kind == "slow":
            address = machines.machine(fault.machine).address
            await shaping.slow(machines.box, fault.machine, address, fault.delay_ms, fault.rate_kbit)

    async def heal(self, instances: Iterable[str] | None = None) -> Sequence[str]:
        """Undo every fault of the instances, or of all; those that crashed are started. The instances concerned."""
        async with locks.held(self._home / "faults.lock"):
            before = book.read(self._home)
            chosen = set(self._machines.all()) if instances is None else set(instances)
            after = () if instances is None else book.without_machines(before, chosen)
            over = [fault for fault in before if fault not in after]
            book.write(self._home, after)
            await self._machines.install_cuts()
            for fault in over:
                if fault.machine in self._machines.all():
                    await self._undo(fault)
        return sorted({fault.machine for fault in over})

    async def _undo(self, fault: Fault) -> None:
        machines = self._machines
        if fault.kind == "crash":
            await machines.start(fault.machine)
        elif fault.kind == "freeze":
            machines.group(fault.machine).freeze(False)
        elif fault.kind == "fill-disk":
            await machines.drain_disk(fault.machine)
        elif fault.kind == "slow":
            await shaping.undo(machines.box, fault.machine, machines.machine(fault.machine).address)
