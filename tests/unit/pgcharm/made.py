"""Observations made by hand: a healthy unit of a healthy cluster, and what differs from it.

>>> observation(leader=True).juju.leader
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pgcharm.clients.catalogue import Catalogue, RoleFact
from pgcharm.clients.passwords import ClientKey
from pgcharm.layout import Layout
from pgcharm.observation import (
    Etcd,
    EtcdMember,
    Event,
    Juju,
    Machine,
    Member,
    Observation,
    Patroni,
    Peers,
    Postgres,
    Secrets,
    Service,
)
from pgcharm.packages import DISTRIBUTION_SERVICES
from pgcharm.view import Unknown, View

GB = 1 << 30
DEFAULTS: Mapping[str, Any] = {
    "version": "",
    "pgdg": False,
    "locale": "C.UTF-8",
    "encoding": "UTF8",
    "listen_port": 5432,
    "admin_addresses": "",
    "require_tls": False,
    "synchronous": "auto",
    "synchronous_standbys": 1,
    "diverged-standby": "set-aside",
    "max_connections": 0,
    "memory_mb": 0,
    "pooler": "off",
    "pooler_port": 6432,
    "pooler_size": 20,
    "pooler_clients": 1000,
    "pooler_default": False,
    "extra_pg_conf": "",
    "extra_pg_auth": "",
    "backup-repository": "local",
    "backup-full-schedule": "Sun 02:00",
    "backup-incremental-schedule": "Mon..Sat 02:00",
}
SERVICES = (
    "postgresql-etcd.service",
    "postgresql-patroni.service",
    "postgresql-watch.service",
    "postgresql-pooler.service",
    "postgresql-pooler-reads.service",
    "postgresql-pgbackrest.service",
    *Layout("postgresql", "15").backup_services,
    *Layout("postgresql", "15").backup_timers,
    Layout("postgresql", "15").restore_service,
    *DISTRIBUTION_SERVICES,
)
SECRETS = Secrets("s-secret", "r-secret", "w-secret", ClientKey.from_text("k-secret"), "CA", "CA-KEY", "authority")
FOUNDED = {"token": "tok", "first": "postgresql/0", "version": "15", "founded": "yes"}
CATALOGUE = Catalogue(roles={"rewind": RoleFact(login=True, member_of=frozenset({"pg_monitor"}))})


def address(number: int) -> str:
    return f"10.0.0.{10 + number}"


def juju(
    number: int = 0,
    units: int = 1,
    leader: bool = False,
    founding: Mapping[str, str] | None = None,
    peers: bool = True,
    config: Mapping[str, Any] | None = None,
    **more: Any,
) -> Juju:
    """What Juju tells unit `number` of so many."""
    goal = {f"postgresql/{n}": "active" for n in range(units)}
    others = {
        f"postgresql/{n}": {"address": address(n), "etcd": "yes", "database": "yes"}
        for n in range(units)
        if n != number
    }
    bag = Peers(0, {}, dict(founding or {}), others) if peers else None
    return Juju(
        unit=f"postgresql/{number}",
        application="postgresql",
        model="m",
        model_uuid="11111111-2222",
        charm_dir="/charm",
        leader=leader,
        address=address(number),
        config={**DEFAULTS, **(config or {})},
        goal=goal,
        peers=bag,
        **more,
    )


def bare_machine() -> Machine:
    """A machine with nothing on it."""
    return Machine(
        "debian",
        "12",
        "bookworm",
        4 * GB,
        2,
        "host",
        services={name: Service(False, False, False) for name in SERVICES},
    )


def observation(**more: Any) -> Observation:
    """A unit that has just been born; `more` goes to `juju`."""
    return Observation(
        now=1_800_000_000.0,
        event=Event("config-changed"),
        juju=juju(**more),
        machine=bare_machine(),
        secrets=View(SECRETS),
        etcd=Unknown("no unit has said yet that it runs etcd"),
        patroni=Unknown("Patroni is not running"),
        postgres=Unknown("Patroni is not running"),
    )


def etcd_member(number: int, learner: bool = False, started: bool = True) -> EtcdMember:
    name = f"postgresql-{number}" if started else ""
    client = f"https://{address(number)}:2379" if started else ""
    return EtcdMember(f"id{number}", name, f"https://{address(number)}:2380", client, learner)


def etcd(*numbers: int, initialized: bool = True, primary: int = 0, **more: Any) -> Etcd:
    members = tuple(etcd_member(number) for number in numbers)
    return Etcd(members, "id0", True, initialized=initialized, primary=f"postgresql-{primary}", **more)


def member(number: int, role: str = "standby", state: str = "streaming", **more: Any) -> Member:
    return Member(f"postgresql-{number}", role, state, address(number), **more)


def patroni(units: int, primary: int = 0, own: int = 0, **more: Any) -> Patroni:
    members = tuple(
        member(n, "primary", "running") if n == primary else member(n, "quorum standby", lag=0) for n in range(units)
    )
    role = "primary" if own == primary else "standby"
    return Patroni("running", role, 1, members=members, **more)


def postgres(in_recovery: bool = False, **more: Any) -> Postgres:
    return Postgres(5432, in_recovery, "15.20", (), CATALOGUE, frozenset(), **more)


def with_juju(o: Observation, **more: Any) -> Observation:
    return replace(o, juju=replace(o.juju, **more))
