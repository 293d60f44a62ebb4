"""Actions: from Juju's parameters to a request, and from what came of it to what the operator reads.

Knows: what an action prints. Must not know: how anything is found out or done.
Some only ask; the rest take the way of every event, and their steps are planned in `plan.requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pgcharm.adapters import juju as tools
from pgcharm.apply import StepFailed
from pgcharm.cycle import Outcome, handle, look
from pgcharm.layout import unit_name
from pgcharm.observation import Event, Observation, Request
from pgcharm.plan import plan
from pgcharm.plan.requests import REQUESTS
from pgcharm.plan.situation import situation
from pgcharm.plan.status import size
from pgcharm.view import Unknown, known

Results = Mapping[str, str]


def run(event: Event) -> None:
    """Run the action that the event names. Its failure is the action's, with a text that says what to do next."""
    if event.name in QUESTIONS:
        tools.action_result(QUESTIONS[event.name](look(event)))
        return
    assert event.name in REQUESTS, event.name
    request = Request(event.name, tools.action_parameters())
    try:
        outcome = handle(replace(event, request=request))
    except StepFailed as error:
        tools.action_failed(str(error))
        return
    if outcome.refusal is not None:
        tools.action_failed(outcome.refusal.text)
    else:
        tools.action_result(RESULTS.get(request.name, primary)(outcome))


def explain(o: Observation) -> Results:
    """What the unit would do next, and why."""
    return {"plan": plan(o).text()}


def cluster_status(o: Observation) -> Results:
    """The cluster as this unit sees it."""
    results = {}
    if isinstance(o.patroni, Unknown):
        results["members"] = f"unknown: {o.patroni.why}"
    else:
        results["members"] = "\n".join(
            f"{unit_name(m.name)}: {m.role}, {m.state}, timeline {m.timeline}"
            + (f", {size(m.lag)} behind" if m.lag is not None and m.role != "primary" else "")
            for m in o.patroni.value.members
        )
    etcd = known(o.etcd)
    if etcd is None:
        results["etcd"] = f"unknown: {o.etcd.why}" if isinstance(o.etcd, Unknown) else ""
    else:
        results["etcd"] = "\n".join(
            f"{m.name or m.peer_url}: {'learner' if m.learner else 'voter'}"
            + (", leads" if m.id == etcd.leader else "")
            + (", does not answer" if (m.name or m.peer_url) in etcd.down else "")
            for m in etcd.members
        )
    patroni = known(o.patroni)
    if patroni and patroni.settings:
        results["settings"] = "\n".join(f"{name}: {value}" for name, value in sorted(patroni.settings.items()))
    return results


def primary(outcome: Outcome) -> Results:
    """Who is the primary now, and who was."""
    before, after = (situation(o).primary_unit for o in (outcome.before, outcome.after))
    return {"primary": after or "none is known yet", "before": before or "none was known"}


def standing(outcome: Outcome) -> Results:
    """What the unit says of itself now."""
    return {"status": plan(outcome.after).publication.status.message}


def members(outcome: Outcome) -> Results:
    """What every member does now."""
    patroni = known(outcome.after.patroni)
    found = patroni.members if patroni else ()
    return {"members": "\n".join(f"{unit_name(m.name)}: {m.role}, {m.state}" for m in found)}


QUESTIONS: Mapping[str, Callable[[Observation], Results]] = {"explain": explain, "cluster-status": cluster_status}
"""Actions that change nothing."""
RESULTS: Mapping[str, Callable[[Outcome], Results]] = {
    "restart": members,
    "reinitialize": standing,
    "pause": standing,
    "resume": standing,
}
"""What a request's action prints in the end; the primary where nothing else is said here."""
