"""The guard at work: looks every other second, in a thread of its own so that no hook holds it up.

Between two looks it waits for the server's end. Patroni would see that in its next round, up to 5 s later; it is told
at once, and so a crashed primary hands over, and a crashed standby is back, that much sooner.

Knows: whom to ask, and how to end what the guard condemns. Must not know: when that is.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pgcharm.adapters.host import uptime
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.server import Server, end_service
from pgcharm.adapters.web import Credentials, WebError, ask
from pgcharm.watch.guard import Memory, Sight, is_set_back, remember, verdict

LOOK_SECONDS, SOON_SECONDS = 2.0, 0.5
"""Between two looks; and while Patroni is silent."""


@dataclass(frozen=True)
class Fence:
    """What is guarded."""

    patroni: str
    credentials: Credentials
    service: str
    server: Server
    ttl: float

    @classmethod
    def of(cls, found: Mapping[str, Any], credentials: Credentials) -> Fence:
        """From watch.json."""
        server = Server(found["data"], found["binaries"])
        return cls(found["patroni"], credentials, found["patroni_service"], server, found["ttl"])

    def start(self) -> None:
        """Guard from now on. Should that ever fail, the whole service ends, and systemd starts it anew."""
        threading.Thread(target=self._guard, name="guard", daemon=True).start()

    def _guard(self) -> None:
        try:
            memory = Memory.beginning(uptime())
            while True:
                process = self.server.process()
                memory = self.once(memory)
                if self.rest(process, LOOK_SECONDS if uptime() - memory.heard < LOOK_SECONDS else SOON_SECONDS):
                    self.wake("PostgreSQL has ended")
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def once(self, memory: Memory) -> Memory:
        """One look, and what follows from it."""
        sight = self.look()
        if is_set_back(memory, sight):
            self.wake("the clock was set back")
        memory = remember(memory, sight)
        condemned = verdict(memory, sight, self.ttl)
        if condemned is None:
            return memory
        if condemned.server:
            print(f"ending PostgreSQL: {condemned.reason}", flush=True)
            self.server.end()
        if condemned.patroni:
            print(f"ending Patroni: {condemned.reason}", flush=True)
            end_service(self.service)
        return replace(Memory.beginning(uptime()), day=memory.day)

    def rest(self, process: int | None, seconds: float) -> bool:
        """Wait; whether a server that ran has ended by then."""
        if process is None:
            time.sleep(seconds)
            return False
        return self.server.ends(process, seconds)

    def wake(self, reason: str) -> None:
        """Have Patroni look now, in a thread of its own: while etcd does not answer, neither does this."""
        threading.Thread(target=self._wake, args=(reason,), name="wake", daemon=True).start()

    def _wake(self, reason: str) -> None:
        """Where Patroni cannot hear, it looks in its next round."""
        try:
            PatroniApi(self.credentials, self.patroni).look_again()
        except WebError as error:
            print(f"cannot wake Patroni: {error}", flush=True)
        else:
            print(f"woke Patroni: {reason}", flush=True)

    def look(self) -> Sight:
        """What is the case."""
        try:
            own = dict(ask("GET", f"{self.patroni}/patroni", self.credentials, timeout=2, accept=(503,)))
        except (WebError, OSError, ValueError):
            own = None
        primary = self.server.process() is not None and not self.server.is_standby()
        if own is None:
            return Sight(uptime(), primary, None, running=False, admits=True, day=time.time() - uptime())
        running, word = own.get("state") == "running", float(own.get("dcs_last_seen") or 0)
        return Sight(
            uptime(),
            primary,
            contact=uptime() - max(0.0, time.time() - word),
            word=word,
            day=time.time() - uptime(),
            running=running,
            admits=self.server.admits() if running else True,
            paused=bool(own.get("pause")),
            failsafe=bool(own.get("failsafe_mode_is_active")),
        )
