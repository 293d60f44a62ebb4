"""Actions: from Juju's parameters to a request, and from what came of it to what the operator reads.

Knows: what an action prints. Must not know: how anything is found out or done.
Some only ask; the rest take the way of every event, and their steps are planned in `plan.requests`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pgcharm.actions.backups import list_backups as backups_table
from pgcharm.actions.backups import outcome as run_words
from pgcharm.actions.cluster_status import cluster_status as cluster_table
from pgcharm.actions.databases import list_databases as databases_table
from pgcharm.actions.restore import restored, worked
from pgcharm.adapters import juju as tools
from pgcharm.apply import StepFailed
from pgcharm.cycle import Outcome, handle, look
from pgcharm.layout import unit_name
from pgcharm.observation import Event, Observation, Request
from pgcharm.observe import credentials_of
from pgcharm.observe.databases import observe_databases
from pgcharm.observe.restore import observe_dumps
from pgcharm.observe.sights import observe_promotion, observe_sights
from pgcharm.plan import plan
from pgcharm.plan.backup import looked
from pgcharm.plan.epoch_steps import ClaimEpoch
from pgcharm.plan.repository import stanza
from pgcharm.plan.requests import REQUESTS
from pgcharm.plan.requests.steps import CountRotation, DeleteBackup, FollowBackup, FollowWork
from pgcharm.plan.situation import situation
from pgcharm.plan.types import Refusal
from pgcharm.view import Unknown, View, known

Results = Mapping[str, str]


def run(event: Event) -> None:
    """Run the action that the event names. Its failure is the action's, with a text that says what to do next."""
    if event.name in QUESTIONS:
        found = QUESTIONS[event.name](look(event))
        if isinstance(found, Refusal):
            tools.action_failed(found.text)
        else:
            tools.action_result(found)
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
        found = RESULTS.get(request.name, primary)(outcome)
        if isinstance(found, Refusal):
            tools.action_failed(found.text)
        else:
            tools.action_result(found)


def explain(o: Observation) -> Results:
    """What the unit would do next, and why."""
    return {"plan": plan(o).text()}


def cluster_status(o: Observation) -> Results:
    """The cluster, as every unit's own Patroni tells."""
    s = situation(o)
    credentials = credentials_of(s.layout)
    return cluster_table(s, observe_sights(o.juju, credentials), observe_promotion(credentials))


def list_databases(o: Observation) -> Results | Refusal:
    """The databases of this unit's own server."""
    seen = observe_databases(o.postgres.value.port) if isinstance(o.postgres, View) else o.postgres
    if isinstance(seen, Unknown):
        return Refusal(f"cannot list the databases: {seen.why} (expected it to run here; ask another unit)")
    return databases_table(seen.value, o.juju.clients)


def dropped(outcome: Outcome) -> Results:
    """What there is still."""
    postgres = known(outcome.after.postgres)
    return {"databases": ", ".join(sorted(set(postgres.catalogue.databases if postgres else ()) - {"template1"}))}


def rotated(outcome: Outcome) -> Results:
    """Whose passwords change, and how it goes on."""
    step = next(step for step in plan(outcome.before).steps if isinstance(step, CountRotation))
    return {"users": ", ".join(step.users), "next": "the primary changes them, then the application is told"}


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


def versions(outcome: Outcome) -> Results:
    """What is installed on this unit before the upgrade, and where to see how it goes."""
    s = situation(outcome.before)
    installed = ", ".join(f"{name} {version}" for name, version in sorted(s.o.machine.packages.items()))
    return {"installed": installed, "next": "every unit follows in its turn: see juju status"}


def generation(outcome: Outcome) -> Results:
    """Which passwords there will be, and how it goes on."""
    made = known(outcome.before.secrets)
    number = made.generation + 1 if made else 0
    return {"generation": str(number), "next": "every unit reads them, then the primary changes its roles"}


def named(outcome: Outcome) -> Results:
    """What happens now, as the controller will have it when the action has ended."""
    found = [step.epoch for step in plan(outcome.before).steps if isinstance(step, ClaimEpoch)]
    begins = {"epoch": str(found[0].number), "begins-with": found[0].owner} if found else {}
    return {**begins, "next": "the units follow in their next hooks: see juju status"}


def list_backups(o: Observation) -> Results | Refusal:
    """The backups in the repository."""
    s = situation(o)
    found = backups_table(s)
    if isinstance(found, Refusal):
        return found
    dumps = observe_dumps(s.layout, stanza(s))
    told = "\n".join(f"{name}: {', '.join(databases)}" for name, databases in dumps.items())
    return {**found, **({"dumps": told} if told else {})}


def ran(outcome: Outcome) -> Results | Refusal:
    """What came of a backup or a verification."""
    step = next(step for step in plan(outcome.before).steps if isinstance(step, FollowBackup | FollowWork))
    if isinstance(step, FollowWork):
        return worked(outcome)
    run = outcome.after.runs.runs.get(step.kind)
    begun = run is not None and run.started >= outcome.before.now - 1
    return run_words(run if begun else None, step.seconds)


def deleted(outcome: Outcome) -> Results:
    """What is gone, and what is there still."""
    gone = next(step.gone for step in plan(outcome.before).steps if isinstance(step, DeleteBackup))
    seen = looked(situation(outcome.after))
    left = ", ".join(backup.id for backup in seen.stanza.backups) if seen else ""
    return {"deleted": ", ".join(gone), "left": left}


QUESTIONS: Mapping[str, Callable[[Observation], Results | Refusal]] = {
    "explain": explain,
    "cluster-status": cluster_status,
    "list-databases": list_databases,
    "list-backups": list_backups,
}
"""Actions that change nothing."""
RESULTS: Mapping[str, Callable[[Outcome], Results | Refusal]] = {
    "restart": members,
    "upgrade": versions,
    "reinitialize": standing,
    "pause": standing,
    "resume": standing,
    "rotate-passwords": generation,
    "drop-database": dropped,
    "rotate-client-password": rotated,
    "recover-quorum": named,
    "backup": ran,
    "verify-backup": ran,
    "delete-backup": deleted,
    "restore": restored,
    "restore-check": worked,
}
"""What a request's action prints in the end; the primary where nothing else is said here."""
