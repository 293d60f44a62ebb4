"""The way of every event: observe, plan, apply, until the plan is empty or four rounds have passed; then publish.

Knows: the order of the four, and that what an action asks for is done once, before the usual rounds.
Must not know: what any of them knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pgcharm.adapters import juju as tools
from pgcharm.adapters.wake import ask_for_wake
from pgcharm.apply import Means, StepFailed, apply
from pgcharm.cluster import etcd_url, etcd_urls
from pgcharm.observation import Event, Juju, Observation
from pgcharm.observe import credentials_of, observe, observe_juju
from pgcharm.plan import plan
from pgcharm.plan.requests.steps import CloneAnew
from pgcharm.plan.situation import situation
from pgcharm.plan.steps import (
    AwaitPatroni,
    InstallPackages,
    InstallPooler,
    RemoveData,
    RestartInTurn,
    RestartPostgres,
    SetAside,
    StopService,
    SwitchOver,
    UpgradePackages,
)
from pgcharm.plan.types import AGAIN_SECONDS, Plan, Refusal, Step
from pgcharm.publish import publish

ROUNDS = 4
_SLOW = (
    AwaitPatroni, CloneAnew, InstallPackages, InstallPooler, RemoveData, RestartInTurn, RestartPostgres, SetAside,
    StopService, SwitchOver, UpgradePackages,
)  # fmt: skip
"""Steps that take so long that the unit's status says so meanwhile."""


@dataclass(frozen=True)
class Outcome:
    """What came of an event: the first look and the last, and why what was asked for was not done."""

    before: Observation
    after: Observation
    refusal: Refusal | None = None


def handle(event: Event) -> Outcome:
    """Take one event all the way. Raises StepFailed, which fails the hook and has Juju try it again."""
    juju = observe_juju(event)
    before = observe(event, juju)
    if event.request is None:
        return Outcome(before, rounds(event, juju, before))
    planned = plan(before)
    tools.log(f"{event.name}: {planned.text()}")
    if planned.refusal is not None:
        return Outcome(before, before, planned.refusal)
    failure = fulfil(planned, before)
    event = replace(event, request=None)
    after = rounds(event, juju, observe(event, juju))
    ask_for_wake(situation(after).layout.again, AGAIN_SECONDS)  # what was written here counts when this hook has ended
    return Outcome(before, after, failure)


def fulfil(planned: Plan, observation: Observation) -> Refusal | None:
    """Do once what an action asks for. What fails is told as the action's end, not as a hook's failure."""
    try:
        apply(planned.steps, means(observation), report)
    except StepFailed as error:
        tools.log(str(error), "WARNING")
        return Refusal(str(error))
    return None


def rounds(event: Event, juju: Juju, observation: Observation) -> Observation:
    """The usual rounds from a first look on, and what follows from the last look told to the world."""
    for _ in range(ROUNDS):
        planned = plan(observation)
        tools.log(f"{event.name}: {planned.text()}", "INFO" if planned.steps else "DEBUG")
        if not planned.steps:
            break
        try:
            apply(planned.steps, means(observation), tell)
        except StepFailed as error:
            tools.set_status("maintenance", f"{error}; trying again"[:500])
            raise
        observation = observe(event, juju)
    else:
        planned = plan(observation)
    publish(planned.publication, juju)
    ask_for_wake(situation(observation).layout.again, planned.again)
    return observation


def look(event: Event) -> Observation:
    """What is seen now, and nothing done."""
    return observe(event, observe_juju(event))


def means(o: Observation) -> Means:
    """What the steps of a plan are carried out with."""
    layout = situation(o).layout
    return Means(layout, credentials_of(layout), (etcd_url("127.0.0.1"), *etcd_urls(o.juju)))


def tell(step: Step) -> None:
    """Before a slow step, let the status say what the unit is busy with."""
    if isinstance(step, _SLOW):
        tools.set_status("maintenance", f"{step.says()}: {step.reason}")


def report(step: Step) -> None:
    """What an action does now, to whoever waits for it."""
    tools.action_log(f"{step.says()}: {step.reason}")
    tell(step)
