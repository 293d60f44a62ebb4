"""Carries out the steps of a plan, one function for each type of step.

Knows: which adapter makes a step true. Must not know: why it was planned.
Every function looks, acts only when needed, and says whether it changed something. The first failure ends the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pgcharm.apply import (
    backup,
    data,
    epoch,
    etcd,
    host,
    members,
    patroni,
    pooler,
    restore,
    rolling,
    secrets,
    sql,
    work,
)
from pgcharm.apply.means import Means, Perform
from pgcharm.plan.types import Step

__all__ = ["Means", "StepFailed", "apply"]

_PERFORM: dict[type[Step], Perform] = {
    **host.PERFORM,
    **secrets.PERFORM,
    **etcd.PERFORM,
    **epoch.PERFORM,
    **patroni.PERFORM,
    **members.PERFORM,
    **sql.PERFORM,
    **data.PERFORM,
    **rolling.PERFORM,
    **pooler.PERFORM,
    **restore.PERFORM,
    **work.PERFORM,
    **backup.PERFORM,
}


class StepFailed(RuntimeError):
    """A step could not be carried out. The cause is chained."""

    def __init__(self, step: Step, cause: Exception) -> None:
        super().__init__(f"cannot {step.says()}: {str(cause).strip() or type(cause).__name__}")
        self.step = step


def apply(steps: Iterable[Step], means: Means, tell: Callable[[Step], None]) -> bool:
    """Carry out the steps in order; whether any changed something. `tell` hears of each before it is done."""
    changed = False
    for step in steps:
        tell(step)
        try:
            changed = _PERFORM[type(step)](step, means) or changed
        except Exception as error:
            raise StepFailed(step, error) from error
    return changed
