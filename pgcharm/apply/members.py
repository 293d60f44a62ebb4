"""Steps that actions ask for, on any member through its own Patroni."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pgcharm.adapters import host, juju
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.web import WebError
from pgcharm.apply.holding import clients_held
from pgcharm.apply.means import Means, Perform
from pgcharm.apply.patroni import NotYet, wait_for
from pgcharm.apply.turn import turn
from pgcharm.plan.requests import steps
from pgcharm.plan.status import size
from pgcharm.plan.types import Step
from pgcharm.states import STREAMING

TURN_SECONDS = 60.0
"""How long an action waits for another unit's turn to end."""
TELL_SECONDS = 5.0
"""How often an action says how far it is."""


@contextmanager
def own_turn(means: Means, step: Step) -> Iterator[None]:
    """The turn, waited for. Raises NotYet."""
    end = time.monotonic() + TURN_SECONDS
    while True:
        with turn(means, step) as mine:
            if mine:
                yield
                return
        if time.monotonic() >= end:
            raise NotYet(f"another unit is being restarted for {TURN_SECONDS:.0f} s (expected an end; try again later)")
        time.sleep(1)


def hand_over(step: steps.HandOver, means: Means) -> bool:
    """Patroni answers when the other member has taken over."""
    with own_turn(means, step), clients_held(means, step, step.poolers):
        means.patroni.switch_over(step.leader, "" if step.anybody else step.candidate)
    return True


def await_counted(step: steps.AwaitCounted, means: Means) -> bool:
    """Nothing fails where it does not come about: the switchover then takes as long as the primary to come back."""
    end = time.monotonic() + step.seconds
    while time.monotonic() < end and not all(map(counts, means.patroni.cluster()["members"])):
        time.sleep(0.3)
    return False


def counts(member: Mapping[str, Any]) -> bool:
    """Whether commits wait for a member, or it does not stream, or it is the primary."""
    return member.get("role") != "replica" or member.get("state") not in STREAMING


def restart_member(step: steps.RestartMember, means: Means) -> bool:
    """Restart, then wait until the member serves as before: a standby streams."""
    api = PatroniApi.at(step.host, means.credentials)
    with own_turn(means, step), clients_held(means, step, step.poolers):
        api.restart(step.seconds)
        wait_for(step.seconds, f"{step.unit} to serve again", lambda: lacking(api, step.primary))
    return True


def await_standbys(step: steps.AwaitStandbys, means: Means) -> bool:
    members = [PatroniApi.at(address, means.credentials) for address in step.hosts]

    def seen() -> str | None:
        found = zip(step.units, (lacking(api, primary=False) for api in members), strict=True)
        return ", ".join(f"{unit}: {lack}" for unit, lack in found if lack) or None

    wait_for(step.seconds, "the standbys", seen)
    return False


def lacking(api: PatroniApi, primary: bool, since: object = None) -> str | None:
    """What a member still lacks; None where it serves, and its server is another than the one that began at `since`."""
    try:
        seen = api.state()
    except (WebError, OSError) as error:
        return str(error)
    state, streams = str(seen.get("state")), str(seen.get("replication_state") or "not streaming")
    if state != "running" or (since and seen.get("postmaster_start_time") == since):
        return f"it is {state}"
    return None if primary or streams in ("streaming", "in archive recovery") else f"it is {streams}"


def clone_anew(step: steps.CloneAnew, means: Means) -> bool:
    """Begin, and stay with it for a while. It needs nobody to go on."""
    api = means.patroni
    before = api.state().get("postmaster_start_time")
    api.reinitialize()
    end = time.monotonic() + step.seconds
    tell = time.monotonic() + TELL_SECONDS
    while time.monotonic() < end and (still := lacking(api, primary=False, since=before)) is not None:
        if time.monotonic() >= tell:
            juju.action_log(f"{still}, {size(host.size(means.layout.data))} so far")
            tell = time.monotonic() + TELL_SECONDS
        time.sleep(0.5)
    return True


def set_pause(step: steps.SetPause, means: Means) -> bool:
    """Members learn of it from etcd, in their next round."""
    means.patroni.change_settings({"pause": True if step.paused else None})
    members = [PatroniApi.at(address, means.credentials) for address in step.hosts]

    def seen() -> str | None:
        late = [api.url for api in members if knows_of_pause(api) is (not step.paused)]
        return f"{', '.join(late)} has not heard of it" if late else None

    wait_for(20, "all members to know", seen)
    return True


def knows_of_pause(api: PatroniApi) -> bool | None:
    """Whether a member takes failover for paused; None where it does not answer."""
    try:
        return bool(api.state().get("pause"))
    except (WebError, OSError):
        return None


PERFORM: dict[type[Step], Perform] = {
    steps.HandOver: hand_over,
    steps.AwaitCounted: await_counted,
    steps.RestartMember: restart_member,
    steps.AwaitStandbys: await_standbys,
    steps.CloneAnew: clone_anew,
    steps.SetPause: set_pause,
}
