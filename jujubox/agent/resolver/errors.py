"""What becomes of a hook that is queued, failed, or ran without being committed.

Source: internal/worker/uniter/resolver.go (NextOp, nextOpHookError) of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import DeployCharm, NoOperation, RunHook, SkipHook
from jujubox.agent.resolver import upgrade
from jujubox.agent.state import Hook, LocalState
from jujubox.protocol import UnitView


def unfinished_hook(local: LocalState, remote: UnitView) -> RunHook | SkipHook | DeployCharm | NoOperation | None:
    """Run what is queued, commit what is done, and hold on to what failed."""
    state = local.unit
    if state.kind != "run-hook" or state.hook is None:
        return None
    if state.step == "done":
        return SkipHook(state.hook)
    if state.step == "pending":
        return _failed(state.hook, local, remote)
    if state.hook.kind == "install":
        return None if remote.life != "alive" else RunHook(state.hook)
    return RunHook(state.hook)


def _failed(hook: Hook, local: LocalState, remote: UnitView) -> RunHook | SkipHook | DeployCharm | NoOperation:
    if remote.force_charm_upgrade and upgrade.wanted(local.unit, remote):
        return upgrade.to(remote)
    if remote.resolved == "retry-hooks":
        return RunHook(hook, resolve=True)
    if remote.resolved == "no-hooks":
        return SkipHook(hook, resolve=True)
    if local.retry_due and remote.retry_hooks:
        return RunHook(hook)
    return NoOperation(f"{hook.kind} failed and waits for a retry or `juju resolved`", waiting=True)
