"""The agent's state after each step of an operation: pure, so that an interrupted operation can be replayed.

Knows: what prepare, execute and commit of an operation leave behind (juju-hooks reference §7).
Must not know: how the steps are carried out.

Source: internal/worker/uniter/operation/{runhook,deploy,runaction,leader}.go of Juju.
"""

from __future__ import annotations

from dataclasses import replace

from jujubox.agent.operations import DeployCharm
from jujubox.agent.resolver.created import forgotten
from jujubox.agent.state import Hook, LocalState, RelationState, UnitState
from jujubox.protocol import UnitView


def hook_begun(state: UnitState, hook: Hook) -> UnitState:
    """A hook is about to run: if the agent stops now, the hook counts as failed."""
    return replace(state, kind="run-hook", step="pending", hook=hook)


def hook_queued(state: UnitState, hook: Hook) -> UnitState:
    """A hook that must run (again) before anything else."""
    return replace(state, kind="run-hook", step="queued", hook=hook)


def hook_done(state: UnitState, hook: Hook) -> UnitState:
    """A hook ran and its changes are committed with the controller; the agent's own memory is not yet."""
    return replace(state, kind="run-hook", step="done", hook=hook)


def hook_committed(local: LocalState, hook: Hook, remote: UnitView) -> UnitState:
    """The state once a hook counts as run. `remote` is the snapshot that the hook was decided on."""
    state = _noted(local.unit, hook, remote, local.boot_id)
    if hook.kind == "config-changed" and not state.started:
        return hook_queued(state, Hook("start"))
    if hook.kind == "upgrade-charm":
        return hook_queued(state, Hook("config-changed"))
    return replace(state, kind="continue", step="pending", hook=None)


def _noted(state: UnitState, hook: Hook, remote: UnitView, boot_id: str) -> UnitState:
    if hook.is_relation:
        return _relation_noted(state, hook)
    if hook.is_storage:
        return _storage_noted(state, hook)
    if hook.is_secret:
        return _secret_noted(state, hook)
    if hook.kind == "install":
        return replace(state, installed=True)
    if hook.kind == "config-changed":
        hashes = (remote.config_hash, remote.trust_hash, remote.address_hash)
        return replace(state, config_hash=hashes[0], trust_hash=hashes[1], address_hash=hashes[2])
    if hook.kind == "start":
        return replace(state, started=True, stopped=False, boot_id=boot_id)
    if hook.kind == "stop":
        return replace(state, started=False, stopped=True)
    if hook.kind == "remove":
        return replace(state, removed=True)
    if hook.kind == "leader-elected":
        return replace(state, leader=True)
    if hook.kind == "leader-settings-changed":
        return replace(state, leader_settings_version=hook.version)
    return state


def _relation_noted(state: UnitState, hook: Hook) -> UnitState:
    known = state.relation(hook.relation)
    if known is None:
        return state
    if hook.kind == "relation-broken":
        return forgotten(state, known.id)
    return replace(state, relations={**state.relations, str(known.id): relation_after(known, hook)})


def relation_after(known: RelationState, hook: Hook) -> RelationState:
    """What the agent knows of a relation after one of its hooks (other than broken)."""
    if hook.kind == "relation-created":
        return replace(known, created=True, application_members={hook.remote_application: 0})
    if hook.kind == "relation-departed":
        members = {unit: version for unit, version in known.members.items() if unit != hook.remote_unit}
        return replace(known, members=members)
    if not hook.remote_unit:
        seen = {**known.application_members, hook.remote_application: hook.version}
        return replace(known, application_members=seen)
    pending = hook.remote_unit if hook.kind == "relation-joined" else ""
    return replace(known, members={**known.members, hook.remote_unit: hook.version}, changed_pending=pending)


def _storage_noted(state: UnitState, hook: Hook) -> UnitState:
    others = tuple(id for id in state.storage if id != hook.storage)
    return replace(state, storage=(*others, hook.storage) if hook.kind == "storage-attached" else others)


def _secret_noted(state: UnitState, hook: Hook) -> UnitState:
    if hook.kind == "secret-changed":
        return replace(state, secrets_changed={**state.secrets_changed, hook.secret: hook.secret_revision})
    if hook.kind == "secret-remove":
        return replace(state, secrets_removed=(*state.secrets_removed, f"{hook.secret}/{hook.secret_revision}"))
    return state


def deploy_begun(state: UnitState, operation: DeployCharm) -> UnitState:
    """The charm's files are about to change; a hook in error is kept to be run on the new ones."""
    kept = state.hook if state.kind == "run-hook" or state.kind == "upgrade" else None
    return replace(state, kind="upgrade" if operation.upgrade else "install", step="pending", hook=kept)


def deploy_done(state: UnitState, operation: DeployCharm) -> UnitState:
    """The charm's files are in place: its first hook is queued, or the hook that failed stays failed."""
    placed = replace(state, charm_url=operation.url, charm_modified_version=operation.modified_version)
    if placed.hook is not None:
        return replace(placed, kind="run-hook", step="pending")
    return hook_queued(placed, Hook("upgrade-charm" if operation.upgrade else "install"))


def task_begun(state: UnitState, task: str) -> UnitState:
    """An action or command of the controller is about to run, possibly beside a hook in error."""
    return replace(state, kind="run-action", step="pending", task=task)


def task_over(state: UnitState) -> UnitState:
    """A task ended: back to the hook in error, or to nothing under way."""
    kind = "run-hook" if state.hook is not None else "continue"
    return replace(state, kind=kind, step="pending", task="")  # type: ignore[arg-type]


def leadership_accepted(state: UnitState) -> UnitState:
    """leader-elected must run next."""
    return hook_queued(state, Hook("leader-elected"))


def leadership_resigned(state: UnitState) -> UnitState:
    """The unit leads no longer."""
    return replace(state, leader=False)
