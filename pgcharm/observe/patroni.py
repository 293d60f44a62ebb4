"""Our own Patroni, the cluster as it sees it, and how far a clone has come.

Knows: Patroni's words and ours for them. Must not know: what a member ought to be.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from pgcharm.adapters import host, postgres
from pgcharm.adapters.patroni import PatroniApi
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.layout import Layout
from pgcharm.observation import Clone, Member, Patroni, Secrets
from pgcharm.states import CLONING
from pgcharm.view import Unknown, View

_ROLES = {
    "leader": "primary",
    "master": "primary",
    "primary": "primary",
    "replica": "standby",
    "sync_standby": "synchronous standby",
    "quorum_standby": "quorum standby",
}

_PROGRESS = """
    SELECT coalesce(b.backup_streamed, 0), b.backup_total
      FROM pg_stat_progress_basebackup b JOIN pg_stat_replication r USING (pid)
     WHERE r.client_addr = %s::inet"""


def observe_patroni(active: bool, credentials: Credentials, quorum: bool = True) -> View[Patroni] | Unknown:
    """Patroni's word, or why there is none. Without a quorum of etcd, what it says of others is stale: left out."""
    if not active:
        return Unknown("Patroni is not running")
    api = PatroniApi(credentials)
    try:
        own = api.state()
        cluster = _cluster(api) if quorum else {}
    except (OSError, ValueError) as error:
        return Unknown(f"Patroni does not answer: {str(error).splitlines()[0][:160]}")
    return View(
        Patroni(
            state=str(own.get("state", "")),
            role=_ROLES.get(str(own.get("role", "")), "") if own.get("state") == "running" else "",
            timeline=int(own.get("timeline") or 0),
            pending_restart=bool(own.get("pending_restart")),
            paused=bool(own.get("pause")),
            failsafe=bool(own.get("failsafe_mode_is_active")),
            members=tuple(_member(member) for member in cluster.get("members", ())),
            settings=_settings(api) if quorum else None,
        )
    )


def observe_clone(patroni: Patroni | None, secrets: Secrets | None, layout: Layout, address: str) -> Clone | None:
    """How far the copy of the primary's data has come; None where none is being made."""
    if patroni is None or patroni.state != CLONING:
        return None
    source = next((member for member in patroni.members if member.role == "primary"), None)
    if source is not None and secrets is not None:
        try:
            papers = postgres.Papers(layout.ca, layout.certificate("postgres"), layout.key("postgres"))
            connection = postgres.remote(source.host, source.port, "rewind", secrets.rewind, papers)
            with closing(connection):
                for received, total in postgres.rows(connection, _PROGRESS, (address,)):
                    return Clone(int(received), None if total is None else int(total))
        except postgres.PostgresError:
            pass
    return Clone(host.size(layout.data), None)


def _cluster(api: PatroniApi) -> dict[str, Any]:
    try:
        return api.cluster()
    except WebError:
        return {}


def _settings(api: PatroniApi) -> dict[str, Any] | None:
    try:
        return api.settings()
    except WebError:
        return None


def _member(found: dict[str, Any]) -> Member:
    lag = found.get("lag")
    return Member(
        name=str(found.get("name", "")),
        role=_ROLES.get(str(found.get("role", "")), "standby"),
        state=str(found.get("state", "")),
        host=str(found.get("host", "")),
        port=int(found.get("port") or 5432),
        timeline=int(found.get("timeline") or 0),
        lag=lag if isinstance(lag, int) else None,
        pending_restart=bool(found.get("pending_restart")),
    )
