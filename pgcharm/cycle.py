"""The way of every event: observe, plan, apply, until the plan is empty or four rounds have passed; then publish.

Knows: the order of the four. Must not know: what any of them knows.
"""

from __future__ import annotations

from pgcharm.adapters import juju as tools
from pgcharm.adapters.wake import ask_for_wake
from pgcharm.apply import Means, StepFailed, apply
from pgcharm.cluster import etcd_url, etcd_urls
from pgcharm.observation import Event, Observation
from pgcharm.observe import credentials_of, observe, observe_juju
from pgcharm.plan import plan
from pgcharm.plan.situation import situation
from pgcharm.plan.steps import AwaitPatroni, InstallPackages, RestartPostgres, StopService, SwitchOver
from pgcharm.plan.types import Plan, Step
from pgcharm.publish import publish

ROUNDS = 4
AGAIN_SECONDS = 5.0
"""After this many seconds the observer wakes the charm, while something is left to do or to wait for."""
_SLOW = (AwaitPatroni, InstallPackages, RestartPostgres, StopService, SwitchOver)
"""Steps that take so long that the unit's status says so meanwhile."""


def handle(event: Event) -> None:
    """Take one event all the way. Raises StepFailed, which fails the hook and has Juju try it again."""
    juju = observe_juju(event)
    for _ in range(ROUNDS):
        observation = observe(event, juju)
        planned = plan(observation)
        tools.log(f"{event.name}: {planned.text()}", "INFO" if planned.steps else "DEBUG")
        if not planned.steps:
            break
        try:
            apply(planned.steps, means(observation), tell)
        except StepFailed as error:
            tools.set_status("maintenance", f"{error}; trying again"[:500])
            raise
    else:
        observation = observe(event, juju)
        planned = plan(observation)
    publish(planned.publication, juju)
    ask_for_wake(situation(observation).layout.again, None if planned.is_settled else AGAIN_SECONDS)


def explain(event: Event) -> Plan:
    """The plan for what is seen now, and nothing more."""
    return plan(observe(event, observe_juju(event)))


def means(o: Observation) -> Means:
    """What the steps of a plan are carried out with."""
    layout = situation(o).layout
    return Means(layout, credentials_of(layout), (etcd_url("127.0.0.1"), *etcd_urls(o.juju)))


def tell(step: Step) -> None:
    """Before a slow step, let the status say what the unit is busy with."""
    if isinstance(step, _SLOW):
        tools.set_status("maintenance", f"{step.says()}: {step.reason}")
