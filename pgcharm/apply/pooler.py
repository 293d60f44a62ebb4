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

MOST = 300
"""Letters of what a failed installation said that are noted down."""


WELL = {"failed": "", "at": ""}


def install_pooler(step: steps.InstallPooler, means: Means) -> bool:
    try:
        changed = host.ensure_packages(step.names)
    except host.HostError as error:
        juju.log(f"cannot {step.says()}: {error}", "WARNING")
        means.note("pooler", {"failed": str(error)[:MOST], "at": str(host.uptime())})
        return False
    means.note("pooler", WELL)
    return changed


def forget_pooler_trouble(_: steps.ForgetPoolerTrouble, means: Means) -> bool:
    means.note("pooler", WELL)
    return True


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


PERFORM: dict[type[Step], Perform] = {
    steps.InstallPooler: install_pooler,
    steps.ForgetPoolerTrouble: forget_pooler_trouble,
    steps.StartPooler: start_pooler,
    steps.ReloadPooler: reload_pooler,
}
