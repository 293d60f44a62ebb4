"""The etcd cluster, as the first member that answers sees it.

Knows: whom to ask. Must not know: who ought to be a member.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.web import WebError
from pgcharm.layout import epoch_key, gone_key, restored_key, turn_key
from pgcharm.observation import Etcd, EtcdMember
from pgcharm.view import Unknown, View


def observe_etcd(own: EtcdEndpoint | None, others: Sequence[EtcdEndpoint], application: str) -> View[Etcd] | Unknown:
    """A view with a quorum behind it where one is to be had: from our own member, or else from the others.

    Those are asked all at once, as some may be on machines that are gone. Where two clusters answer, because a member
    has not heard yet that etcd was begun anew without it, the newer counts.
    """
    found = [_try(own, application)] if own else []
    if not any(isinstance(view, View) for view in found) and others:
        with ThreadPoolExecutor(max_workers=len(others)) as pool:
            found += pool.map(lambda endpoint: _try(endpoint, application), others)
    views = [view for view in found if isinstance(view, View)]
    if views:
        return max(views, key=lambda view: view.value.epoch)
    return found[0] if found else Unknown("no unit has said yet that it runs etcd")


def _try(endpoint: EtcdEndpoint, application: str) -> View[Etcd] | Unknown:
    try:
        return View(_look(endpoint, application))
    except (WebError, EtcdError) as error:
        return Unknown(f"{endpoint.url}: {_short(error)}")


def _look(endpoint: EtcdEndpoint, application: str) -> Etcd:
    status = endpoint.status()
    if status.get("leader", "0") == "0":
        raise EtcdError("it has no quorum")
    members = endpoint.members()
    own = str(status.get("header", {}).get("member_id", ""))
    prefix = f"/service/{application}/"
    keys = endpoint.get(prefix)
    words = endpoint.get(f"/charm/{application}/")
    return Etcd(
        members=members,
        leader=str(status.get("leader", "")),
        local="127.0.0.1" in endpoint.url and any(member.id == own for member in members),
        down=_silent(endpoint, members),
        initialized=bool(keys.get(f"{prefix}initialize")),
        primary=keys.get(f"{prefix}leader", ""),
        system=keys.get(f"{prefix}initialize", ""),
        turn=words.get(turn_key(application), ""),
        epoch=int(words.get(epoch_key(application), "0")),
        restored=int(words.get(restored_key(application)) or "0"),
        banned=_below(gone_key(application), words),
        registered=_below(f"{prefix}members/", keys),
    )


def _below(prefix: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    """The last parts of the keys below a prefix, sorted."""
    return tuple(sorted(key.removeprefix(prefix) for key in keys if key.startswith(prefix)))


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
