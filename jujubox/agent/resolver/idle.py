"""What to do when no operation is under way: install, upgrade, config-changed, relations, update-status, teardown.

Source: internal/worker/uniter/resolver.go (nextOp) of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import Finish, NoOperation, Operation, RunHook
from jujubox.agent.resolver import relations, upgrade
from jujubox.agent.state import Hook, LocalState, UnitState
from jujubox.protocol import UnitView


def gone(local: LocalState, remote: UnitView) -> Finish | NoOperation | None:
    """A unit that is dead or whose `remove` has run is finished; so is a dying one that was never installed."""
    if remote.life == "dead":
        return NoOperation("the unit is dead", waiting=True)
    if local.unit.removed or (remote.life == "dying" and local.unit.kind == "install"):
        return Finish()
    return None


def alive_or_dying(local: LocalState, remote: UnitView) -> Operation | NoOperation | None:
    """The idle logic of a unit."""
    return _teardown(local, remote) if remote.life == "dying" else _alive(local, remote)


def _teardown(local: LocalState, remote: UnitView) -> Operation:
    hook = relations.next_hook(local.unit, remote)
    if hook is not None:
        return RunHook(hook)
    if local.unit.started:
        return RunHook(Hook("stop"))
    if local.unit.installed and not local.unit.removed:
        return RunHook(Hook("remove"))
    return Finish()


def _alive(local: LocalState, remote: UnitView) -> Operation | None:
    state = local.unit
    if not state.installed and not state.started:
        return RunHook(Hook("install"))
    if upgrade.wanted(state, remote):
        return upgrade.to(remote)
    if _settings_differ(state, remote):
        return RunHook(Hook("config-changed"))
    hook = relations.next_hook(state, remote)
    if hook is not None:
        return RunHook(hook)
    return RunHook(Hook("update-status")) if local.update_status_due else None


def _settings_differ(state: UnitState, remote: UnitView) -> bool:
    """Whether configuration, trust or addresses differ from what the last config-changed saw."""
    seen = (state.config_hash, state.trust_hash, state.address_hash)
    return seen != (remote.config_hash, remote.trust_hash, remote.address_hash)
