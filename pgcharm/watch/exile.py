"""Whether this unit was left behind: etcd was begun again without it, or the unit was removed while it was away.

Knows: what other units' etcd says of it, and what has to stop then. Must not know: how etcd is begun again.

A machine that comes back starts what it ran when it went, before any hook. Its etcd, of an older epoch, would show
its Patroni a world that is no more; and a unit that was removed would join the cluster with certificates that are
still good. So other units are asked for as long as our own etcd has no quorum, in a thread that no hook holds up.
The same looks note down since when there is none.

>>> verdict(own_epoch=0, unit="a/1", application="a", keys={"/charm/a/epoch": "1"}).services
('etcd',)
>>> verdict(0, "a/1", "a", {"/charm/a/gone/a-1": "removed"}).services
('patroni', 'etcd')
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.host import HostError, ensure_service_stopped
from pgcharm.adapters.silence import over, silence
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.layout import epoch_key, gone_key

LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Verdict:
    """What has to stop, and why: `patroni`, `etcd`."""

    services: tuple[str, ...] = ()
    reason: str = ""


def verdict(own_epoch: int, unit: str, application: str, keys: Mapping[str, str]) -> Verdict:
    """What follows from what another unit's etcd says. `keys` are those of the charm."""
    if gone_key(application, unit) in keys:
        return Verdict(("patroni", "etcd"), f"{unit} was removed from the cluster while it was away")
    epoch = int(keys.get(epoch_key(application), "0"))
    if epoch > own_epoch:
        return Verdict(("etcd",), f"etcd was begun again without {unit}: epoch {epoch}, own {own_epoch}")
    return Verdict()


@dataclass(frozen=True)
class Exile:
    """Who looks, where, and at what."""

    unit: str
    epoch: int
    etcd: EtcdEndpoint
    others: tuple[EtcdEndpoint, ...]
    silence: str
    services: Mapping[str, str]

    @classmethod
    def of(cls, found: Mapping[str, Any], credentials: Credentials) -> Exile:
        """From watch.json."""
        others = tuple(EtcdEndpoint(url, credentials) for url in found["others"])
        services = {"patroni": found["patroni_service"], "etcd": found["etcd_service"]}
        own = EtcdEndpoint(found["etcd"], credentials)
        return cls(found["unit"], found["epoch"], own, others, found["silence"], services)

    def start(self) -> None:
        """Look from now on. Should that ever fail, the whole service ends, and systemd starts it anew."""
        threading.Thread(target=self._look_on, name="exile", daemon=True).start()

    def _look_on(self) -> None:
        try:
            while True:
                self.once()
                time.sleep(LOOK_SECONDS)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def once(self) -> None:
        """One look, and what follows from it."""
        if self.has_quorum():
            return
        for keys in self.words():
            found = verdict(self.epoch, self.unit, self.unit.split("/")[0], keys)
            for service in found.services:
                self.end(self.services[service], found.reason)

    def has_quorum(self) -> bool:
        """Whether our own etcd has one; since when not is noted down."""
        try:
            status = self.etcd.status()
        except (WebError, EtcdError):
            return False
        if status.get("leader", "0") != "0":
            over(self.silence)
            return True
        silence(self.silence, str(status.get("raftAppliedIndex", "0")))
        return False

    def words(self) -> Sequence[Mapping[str, str]]:
        """The charm's keys as other units' etcd has them, where it has a quorum. All are asked at once."""
        if not self.others:
            return ()
        with ThreadPoolExecutor(max_workers=len(self.others)) as pool:
            return tuple(found for found in pool.map(self._word, self.others) if found)

    def _word(self, endpoint: EtcdEndpoint) -> Mapping[str, str]:
        try:
            return endpoint.get(f"/charm/{self.unit.split('/')[0]}/")
        except (WebError, EtcdError):
            return {}

    @staticmethod
    def end(service: str, reason: str) -> None:
        try:
            if ensure_service_stopped(service):
                print(f"stopped {service}: {reason}", flush=True)
        except HostError as error:
            print(f"{error}; looking again", flush=True)
