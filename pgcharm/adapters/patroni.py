"""Patroni's REST interface, on this machine or at another member.

Knows: paths and bodies (docs/rest_api.rst of Patroni 4.1). Must not know: when something ought to be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.web import Credentials, ask
from pgcharm.layout import PATRONI_PORT, bracketed


@dataclass(frozen=True)
class PatroniApi:
    """One member's Patroni: our own, where no other address is given."""

    credentials: Credentials
    url: str = f"https://127.0.0.1:{PATRONI_PORT}"
    patience: float = 5
    """Seconds to wait for what it says of itself."""

    @classmethod
    def at(cls, host: str, credentials: Credentials) -> PatroniApi:
        """The Patroni of another member."""
        return cls(credentials, f"https://{bracketed(host)}:{PATRONI_PORT}", patience=3)

    def state(self) -> dict[str, Any]:
        """What it says of itself; 503 is its answer while PostgreSQL does not run."""
        return dict(ask("GET", f"{self.url}/patroni", self.credentials, timeout=self.patience, accept=(503,)))

    def cluster(self) -> dict[str, Any]:
        return dict(ask("GET", f"{self.url}/cluster", self.credentials, timeout=5))

    def history(self) -> list[list[Any]]:
        """Promotions, the last one last."""
        return list(ask("GET", f"{self.url}/history", self.credentials, timeout=5) or [])

    def settings(self) -> dict[str, Any]:
        return dict(ask("GET", f"{self.url}/config", self.credentials, timeout=5))

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        ask("PATCH", f"{self.url}/config", self.credentials, dict(changes), timeout=10)

    def look_again(self) -> None:
        """Begin the next round now. A change of nothing wakes Patroni (4.1, api.py, do_PATCH_config)."""
        ask("PATCH", f"{self.url}/config", self.credentials, {"nothing": None}, timeout=3)

    def reload(self) -> None:
        ask("POST", f"{self.url}/reload", self.credentials, {}, timeout=10)

    def restart(self, seconds: float = 120) -> None:
        """Restart PostgreSQL and wait until it is back. A primary that takes longer hands its role over.

        Without `timeout` Patroni would take `primary_start_timeout`, which may be 0.
        """
        ask("POST", f"{self.url}/restart", self.credentials, {"timeout": int(seconds)}, timeout=seconds + 60)

    def reinitialize(self) -> None:
        """Begin to copy the data anew from the primary. Raises WebError with Patroni's reason."""
        ask("POST", f"{self.url}/reinitialize", self.credentials, {"force": True, "from_leader": True}, timeout=30)

    def switch_over(self, leader: str, candidate: str) -> None:
        """Hand the primary's role to another member, any where none is named. Raises WebError with Patroni's reason."""
        body = {"leader": leader, **({"candidate": candidate} if candidate else {})}
        ask("POST", f"{self.url}/switchover", self.credentials, body, timeout=60)
