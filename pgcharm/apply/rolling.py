"""Steps that take something down on purpose: each holds the turn until the unit serves again."""

from __future__ import annotations

from contextlib import suppress

from pgcharm.adapters import host, juju
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.apply.holding import clients_held
from pgcharm.apply.means import Means, Perform
from pgcharm.apply.patroni import NotYet, wait_for
from pgcharm.apply.turn import turn
from pgcharm.cluster import PEER_ENDPOINT
from pgcharm.layout import ETCD_CLIENT_PORT
from pgcharm.plan import steps
from pgcharm.plan.types import Step
from pgcharm.plan.upgrade import INTENT

SERVE_SECONDS = 60.0
"""How long a turn is kept for a unit that has been restarted; one that takes longer is seen as unwell by the others."""


def restart_postgres(step: steps.RestartPostgres, means: Means) -> bool:
    with turn(means, step) as mine:
        if mine:
            with clients_held(means, step, step.poolers):
                means.patroni.restart()
            keep_until_served(means, SERVE_SECONDS)
        return mine


def restart_in_turn(step: steps.RestartInTurn, means: Means) -> bool:
    with turn(means, step) as mine:
        if mine:
            host.ensure_service_restarted(step.service)
            means.note("started_with", {step.service: step.inputs})
            keep_until_served(means, step.seconds)
        return mine


def upgrade_packages(step: steps.UpgradePackages, means: Means) -> bool:
    with turn(means, step) as mine:
        if mine:
            host.ensure_newest(step.names)
            means.note("upgrade", {"packages": step.name})
        return mine


def ask_upgrade(step: steps.AskUpgrade, _: Means) -> bool:
    """The controller has it when the action has ended well; then it wakes every unit, this one too."""
    juju.write_bag(PEER_ENDPOINT, step.relation, {INTENT: step.name}, application=True)
    return True


def note_upgrade(step: steps.NoteUpgrade, means: Means) -> bool:
    means.note("upgrade", {"done": step.name})
    return True


def keep_until_served(means: Means, seconds: float) -> None:
    """Wait while the unit comes back. What does not is no failure of the step: the next look says what is the case."""
    with suppress(NotYet):
        wait_for(seconds, "this unit to serve again", lambda: lacking(means))


def lacking(means: Means) -> str | None:
    """What this unit still lacks; None where its PostgreSQL serves and its etcd answers."""
    try:
        EtcdEndpoint(f"https://127.0.0.1:{ETCD_CLIENT_PORT}", means.credentials).status()
        seen = means.patroni.state()
    except (WebError, EtcdError) as error:
        return str(error)
    if seen.get("state") != "running":
        return f"PostgreSQL is {seen.get('state')}"
    serves = seen.get("role") == "primary" or seen.get("replication_state") in ("streaming", "in archive recovery")
    return None if serves else "it does not stream"


PERFORM: dict[type[Step], Perform] = {
    steps.RestartPostgres: restart_postgres,
    steps.RestartInTurn: restart_in_turn,
    steps.UpgradePackages: upgrade_packages,
    steps.AskUpgrade: ask_upgrade,
    steps.NoteUpgrade: note_upgrade,
}
