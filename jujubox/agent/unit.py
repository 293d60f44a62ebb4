"""The agent of one unit: looks at what is to be, asks for the next operation, carries it out, looks again.

Knows: the loop, the timers beside it, and when the unit counts as idle. Must not know: how decisions are made.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from jujubox.agent.context.calls import UnitCalls
from jujubox.agent.ending import end
from jujubox.agent.logs import Logger
from jujubox.agent.operate import perform
from jujubox.agent.operate.contexts import hook_name
from jujubox.agent.operations import DeployCharm, Finish, NoOperation, RunHook, describe
from jujubox.agent.paths import UnitPaths
from jujubox.agent.resolver import next_operation
from jujubox.agent.resolver.created import entered, forgotten, to_enter, to_forget
from jujubox.agent.runsocket import run_socket
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Hook, UnitState
from jujubox.agent.timers import RetryTimer, keep_claiming, keep_ticking
from jujubox.agent.toolsdir import install_tools
from jujubox.protocol import UnitFacts, UnitView, from_wire
from jujubox.wire import CallError

WATCH_SECONDS = 60.0
TROUBLE_WAIT = 3.0
STOP_PATIENCE = 8.0


class UnitAgent:
    """Drives one unit until it is dead."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wake = asyncio.Event()
        self._retry = RetryTimer(self._retry_due)
        self._main: asyncio.Task[None] | None = None

    @classmethod
    async def load(
        cls,
        unit: str,
        call: Callable[..., Awaitable[Any]],
        boot_id: str,
        lock: asyncio.Lock,
        logger: Callable[[str], Logger],
        paths: UnitPaths | None = None,
    ) -> UnitAgent:
        """The agent as it left off. Raises CallError if the controller does not know the unit."""
        calls = UnitCalls(call, unit)
        saved = await calls("unit.load_state")
        facts = from_wire(UnitFacts, await calls("unit.facts"))
        view = from_wire(UnitView, await calls("unit.watch", seen="", timeout=0))
        state = from_wire(UnitState, saved) if saved else UnitState()
        runtime = Runtime(calls, paths or UnitPaths(unit), facts, boot_id, lock, logger, state, view)
        install_tools(runtime.paths, facts.personality)
        if not saved:
            await runtime.set_status("waiting", "agent initialising")
        return cls(runtime)

    async def run(self) -> None:
        """Drive the unit until it is dead. Raises CallError if the controller no longer knows it."""
        beside = [
            asyncio.ensure_future(self._watch()),
            asyncio.ensure_future(keep_claiming(self._claim, self._wake.set)),
            asyncio.ensure_future(keep_ticking(self._update_status_seconds, self._update_status_due)),
        ]
        try:
            async with run_socket(self._runtime, self._wake):
                self._main = asyncio.ensure_future(self._loop())
                done, _ = await asyncio.wait({self._main, beside[0]}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            self._retry.reset()
            await end([*beside, self._main] if self._main is not None else beside)

    async def stop(self) -> None:
        """End what runs now: a hook that is terminated is queued again, as Juju does when its agent stops."""
        self._runtime.stopping = True
        self._wake.set()
        if self._runtime.process is not None:
            self._runtime.process.kill(signal.SIGTERM)
        if self._main is not None:
            await asyncio.wait({self._main}, timeout=STOP_PATIENCE)

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            try:
                finished = await self._turn()
            except OSError as error:
                self._runtime.log("ERROR", f"cannot carry out operation: {error}")
                await asyncio.sleep(TROUBLE_WAIT)
                continue
            if finished or self._runtime.stopping:
                return

    async def _turn(self) -> bool:
        """One decision and its operation, or a wait for news; True when the unit is finished."""
        runtime = self._runtime
        await runtime.refresh()
        await self._synchronise_scopes()
        decision = next_operation(runtime.local(), runtime.view)
        if isinstance(decision, Finish):
            await runtime.calls("unit.dead")
            return True
        if isinstance(decision, NoOperation):
            await self._rest(decision)
            return runtime.view.life == "dead"
        if isinstance(decision, (RunHook, DeployCharm)):
            self._retry.stop()
        runtime.log("DEBUG", f"next: {describe(decision)}")
        await perform(runtime, decision)
        if not (runtime.state.kind == "run-hook" and runtime.state.step == "pending"):
            self._retry.reset()
        return False

    async def _rest(self, decision: NoOperation) -> None:
        runtime = self._runtime
        state = runtime.state
        if runtime.view.life == "dead":
            return
        if state.kind == "run-hook" and state.step == "pending" and state.hook is not None:
            await self._report_error(state.hook)
            if runtime.view.retry_hooks:
                self._retry.start()
        elif not decision.waiting:
            await runtime.tell("idle")
        await self._wake.wait()

    async def _report_error(self, hook: Hook) -> None:
        name = hook_name(self._runtime, hook)
        data: dict[str, Any] = {"hook": name}
        if hook.is_relation:
            data["relation-id"] = hook.relation
            if hook.remote_unit:
                data["remote-unit"] = hook.remote_unit
        if hook.is_secret:
            data |= {"secret-uri": hook.secret, "secret-label": hook.secret_label}
        await self._runtime.tell("error", f'hook failed: "{name}"', data)

    async def _synchronise_scopes(self) -> None:
        runtime = self._runtime
        for view in to_enter(runtime.state, runtime.view):
            try:
                await runtime.calls("relation.enter", relation=view.id)
            except CallError as error:
                runtime.log("DEBUG", f"cannot enter relation {view.id}: {error}")
                continue
            await runtime.save(entered(runtime.state, view))
        for relation in to_forget(runtime.state, runtime.view):
            with contextlib.suppress(CallError):
                await runtime.calls("relation.leave", relation=relation)
            await runtime.save(forgotten(runtime.state, relation))

    async def _watch(self) -> None:
        """Wake the loop whenever the snapshot changes, and kill the running task when it was cancelled."""
        seen = ""
        while True:
            data = await self._runtime.calls("unit.watch", seen=seen, timeout=WATCH_SECONDS)
            if data is None:
                continue
            seen = data["digest"]
            self._cancel_task(data["cancelled_tasks"])
            self._wake.set()

    def _cancel_task(self, cancelled: list[str]) -> None:
        runtime = self._runtime
        if runtime.task and runtime.task in cancelled:
            runtime.cancelled = True
            if runtime.process is not None:
                runtime.process.kill()

    async def _claim(self) -> Any:
        if self._runtime.view.life != "alive":
            return None
        try:
            return await self._runtime.calls("unit.claim_leadership")
        except CallError as error:
            self._runtime.log("DEBUG", f"cannot claim leadership: {error}")
            return {"leader": False, "seconds": TROUBLE_WAIT}

    def _update_status_seconds(self) -> float:
        return float(self._runtime.view.update_status_seconds)

    def _update_status_due(self) -> None:
        self._runtime.update_status_due = True
        self._wake.set()

    def _retry_due(self) -> None:
        self._runtime.retry_due = True
        self._wake.set()
