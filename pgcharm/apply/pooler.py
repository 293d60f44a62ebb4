"""Steps on this unit's poolers."""

from __future__ import annotations

from pgcharm.adapters.bouncer import Bouncer
from pgcharm.apply.means import Means, Perform
from pgcharm.plan import steps
from pgcharm.plan.pooler import POOLER
from pgcharm.plan.types import Step


def reload_pooler(step: steps.ReloadPooler, means: Means) -> bool:
    for service in step.services:
        Bouncer(service, means.layout.pooler_sockets, 0).reload()
    means.note("loaded", {POOLER: step.inputs})
    return True


PERFORM: dict[type[Step], Perform] = {steps.ReloadPooler: reload_pooler}
