"""Poolers hold their clients back while the primary's role goes over, so that clients see a slow query and no error.

Knows: the keys in etcd by which poolers are asked and answer. Must not know: how a pooler does it (see `watch.follow`).

A role never waits long for a pooler: a transaction that does not end, or a unit that does not answer, is gone past.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pgcharm.adapters import juju
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.apply.means import Means
from pgcharm.layout import held_key, hold_key, member_name
from pgcharm.plan.types import Step

TTL = 30
"""Seconds after which poolers let their clients go on, whatever became of the holder."""
PATIENCE = 5.0
"""Seconds that transactions get to end."""


@contextmanager
def clients_held(means: Means, step: Step, members: tuple[str, ...]) -> Iterator[None]:
    """The poolers of `members` hold their clients back in here."""
    lease = ask(means, step) if members else ""
    try:
        if lease:
            late = wait_for_poolers(means, set(members))
            if late:
                juju.log(f"{step.says()}: {', '.join(sorted(late))} could not hold all clients back", "WARNING")
        yield
    finally:
        if lease:
            with suppress(EtcdError, WebError):
                means.etcd().release(lease)


def ask(means: Means, step: Step) -> str:
    """The lease of the key that asks; empty where it could not be written."""
    try:
        key = hold_key(means.layout.application)
        return means.etcd().hold(key, step.says(), TTL, member_name(juju.unit()))
    except (EtcdError, WebError) as error:
        juju.log(f"{step.says()}: cannot ask the poolers to wait: {error}", "WARNING")
        return ""


def wait_for_poolers(means: Means, members: set[str]) -> set[str]:
    """Those that have not said in time that their clients wait."""
    begins = held_key(means.layout.application)
    end = time.monotonic() + PATIENCE
    late = members
    while late and time.monotonic() < end:
        with suppress(EtcdError, WebError):
            endpoint: EtcdEndpoint = means.etcd()
            late = members - {key.removeprefix(begins) for key in endpoint.get(begins)}
        if late:
            time.sleep(0.1)
    return late
