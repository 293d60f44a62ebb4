"""The next storage hook; and `install` waits for the storage that the unit was deployed with.

Source: internal/worker/uniter/storage/resolver.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import DetachUnused, NoOperation, RunHook
from jujubox.agent.state import Hook, LocalState, UnitState
from jujubox.protocol import StorageView, UnitView


def storage_hook(local: LocalState, remote: UnitView) -> RunHook | DetachUnused | NoOperation | None:
    """The next attached or detaching hook, or the wait of an uninstalled unit for its storage."""
    state = local.unit
    if not _may_run(state):
        return None
    for storage in sorted(remote.storage, key=lambda view: view.id):
        operation = _next(storage, state, remote)
        if operation is not None:
            return operation
    missing = [view.id for view in remote.storage if view.life == "alive" and view.id not in state.storage]
    if missing and not state.installed and remote.life == "alive":
        return NoOperation(f"install waits for storage {', '.join(missing)}", waiting=True)
    return None


def _may_run(state: UnitState) -> bool:
    if state.kind == "continue":
        return True
    return (
        state.kind == "run-hook" and state.step == "queued" and state.hook is not None and state.hook.kind == "install"
    )


def _next(storage: StorageView, state: UnitState, remote: UnitView) -> RunHook | DetachUnused | None:
    attached = storage.id in state.storage
    if storage.life == "dead":
        return None
    if storage.life == "dying" or remote.life != "alive":
        return RunHook(Hook("storage-detaching", storage=storage.id)) if attached else DetachUnused(storage.id)
    return RunHook(Hook("storage-attached", storage=storage.id)) if storage.location and not attached else None
