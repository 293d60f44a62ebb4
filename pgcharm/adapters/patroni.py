"""Patroni's REST interface on this machine.

Knows: paths and bodies (docs/rest_api.rst of Patroni 4.1). Must not know: when something ought to be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.web import Credentials, ask
from pgcharm.layout import PATRONI_PORT


@dataclass(frozen=True)
class PatroniApi:
    """Our own Patroni."""

    credentials: Credentials
    url: str = f"https://127.0.0.1:{PATRONI_PORT}"

    def state(self) -> dict[str, Any]:
        """What it says of itself; 503 is its answer while PostgreSQL does not run."""
        return dict(ask("GET", f"{self.url}/patroni", self.credentials, timeout=5, accept=(503,)))

    def cluster(self) -> dict[str, Any]:
        return dict(ask("GET", f"{self.url}/cluster", self.credentials, timeout=5))

    def settings(self) -> dict[str, Any]:
        return dict(ask("GET", f"{self.url}/config", self.credentials, timeout=5))

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        ask("PATCH", f"{self.url}/config", self.credentials, dict(changes), timeout=10)

    def reload(self) -> None:
        ask("POST", f"{self.url}/reload", self.credentials, {}, timeout=10)

    def restart(self) -> None:
        """Restart PostgreSQL and wait until it is back."""
        ask("POST", f"{self.url}/restart", self.credentials, {}, timeout=180)

    def switch_over(self, leader: str, candidate: str) -> None:
        """Hand the primary's role to another member. Raises WebError with Patroni's reason."""
        body = {"leader": leader, "candidate": candidate}
        ask("POST", f"{self.url}/switchover", self.credentials, body, timeout=60)
