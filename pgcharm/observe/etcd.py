"""The etcd cluster, as the first member that answers sees it.

Knows: whom to ask. Must not know: who ought to be a member.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.layout import turn_key
from pgcharm.observation import Etcd, EtcdMember
from pgcharm.view import Unknown, View


def observe_etcd(endpoints: Sequence[EtcdEndpoint], application: str) -> View[Etcd] | Unknown:
    """A view with a quorum behind it where one is to be had; a learner cannot give one, so the next is asked."""
    why = "no unit has said yet that it runs etcd"
    for endpoint in endpoints:
        try:
            return View(_look(endpoint, application))
        except (WebError, EtcdError) as error:
            why = f"{endpoint.url}: {_short(error)}"
    return Unknown(why)


def _look(endpoint: EtcdEndpoint, application: str) -> Etcd:
    status = endpoint.status()
    members = endpoint.members()
    own = str(status.get("header", {}).get("member_id", ""))
    prefix = f"/service/{application}/"
    keys = endpoint.get(prefix)
    return Etcd(
        members=members,
        leader=str(status.get("leader", "")),
        local="127.0.0.1" in endpoint.url and any(member.id == own for member in members),
        down=_silent(endpoint, members),
        initialized=bool(keys.get(f"{prefix}initialize")),
        primary=keys.get(f"{prefix}leader", ""),
        system=keys.get(f"{prefix}initialize", ""),
        turn=endpoint.get(turn_key(application)).get(turn_key(application), ""),
    )


def _silent(endpoint: EtcdEndpoint, members: Sequence[EtcdMember]) -> tuple[str, ...]:
    """Members that do not answer, asked all at once."""

    def silent(member: EtcdMember) -> bool:
        try:
            EtcdEndpoint(member.client_url, endpoint.credentials).call("maintenance/status", timeout=1)
        except (WebError, EtcdError):
            return True
        return False

    others = [member for member in members if member.client_url]
    with ThreadPoolExecutor(max_workers=5) as pool:
        found = [member.name for member, is_silent in zip(others, pool.map(silent, others), strict=True) if is_silent]
    return tuple(found) + tuple(member.peer_url for member in members if not member.client_url)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
