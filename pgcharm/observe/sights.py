"""One look at every unit's own Patroni and etcd, which answer for their unit also while there is no quorum.

Knows: whom to ask, and Patroni's words. Must not know: what is made of the answers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.cluster import etcd_url, peer_words, unit_number
from pgcharm.observation import Juju
from pgcharm.plan.members import staying_units
from pgcharm.view import Unknown, View


@dataclass(frozen=True)
class Server:
    """What a unit's Patroni says of its PostgreSQL."""

    state: str
    role: str
    """`primary`, `standby`, `synchronous standby`, `quorum standby`; empty while PostgreSQL does not run."""
    timeline: int = 0
    position: int | None = None
    """Bytes of the log that it has written, or received; None where it is not known."""
    began: str = ""
    """When PostgreSQL was started."""
    pending_restart: bool = False


@dataclass(frozen=True)
class Sight:
    """What was seen of one unit."""

    unit: str
    server: View[Server] | Unknown
    etcd: bool = True
    """Whether its etcd answers."""


def observe_sights(juju: Juju, credentials: Credentials) -> tuple[Sight, ...]:
    """What every unit's Patroni and etcd say, all asked at once."""
    addresses = {word.unit: word.address for word in peer_words(juju)} | {juju.unit: juju.address}
    units = sorted({*staying_units(juju), *addresses}, key=unit_number)
    with ThreadPoolExecutor(max_workers=2 * max(1, len(units))) as pool:
        etcd = pool.map(lambda unit: _etcd_answers(addresses.get(unit, ""), credentials), units)
        servers = pool.map(lambda unit: _server(addresses.get(unit, ""), credentials), units)
        return tuple(Sight(*seen) for seen in zip(units, servers, etcd, strict=True))


def observe_promotion(credentials: Credentials) -> str:
    """When a primary was last promoted, as Patroni writes it; empty where none ever was, or Patroni does not say."""
    try:
        history = PatroniApi(credentials).history()
    except (WebError, OSError):
        return ""
    return str(history[-1][3]) if history and len(history[-1]) > 3 else ""  # timeline, position, reason, when, who


def _server(address: str, credentials: Credentials) -> View[Server] | Unknown:
    if not address:
        return Unknown("Juju has not given it an address yet")
    try:
        return View(_read(PatroniApi.at(address, credentials).state()))
    except (WebError, OSError, ValueError) as error:
        return Unknown(str(error).splitlines()[0][:160])


def _etcd_answers(address: str, credentials: Credentials) -> bool:
    try:
        return bool(address and EtcdEndpoint(etcd_url(address), credentials).status())
    except (WebError, EtcdError):
        return False


def _read(found: dict[str, Any]) -> Server:
    state = str(found.get("state", ""))
    location = found.get("xlog") or {}
    return Server(
        state=str(found.get("replication_state") or state),
        role=_role(found) if state == "running" else "",
        timeline=int(found.get("timeline") or 0),
        position=next((location[key] for key in ("location", "received_location") if key in location), None),
        began=str(found.get("postmaster_start_time") or ""),
        pending_restart=bool(found.get("pending_restart")),
    )


def _role(found: dict[str, Any]) -> str:
    if found.get("role") in ("primary", "master"):
        return "primary"
    return {"sync_standby": "synchronous standby", "quorum_standby": "quorum standby"}.get(
        next((key for key in ("sync_standby", "quorum_standby") if found.get(key)), ""), "standby"
    )
