"""Plays the resolver against changing snapshots without any effect: every operation succeeds at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from jujubox.agent.operations import (
    AcceptLeadership,
    DeployCharm,
    DetachUnused,
    FailTask,
    Finish,
    NoOperation,
    Operation,
    ResignLeadership,
    RunCommand,
    RunHook,
    RunTask,
    SkipHook,
)
from jujubox.agent.resolver import next_operation
from jujubox.agent.resolver.created import entered, forgotten, to_enter, to_forget
from jujubox.agent.state import Command, Hook, LocalState, UnitState
from jujubox.agent.transitions import (
    deploy_begun,
    deploy_done,
    hook_begun,
    hook_committed,
    leadership_accepted,
    leadership_resigned,
    task_begun,
    task_over,
)
from jujubox.protocol import RelationView, SecretEvents, StorageView, UnitView

QUIET = UnitView(
    digest="d",
    unit="app/0",
    life="alive",
    resolved="",
    charm_url="local:app-0",
    charm_sha256="00",
    charm_modified_version=0,
    force_charm_upgrade=False,
    config_hash="c1",
    trust_hash="t1",
    address_hash="a1",
    leader=False,
    retry_hooks=True,
    update_status_seconds=300,
    relations=(),
    storage=(),
    secrets=SecretEvents(),
    tasks=(),
    cancelled_tasks=(),
)


def relation(id: int, endpoint: str = "db", remote: str = "client", **changes: Any) -> RelationView:
    """A relation as provider; `peer=True` makes it a peer relation of `app`."""
    if changes.pop("peer", False):
        changes["role"], remote = "peer", "app"
    changes.setdefault("role", "provider")
    changes.setdefault("life", "alive")
    return RelationView(id=id, endpoint=endpoint, interface="i", remote_application=remote, **changes)


def storage(id: str, location: str = "/srv/x", life: Any = "alive") -> StorageView:
    return StorageView(id, "filesystem", life, location)


@dataclass
class Play:
    """One unit; `view` is "to be"; `failing` names the hooks that fail."""

    view: UnitView = QUIET
    state: UnitState = field(default_factory=UnitState)
    boot_id: str = "boot-1"
    failing: set[str] = field(default_factory=set)
    retry_due: bool = False
    update_status_due: bool = False
    commands: tuple[Command, ...] = ()
    done: list[str] = field(default_factory=list)
    finished: bool = False

    def see(self, **changes: Any) -> None:
        self.view = replace(self.view, **changes)

    def local(self) -> LocalState:
        return LocalState(self.state, self.boot_id, self.update_status_due, self.retry_due, self.commands)

    def settle(self) -> list[str]:
        """Everything that happens until there is nothing to do; a runaway raises."""
        self.done = []
        for _ in range(200):
            if not self.step():
                return self.done
        raise AssertionError(f"no rest after {self.done[:20]}")

    def step(self) -> bool:
        """One look and what follows from it; False when there is nothing to do."""
        for view in to_enter(self.state, self.view):
            self.state = entered(self.state, view)
        for id in to_forget(self.state, self.view):
            self.state = forgotten(self.state, id)
        operation = next_operation(self.local(), self.view)
        if isinstance(operation, Finish):
            self.finished = True
        if isinstance(operation, (NoOperation, Finish)):
            return False
        self.perform(operation)
        return True

    def perform(self, operation: Operation) -> None:
        if isinstance(operation, RunHook):
            self._run(operation.hook, operation.resolve)
        elif isinstance(operation, SkipHook):
            self._resolve(operation.resolve)
            self.state = hook_committed(self.local(), operation.hook, self.view)
            self.done.append(f"skip {spell(operation.hook)}")
        elif isinstance(operation, DeployCharm):
            self.state = deploy_done(deploy_begun(self.state, operation), operation)
            self.done.append("upgrade" if operation.upgrade else "deploy")
        elif isinstance(operation, AcceptLeadership):
            self.state = leadership_accepted(self.state)
        elif isinstance(operation, ResignLeadership):
            self.state = leadership_resigned(self.state)
            self.done.append("resign")
        elif isinstance(operation, (RunTask, FailTask)):
            self.state = task_over(task_begun(self.state, operation.task))
            self.see(tasks=tuple(id for id in self.view.tasks if id != operation.task))
            self.done.append(f"{'task' if isinstance(operation, RunTask) else 'fail'} {operation.task}")
        elif isinstance(operation, RunCommand):
            self.commands = tuple(command for command in self.commands if command != operation.command)
            self.done.append(f"command {operation.command.text}")
        elif isinstance(operation, DetachUnused):
            self.see(storage=tuple(view for view in self.view.storage if view.id != operation.storage))

    def _resolve(self, resolve: bool) -> None:
        if resolve:
            self.see(resolved="")

    def _run(self, hook: Hook, resolve: bool) -> None:
        self._resolve(resolve)
        self.retry_due = False
        self.state = hook_begun(self.state, hook)
        self.done.append(spell(hook))
        if hook.kind in self.failing:
            return
        self.state = hook_committed(self.local(), hook, self.view)
        self.update_status_due = False
        if hook.kind == "storage-detaching":
            self.see(storage=tuple(view for view in self.view.storage if view.id != hook.storage))
        if hook.kind in ("secret-rotate", "secret-expired"):
            name = "rotate" if hook.kind == "secret-rotate" else "expired"
            self.see(secrets=replace(self.view.secrets, **{name: ()}))


def spell(hook: Hook) -> str:
    """A hook in short: `relation-departed 1 client/0 leaving client/0`."""
    parts = [hook.kind]
    if hook.relation is not None:
        parts.append(str(hook.relation))
    parts += [part for part in (hook.remote_unit or (hook.remote_application if hook.is_relation else ""),) if part]
    if hook.departing_unit:
        parts.append(f"leaving {hook.departing_unit}")
    parts += [part for part in (hook.storage, hook.secret) if part]
    return " ".join(parts)


def deployed(view: UnitView = QUIET) -> Play:
    """A unit that has settled in."""
    play = Play(view)
    play.settle()
    return play
