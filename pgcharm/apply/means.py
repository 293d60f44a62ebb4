"""What steps are carried out with: paths, credentials, where etcd answers, and the unit's notes.

Knows: how the notes are kept. Must not know: any step.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters import host
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.layout import Layout
from pgcharm.observation import Memory
from pgcharm.observe.machine import read_memory

_WHOLE = ("config", "trouble", "restore")
"""Parts of the notes that are written anew each time; to the others entries are added."""


@dataclass(frozen=True)
class Means:
    """Everything that steps need besides what they say themselves."""

    layout: Layout
    credentials: Credentials
    etcd_urls: tuple[str, ...]
    """Where etcd may answer, in the order to ask."""

    @property
    def patroni(self) -> PatroniApi:
        return PatroniApi(self.credentials)

    def etcd(self) -> EtcdEndpoint:
        """The first member of etcd that can answer for the cluster. Raises EtcdError."""
        seen = "no address of one is known"
        for url in self.etcd_urls:
            endpoint = EtcdEndpoint(url, self.credentials)
            try:
                endpoint.get("/health-of-quorum")
            except (WebError, EtcdError) as error:
                seen = str(error)
                continue
            return endpoint
        raise EtcdError(f"cannot reach a member of etcd: {seen} (expected one that has a quorum)")

    def note(self, part: str, entries: Mapping[str, Any]) -> None:
        """Write down what was done, e.g. `note("loaded", {"patroni": digest})`."""
        memory = read_memory(self.layout.memory)
        entries = dict(entries) if part in _WHOLE else {**getattr(memory, part), **entries}
        self._keep(dataclasses.replace(memory, **{part: entries}))

    def _keep(self, memory: Memory) -> None:
        text = json.dumps({field.name: getattr(memory, field.name) for field in dataclasses.fields(memory)}, indent=1)
        host.ensure_file(self.layout.memory, text + "\n", "root", "root", 0o600)


Perform = Callable[[Any, Means], bool]
"""Carries out one step; whether it changed something."""
