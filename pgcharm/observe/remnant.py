"""What our own member of etcd still knows while no quorum answers, and whether the other voters can be reached.

Knows: whom and what to ask, and in which order, so that nothing is missed. Must not know: what follows from it.
Without a quorum a member tells what it has applied, which may be older than what was agreed; its log shows how much.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgcharm.adapters import etcd_restore
from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.etcd_log import LogError, agreed, read_end
from pgcharm.adapters.host import HostError
from pgcharm.adapters.reach import is_silent
from pgcharm.adapters.silence import lasting, silence
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.cluster import etcd_url
from pgcharm.layout import Layout, member_name
from pgcharm.observation import EtcdMember, Juju, Machine, Remnant, Sync
from pgcharm.plan.members import peer_url
from pgcharm.view import Unknown, View


def observe_remnant(
    juju: Juju, machine: Machine, layout: Layout, credentials: Credentials, port: int, heard: Mapping[str, bool]
) -> View[Remnant] | Unknown:
    """What is left, or why nothing is known of it.

    `port` is where PostgreSQL listens; `heard` says of hosts whether anything there answered just now.
    """
    if not machine.etcd_has_data:
        return Unknown("this unit has no data of etcd")
    running = machine.services[layout.etcd_service].active
    try:
        if running:
            held = look(juju, layout, credentials)
            seconds = silence(layout.silence, str(held["applied"]))
        else:
            held, seconds = dict(machine.memories.etcd.get("frozen") or {}), lasting(layout.silence)
        if not held:
            return Unknown("etcd does not run")
        beyond = look_beyond(layout, held)
    except (EtcdError, HostError, LogError, OSError) as error:
        return Unknown(f"etcd's own member: {str(error).splitlines()[0][:160]}")
    members = members_of(held)
    own = member_name(juju.unit)
    others = {member.name: host_of(member) for member in members if not member.learner and member.name != own}
    heard = {**hosts_heard(set(others.values()) - set(heard), port, credentials), **heard}
    return View(
        Remnant(
            members=members,
            primary=str(held["primary"]),
            sync=read_sync(str(held["sync"])),
            held=held,
            beyond=beyond,
            silent=tuple(name for name, host in others.items() if not heard[host]),
            seconds=seconds,
            paused=bool(held["paused"]),
            frozen=not running,
        )
    )


def look(juju: Juju, layout: Layout, credentials: Credentials) -> dict[str, Any]:
    """What the member knows, as it can be noted down; from its data where it has not answered since it was started."""
    try:
        return ask(EtcdEndpoint(etcd_url("127.0.0.1"), credentials), juju.application)
    except WebError:
        index, term = agreed(layout.etcd_data)
        held = remembered(layout.remnant)
        if held.get("applied") != index:
            peer = EtcdEndpoint(peer_url(juju.address), credentials)
            members = peer.known_members()
            keys = etcd_restore.read(layout.etcd_data, layout.etcd_copy, credentials, f"/service/{juju.application}/")
            held = facts(juju.application, index, term, keys, members)
            Path(layout.remnant).write_text(json.dumps(held))
        return held


def remembered(path: str) -> dict[str, Any]:
    """What was read last; nothing where that is not known."""
    try:
        return dict(json.loads(Path(path).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def ask(endpoint: EtcdEndpoint, application: str) -> dict[str, Any]:
    """What the member says it knows. Raises EtcdError where it has a leader again, or still moves."""
    before = endpoint.status()
    if before.get("leader", "0") != "0":
        raise EtcdError("it has a leader again")
    keys = endpoint.get(f"/service/{application}/", serializable=True)
    members = endpoint.members()
    after = endpoint.status()
    applied = before.get("raftAppliedIndex", "0")
    if after.get("raftAppliedIndex", "0") != applied or after.get("raftIndex", "0") != applied:
        raise EtcdError("it is catching up with what was agreed")
    return facts(application, int(applied), int(after.get("raftTerm", 0)), keys, members)


def facts(
    application: str, applied: int, term: int, keys: Mapping[str, str], members: Sequence[EtcdMember]
) -> dict[str, Any]:
    """What matters of a member's knowledge."""
    prefix = f"/service/{application}"
    return {
        "applied": applied,
        "term": term,
        "primary": keys.get(f"{prefix}/leader", ""),
        "sync": keys.get(f"{prefix}/sync", ""),
        "members": [[m.id, m.name, m.peer_url, m.client_url, m.learner] for m in members],
        "paused": is_paused(keys.get(f"{prefix}/config", "")),
    }


def is_paused(config: str) -> bool:
    """Whether Patroni's dynamic configuration says that failover is paused."""
    try:
        return bool(json.loads(config or "{}").get("pause"))
    except (ValueError, AttributeError):
        return False


def look_beyond(layout: Layout, held: Mapping[str, Any]) -> tuple[str, ...]:
    """What of importance the log holds beyond what the member knows to be agreed."""
    entries = read_end(layout.etcd_data, int(held["applied"]))
    prefix = f"/service/{layout.application}"
    questions = {
        "the members": lambda entry: entry.changes_members,
        "the primary": lambda entry: entry.mentions(f"{prefix}/leader"),
        "the synchronous standbys": lambda entry: entry.mentions(f"{prefix}/sync"),
        "a later term": lambda entry: entry.term > int(held["term"]),
    }
    return tuple(what for what, concerns in questions.items() if any(map(concerns, entries)))


def hosts_heard(hosts: Collection[str], port: int, credentials: Credentials) -> dict[str, bool]:
    """Of each host whether anything there answers, asked all at once."""
    if not hosts:
        return {}
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        return dict(zip(hosts, pool.map(lambda host: not is_silent(host, port, credentials), hosts), strict=True))


def host_of(member: EtcdMember) -> str:
    return urlsplit(member.peer_url).hostname or ""


def members_of(held: Mapping[str, Any]) -> tuple[EtcdMember, ...]:
    return tuple(EtcdMember(id, name, peer, client, learner) for id, name, peer, client, learner in held["members"])


def read_sync(text: str) -> Sync | None:
    """The key /sync; None where there is none or it is not understood."""
    try:
        found = json.loads(text)
        standbys = tuple(name for name in str(found.get("sync_standby") or "").split(",") if name)
        return Sync(str(found.get("leader") or ""), standbys, int(found.get("quorum") or 0))
    except (ValueError, AttributeError, TypeError):
        return None
