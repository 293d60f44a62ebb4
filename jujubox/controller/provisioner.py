"""Brings machines to what the model wants: made, booted, restarted, removed.

Knows: the order of steps, how many machines are made at once.
Must not know: how a machine is made, or what runs in it beside its agent.

Every step looks first and may be repeated: a controller that was killed takes up where it left off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from jujubox import cloudinit
from jujubox.agent.install import agent_files
from jujubox.controller.core import Core
from jujubox.machines import MachinesError
from jujubox.model import charms, machines, models, removal, status, storage, tasks, topics, units
from jujubox.model.database import NotFound
from jujubox.model.machines import Machine
from jujubox.model.storage import Storage
from jujubox.model.tasks import Task

AT_ONCE = 4
LOOK = 5.0
"""Seconds between looks at machines that may have stopped by themselves."""
RETRY = 10.0
log = logging.getLogger("jujubox.provisioner")


class Provisioner:
    """The loop over machines."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._images: dict[str, asyncio.Lock] = {}
        self._first = True

    async def run(self) -> None:
        """Look at all machines whenever one may have changed, for ever."""
        while True:
            try:
                self._look()
                self._first = False
            except Exception:  # whatever is wrong with one thing must not end the controller
                log.exception("cannot look after machines")
            await self._core.bell.wait([topics.MACHINES], LOOK)

    def _look(self) -> None:
        core = self._core
        for machine in machines.every(core.db):
            if machine.instance not in self._busy and (step := self._step(machine)) is not None:
                self._begin(machine.instance, step, machine)
        for item in storage.to_provision(core.db):
            self._begin(f"storage {item.model} {item.id}", self._make_storage, item)
        for item in storage.to_erase(core.db):
            self._begin(f"storage {item.model} {item.id}", self._erase_storage, item)
        for task in tasks.waiting_on_machines(core.db):
            self._begin(f"task {task.model} {task.id}", self._run_task, task)
        with core.db.transaction():
            finished = removal.finish_models(core.db)
        for model in finished:
            core.log.forget(model)
        if finished or self._first:
            core.files.keep_only(charms.files_in_use(core.db))

    def _step(self, machine: Machine) -> Callable[[Machine], Awaitable[None]] | None:
        """What a machine needs next, if anything."""
        core = self._core
        if machine.life != "alive":
            empty = not machines.units_on(core.db, machine.model, machine.id)
            return self._destroy if empty or machine.force else None
        if not machine.provisioned:
            return self._provision
        state = core.machines.state(machine.instance)
        if machine.reboot:
            return self._reboot
        if self._first and state == "stopped" and not self._meant_to_be_down(machine):
            return self._start
        self._note_state(machine, state)
        return None

    def _meant_to_be_down(self, machine: Machine) -> bool:
        shown = status.get(self._core.db, machine.model, machine.entity, "instance")
        return shown is not None and shown.status == "down"

    def _note_state(self, machine: Machine, state: str) -> None:
        word, message = ("running", "Running") if state == "running" else ("down", f"machine is {state}")
        if state != "running":
            self._core.presence.gone((machine.model, machine.id))
        shown = status.get(self._core.db, machine.model, machine.entity, "instance")
        if shown is None or shown.status != word:
            with self._core.db.transaction():
                status.put(self._core.db, machine.model, machine.entity, "instance", word, message)

    def _begin(self, key: str, step: Callable[..., Awaitable[None]], item: Machine | Storage | Task) -> None:
        if key in self._busy:
            return
        task = asyncio.ensure_future(self._carry_out(key, step, item))
        self._busy[key] = task
        task.add_done_callback(lambda _: self._done(key))

    def _done(self, key: str) -> None:
        self._busy.pop(key, None)
        self._core.bell.ring([topics.MACHINES])

    async def _carry_out(self, key: str, step: Callable[..., Awaitable[None]], item: Machine | Storage | Task) -> None:
        try:
            await step(item)
        except NotFound:
            pass  # it was removed meanwhile
        except Exception as error:  # and tried again after a while, whatever it was
            log.warning("%s: %s: %s", key, type(error).__name__, error)
            if isinstance(item, Machine):
                self._show(item, "provisioning error", str(error))
            await asyncio.sleep(RETRY)

    def _show(self, machine: Machine, word: str, message: str = "") -> None:
        with contextlib.suppress(Exception), self._core.db.transaction():
            machines.find(self._core.db, machine.model, machine.id)
            status.put(self._core.db, machine.model, machine.entity, "instance", word, message)

    async def _provision(self, machine: Machine) -> None:
        core = self._core
        async with self._room:
            if core.machines.state(machine.instance) != "absent":
                await core.machines.destroy(machine.instance)
            self._show(machine, "allocating", f"preparing {machine.base}")
            model = models.by_id(core.db, machine.model)
            wanted = cloudinit.parsed(str(model.setting("cloudinit-userdata")))
            async with self._images.setdefault(machine.base, asyncio.Lock()):
                await core.machines.ensure_image(machine.base, wanted)
            files = await asyncio.to_thread(
                agent_files, machine.id, model.uuid, machine.token, core.box.gateway, core.box.agent_port
            )
            self._show(machine, "allocating", "Creating container")
            await core.machines.create(machine.instance, machine.base, machine.hostname, machine.address, files, wanted)
            await core.machines.start(machine.instance)
        with core.db.transaction():
            machines.set_provisioned(core.db, machine)
            status.put(core.db, machine.model, machine.entity, "instance", "running", "Running")
            for unit in units.on_machine(core.db, machine.model, machine.id):
                workload = status.get(core.db, machine.model, unit.entity, "workload")
                if workload is not None and workload.message == "waiting for machine":
                    status.put(core.db, machine.model, unit.entity, "workload", "waiting", "installing agent")

    async def _start(self, machine: Machine) -> None:
        await self._core.machines.start(machine.instance)
        self._show(machine, "running", "Running")

    async def _reboot(self, machine: Machine) -> None:
        with self._core.db.transaction():
            machines.ask_reboot(self._core.db, machine, wanted=False)
        await self._core.machines.restart(machine.instance)

    async def _destroy(self, machine: Machine) -> None:
        await self._core.machines.destroy(machine.instance)
        with self._core.db.transaction():
            machines.remove(self._core.db, machine)

    async def _make_storage(self, item: Storage) -> None:
        core = self._core
        instance = machines.find(core.db, item.model, item.machine).instance
        await core.machines.run(instance, ["mkdir", "-p", item.location], timeout=60)
        with core.db.transaction():
            storage.set_state(core.db, item, "provisioned")

    async def _erase_storage(self, item: Storage) -> None:
        core = self._core
        row = next((m for m in machines.of_model(core.db, item.model) if m.id == item.machine), None)
        if row is not None and row.life == "alive" and core.machines.state(row.instance) == "running":
            command = ["find", item.location, "-mindepth", "1", "-delete"]
            await core.machines.run(row.instance, command, timeout=300)
        with core.db.transaction():
            storage.remove(core.db, item)

    async def _run_task(self, task: Task) -> None:
        core = self._core
        machine = machines.find(core.db, task.model, task.receiver.removeprefix("machine-"))
        with core.db.transaction():
            tasks.begin(core.db, task)
        seconds = float(task.params.get("timeout") or 300e9) / 1e9
        try:
            command = ["runuser", "-l", "ubuntu", "-c", str(task.params["command"])]
            done = await core.machines.run(machine.instance, command, timeout=seconds)
            state, message = "completed", ""
            results = {
                "return-code": done.code,
                "stdout": done.stdout.decode(errors="replace"),
                "stderr": done.stderr.decode(errors="replace"),
            }
        except (MachinesError, OSError, asyncio.TimeoutError) as error:
            state, message, results = "failed", str(error) or "command timed out", {}
        with core.db.transaction():
            results = {key: value for key, value in results.items() if value != ""}
            tasks.finish(core.db, tasks.find(core.db, task.model, task.id), state, results, message)
