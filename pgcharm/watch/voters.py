"""The members of etcd and whether each answers, looked at every few seconds: more seldom than the rest, as it asks all.

Knows: whom to ask. Must not know: who ought to vote, or what of a change matters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.observation import EtcdMember

EVERY_SECONDS = 8.0
Voters = tuple[tuple[str, str], ...]
"""Name and `votes`, `learns` or `does not answer`."""


@dataclass
class VoterWatch:
    """What the last look showed, and when the next is due."""

    url: str
    credentials: Credentials
    seen: Voters = ()
    due: float = field(default=0.0)

    def look(self) -> Voters:
        """The members as they were seen last; while our own etcd does not answer, as it knew them."""
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + EVERY_SECONDS
            with suppress(WebError, EtcdError):
                self.seen = self._ask(EtcdEndpoint(self.url, self.credentials).members())
        return self.seen

    def _ask(self, members: Sequence[EtcdMember]) -> Voters:
        started = [member for member in members if member.name]
        with ThreadPoolExecutor(max_workers=5) as pool:
            return tuple(sorted(pool.map(self._word, started)))

    def _word(self, member: EtcdMember) -> tuple[str, str]:
        try:
            EtcdEndpoint(member.client_url, self.credentials).call("maintenance/status", timeout=2)
        except (WebError, EtcdError):
            return member.name, "does not answer"
        return member.name, "learns" if member.learner else "votes"
