"""The pooler follows the primary: several looks at etcd a second, in a thread of its own so that no hook holds it up.

Knows: where to look, the file that names the server, how the pooler is told. Must not know: when (see `leading`).
"""

from __future__ import annotations

import json
import os
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgcharm.adapters.bouncer import Bouncer, BouncerError
from pgcharm.adapters.etcd_line import Entry, EtcdLine, LineError
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.layout import held_key, hold_key, member_name
from pgcharm.watch.leading import Course, Sight, course, needs_to_be_sure

LOOK_SECONDS, SOON_SECONDS = 0.4, 0.1
"""Between two looks; and while clients are held back."""
HEAD = ";; Written by the observer service: the primary is {leader}.\n[databases]\n"


@dataclass
class Follower:
    """What it follows and whom it leads."""

    application: str
    own: str
    line: EtcdLine
    credentials: Credentials
    bouncer: Bouncer
    databases: str
    target: str
    complaint: str = ""
    """What went wrong last, so that it is said once."""

    @classmethod
    def of(cls, found: Mapping[str, Any], credentials: Credentials) -> Follower | None:
        """From watch.json; None where this unit has no pooler."""
        told = found.get("pooler")
        if not told:
            return None
        bouncer = Bouncer(told["service"], told["sockets"], told["port"])
        line = EtcdLine([found["etcd"], *found["others"]], credentials)
        where = (bouncer, told["databases"], told["target"])
        return cls(told["application"], member_name(found["unit"]), line, credentials, *where)

    def start(self) -> None:
        """Follow from now on. Should that ever fail, the whole service ends, and systemd starts it anew."""
        threading.Thread(target=self._follow, name="follower", daemon=True).start()

    def _follow(self) -> None:
        try:
            now = Course(held=True)  # as it may have been left: to let go one who is not held does nothing
            while True:
                now = self.once(now)
                time.sleep(SOON_SECONDS if now.held and not self.complaint else LOOK_SECONDS)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def once(self, before: Course) -> Course:
        """One look, and what follows from it. What could not be done is done after the next look."""
        try:
            found = self.line.read(f"/service/{self.application}/", f"/charm/{self.application}/hold")
        except LineError:
            return before
        leader = found.get(f"/service/{self.application}/leader", Entry("")).value
        sight = Sight(leader, found.get(hold_key(self.application), Entry("")).lease)
        place = _place(found.get(f"/service/{self.application}/members/{leader}", Entry("")).value)
        sure = place is not None and needs_to_be_sure(before, sight) and self.is_primary(place[0])
        now = course(before, sight, sure)
        try:
            self.carry_out(before, now, place)
        except (BouncerError, OSError) as error:
            self.complain(str(error))
            return before
        self.complaint = ""
        return now

    def complain(self, text: str) -> None:
        if text != self.complaint:
            print(f"cannot lead the pooler: {text}", flush=True)
        self.complaint = text

    def is_primary(self, host: str) -> bool:
        with suppress(WebError, OSError, ValueError):
            seen = PatroniApi.at(host, self.credentials).state()
            return seen.get("state") == "running" and seen.get("role") in ("primary", "master")
        return False

    def carry_out(self, before: Course, now: Course, place: tuple[str, int] | None) -> None:
        """Hold first, lead elsewhere, let go last."""
        if now.held and not before.held:
            self.bouncer.pause()
        if now.held and now.asked:
            self.answer(now)
        if now.target and place is not None and not now.held:
            self.lead(now.target, *place)
        if before.held and not now.held:
            self.bouncer.resume()
            print(f"the pooler leads to {now.target}", flush=True)

    def answer(self, now: Course) -> None:
        """Say that no client is at work any more; the key goes with the lease of the question."""
        with suppress(LineError):
            if self.bouncer.busy() == 0:
                self.line.put(held_key(self.application, self.own), "yes", now.asked)

    def lead(self, leader: str, host: str, port: int) -> None:
        """The pooler's file names the server, and the pooler has read it."""
        with suppress(FileNotFoundError):
            names = Path(self.databases).read_text().split()
            lines = (f"{name} = host={host} port={port}\n" for name in names)
            text = HEAD.format(leader=leader) + "".join(lines)
            place = Path(self.target)
            if not place.exists() or place.read_text() != text:
                draft = place.with_suffix(".partial")
                draft.write_text(text)
                draft.replace(place)
                self.bouncer.reload()


def _place(member: str) -> tuple[str, int] | None:
    """Where a member's server is, as its Patroni has written it down."""
    with suppress(ValueError, TypeError, KeyError):
        parts = urlsplit(json.loads(member)["conn_url"])
        if parts.hostname and parts.port:
            return parts.hostname, parts.port
    return None
