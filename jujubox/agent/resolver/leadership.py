"""Whether the unit takes or gives up leadership, and 3.6's leader-settings-changed.

Source: internal/worker/uniter/leadership/resolver.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import AcceptLeadership, ResignLeadership, RunHook
from jujubox.agent.state import Hook, LocalState
from jujubox.protocol import UnitView


def follow(local: LocalState, remote: UnitView) -> AcceptLeadership | ResignLeadership | RunHook | None:
    """Bring the agent's idea of leadership in line with the lease. A dying unit never leads."""
    state = local.unit
    if not state.installed:
        return None
    leads = remote.leader and remote.life == "alive"
    if state.leader and not leads:
        return ResignLeadership()
    if state.kind != "continue" or remote.life != "alive":
        return None
    if leads and not state.leader:
        return AcceptLeadership()
    if not leads and state.leader_settings_version != remote.leader_settings_version:
        return RunHook(Hook("leader-settings-changed", version=remote.leader_settings_version))
    return None
