"""What a unit should do next: a pure function of the agent's state and the snapshot "to be".

Knows: the order in which the questions are asked (juju-hooks reference §8).
Must not know: time, sockets, processes. Each question lives in a module of its own and answers an operation, a
`NoOperation` that ends the search, or None: ask the next one.
"""

from __future__ import annotations

from collections.abc import Callable

from jujubox.agent.operations import NoOperation, Operation
from jujubox.agent.resolver import created, errors, idle, leadership, reboot, secrets, storage, tasks, upgrade
from jujubox.agent.state import LocalState
from jujubox.protocol import UnitView

Answer = Operation | NoOperation | None
Question = Callable[[LocalState, UnitView], Answer]

QUESTIONS: tuple[Question, ...] = (
    idle.gone,
    reboot.start_again,
    upgrade.resume,
    created.relation_created,
    leadership.follow,
    secrets.secret_hook,
    tasks.task,
    tasks.command,
    storage.storage_hook,
    errors.unfinished_hook,
    idle.alive_or_dying,
)


def next_operation(local: LocalState, remote: UnitView) -> Operation | NoOperation:
    """The one operation that comes next, or why there is none."""
    for question in QUESTIONS:
        answer = question(local, remote)
        if answer is not None:
            return answer
    return NoOperation("nothing has changed")
