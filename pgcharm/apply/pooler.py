"""Steps on this unit's poolers. One that does not start, or does not listen, is logged: the unit's status says so, and
everything else goes on.
"""

from __future__ import annotations

from pgcharm.adapters import host, juju
from pgcharm.adapters.bouncer import Bouncer, BouncerError
from pgcharm.apply.means import Means, Perform
from pgcharm.plan import steps
from pgcharm.plan.pooler import POOLER
from pgcharm.plan.types import Step


def start_pooler(step: steps.StartPooler, means: Means) -> bool:
    if why := host.try_service_restart(step.service):
        juju.log(f"cannot {step.says()}: {why} (hint: see journalctl -u {step.service})", "WARNING")
        return False
    means.note("started_with", {step.service: step.inputs})
    return True


def reload_pooler(step: steps.ReloadPooler, means: Means) -> bool:
    """Both, or they count as not having read anything."""
    try:
        for service, port in step.ports.items():
            Bouncer(service, means.layout.pooler_sockets, port).reload()
    except BouncerError as error:
        juju.log(f"cannot {step.says()}: {error}", "WARNING")
        return False
    means.note("loaded", {POOLER: step.inputs})
    return True


PERFORM: dict[type[Step], Perform] = {steps.StartPooler: start_pooler, steps.ReloadPooler: reload_pooler}
