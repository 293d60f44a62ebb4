"""Whether an action or a command runs next. Both also run while a hook is in error.

Source: internal/worker/uniter/actions/resolver.go and runcommands/resolver.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import FailTask, RunCommand, RunTask
from jujubox.agent.state import LocalState, UnitState
from jujubox.protocol import UnitView


def task(local: LocalState, remote: UnitView) -> RunTask | FailTask | None:
    """The oldest pending task. One that a restart of the agent interrupted is failed first."""
    state = local.unit
    if state.kind == "run-action":
        return FailTask(state.task)
    pending = [id for id in remote.tasks if id not in local.finished_tasks]
    return RunTask(pending[0]) if pending and may_run(state) else None


def command(local: LocalState, _remote: UnitView) -> RunCommand | None:
    """The oldest command that came through the run socket."""
    return RunCommand(local.commands[0]) if local.commands and may_run(local.unit) else None


def may_run(state: UnitState) -> bool:
    """Whether no hook is queued: nothing is under way, or a hook is in error."""
    return state.kind == "continue" or (state.kind == "run-hook" and state.step == "pending")
