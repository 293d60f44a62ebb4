"""Steps on etcd's membership.

etcd refuses a change while another is under way, or while a member is not well; such a refusal is asked again for a
bounded time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pgcharm.adapters import juju
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.apply.means import Means, Perform
from pgcharm.cluster import etcd_url
from pgcharm.observation import EtcdMember
from pgcharm.plan import steps
from pgcharm.plan.types import Step

PAUSE = 0.3
LEAVE_SECONDS = 60.0


def insist(means: Means, seconds: float, attempt: Callable[[EtcdEndpoint, tuple[EtcdMember, ...]], bool]) -> bool:
    """Try until etcd agrees or the seconds have passed; the last refusal is raised."""
    end = time.monotonic() + seconds
    while True:
        try:
            endpoint = means.etcd()
            return attempt(endpoint, endpoint.members())
        except (EtcdError, WebError):
            if time.monotonic() >= end:
                raise
        time.sleep(PAUSE)


def add_learner(step: steps.AddEtcdLearner, means: Means) -> bool:
    def attempt(endpoint: EtcdEndpoint, members: tuple[EtcdMember, ...]) -> bool:
        if any(member.peer_url == step.peer_url for member in members):
            return False
        try:
            endpoint.add_learner(step.peer_url)
        except EtcdError as error:
            if error.another_learns:
                return False  # another unit was quicker; the next plan waits for it
            raise
        return True

    return insist(means, step.seconds, attempt)


def promote(step: steps.PromoteEtcdMember, means: Means) -> bool:
    def attempt(endpoint: EtcdEndpoint, members: tuple[EtcdMember, ...]) -> bool:
        if not any(member.id == step.id and member.learner for member in members):
            return False
        endpoint.promote(step.id)
        return True

    try:
        return insist(means, step.seconds, attempt)
    except EtcdError as error:
        if error.not_caught_up:
            return False  # the next plan asks again
        raise


def remove(step: steps.RemoveEtcdMember, means: Means) -> bool:
    def attempt(endpoint: EtcdEndpoint, members: tuple[EtcdMember, ...]) -> bool:
        if not any(member.id == step.id for member in members):
            return False
        endpoint.remove(step.id)
        return True

    return insist(means, LEAVE_SECONDS, attempt)


def hand_on_lead(step: steps.HandOnEtcdLead, means: Means) -> bool:
    """Who leads may have changed meanwhile: a refusal is no failure, the next plan looks again."""
    try:
        EtcdEndpoint(etcd_url("127.0.0.1"), means.credentials).hand_on_lead(step.id)
    except (EtcdError, WebError) as error:
        juju.log(f"cannot {step.says()}: {error}", "WARNING")
        return False
    return True


def move(step: steps.MoveEtcdMember, means: Means) -> bool:
    def attempt(endpoint: EtcdEndpoint, members: tuple[EtcdMember, ...]) -> bool:
        if any(member.id == step.id and member.peer_url == step.peer_url for member in members):
            return False
        endpoint.update(step.id, step.peer_url)
        return True

    return insist(means, LEAVE_SECONDS, attempt)


PERFORM: dict[type[Step], Perform] = {
    steps.AddEtcdLearner: add_learner,
    steps.PromoteEtcdMember: promote,
    steps.RemoveEtcdMember: remove,
    steps.HandOnEtcdLead: hand_on_lead,
    steps.MoveEtcdMember: move,
}
