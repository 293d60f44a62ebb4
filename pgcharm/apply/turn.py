"""The turn: one unit at a time takes a PostgreSQL down on purpose.

Knows: the key in etcd that says whose turn it is, and that it goes by itself when its holder dies. Must not know: what
is done in a turn, or when one ought to be taken.

    with turn(means, step) as mine:
        if not mine:
            return False  # another unit was quicker; the next plan waits for it
        ...
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pgcharm.adapters import juju
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.apply.means import Means
from pgcharm.layout import member_name, turn_key
from pgcharm.plan.types import Step

TTL = 20
"""Seconds that a turn outlives its holder."""
RENEW_SECONDS = 5.0


@contextmanager
def turn(means: Means, step: Step) -> Iterator[bool]:
    """Hold the turn while the step is done; whether it is ours. Raises EtcdError where no member of etcd answers."""
    endpoint = means.etcd()
    taker = member_name(juju.unit())
    lease = endpoint.hold(turn_key(means.layout.application), step.says(), TTL, taker)
    if not lease:
        juju.log(f"{step.says()} waits: another unit was quicker to take its turn")
        yield False
        return
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(means, lease, done), daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        done.set()
        renewing.join()
        with suppress(EtcdError, WebError):
            means.etcd().release(lease)


def _renew(means: Means, lease: str, done: threading.Event) -> None:
    """Whichever member answers renews: the one that was asked first may be the one that goes down."""
    while not done.wait(RENEW_SECONDS):
        for url in means.etcd_urls:
            with suppress(EtcdError, WebError):
                EtcdEndpoint(url, means.credentials).renew(lease)
                break
