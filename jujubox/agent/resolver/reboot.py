"""Whether the machine started anew since the charm's `start`: then `start` runs once more.

Source: internal/worker/uniter/reboot/resolver.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import RunHook
from jujubox.agent.state import Hook, LocalState
from jujubox.protocol import UnitView


def start_again(local: LocalState, _remote: UnitView) -> RunHook | None:
    """`start`, when the unit started in another boot than this one; any unfinished operation comes first."""
    state = local.unit
    if not state.started or state.kind != "continue" or state.boot_id == local.boot_id:
        return None
    return RunHook(Hook("start"))
