"""Which files the unit should have, and which of them have to be written.

Knows: the content of every rendered file. Must not know: how a file is written, or who reads it when.
"""

from __future__ import annotations

import json

import yaml

from pgcharm.cluster import etcd_addresses, etcd_url, peer_words
from pgcharm.layout import (
    CREATE_CLUSTER,
    ETCD_CLIENT_PORT,
    ETCD_PEER_PORT,
    PATRONI_PORT,
    PGDG_KEY,
    PGDG_SOURCES,
    SOCKETS,
    bracketed,
)
from pgcharm.observation import File, Secrets
from pgcharm.plan.backup_files import backup_files
from pgcharm.plan.clients import decision, pooled
from pgcharm.plan.passwords import in_force
from pgcharm.plan.pooler import pooler_files, pools, runs
from pgcharm.plan.repository import stanza
from pgcharm.plan.settings import TTL, connections, memory_in_use, wanted_settings
from pgcharm.plan.situation import Part, Situation, interpreter
from pgcharm.plan.steps import WriteFile
from pgcharm.plan.wanted import Wanted
from pgcharm.render.sizing import memory_settings, wal_settings
from pgcharm.render.templates import render

PATRONI = "patroni"
POSTGRES = "postgres"


def files(s: Situation) -> Part:
    """Rendered files that are missing or differ."""
    return Part(tuple(step for wanted in wanted_files(s) if (step := write_if_needed(s, wanted))))


def wanted_files(s: Situation) -> tuple[Wanted, ...]:
    """Every file, once the secrets are known."""
    secrets = s.secrets
    if secrets is None:
        return ()
    return (
        Wanted(s.layout.ca, secrets.ca_certificate),
        etcd_environment(s),
        etcd_unit(s),
        postgresql_conf(s),
        pg_hba(s),
        pg_ident(s),
        patroni_yml(s, secrets),
        patroni_unit(s),
        watch_json(s),
        watch_unit(s),
        *(pooler_files(s, pooled(s)) if pools(s) else ()),
        *backup_files(s),
    )


def write_if_needed(s: Situation, wanted: Wanted) -> WriteFile | None:
    """The step that makes a file as wanted, with the reason; None where it is."""
    seen, content = s.o.machine.files.get(wanted.path), wanted.digest
    if seen == File(content, wanted.owner, wanted.group, wanted.mode):
        return None
    if seen is None:
        reason = "it is missing"
    elif s.o.machine.memories.written.get(wanted.path) == content:
        reason = "somebody else changed it"
    else:
        reason = "what it should say has changed"
    return WriteFile(reason, wanted.path, wanted.content, wanted.owner, wanted.group, wanted.mode, wanted.reader)


def create_cluster() -> Wanted:
    """Keeps the distribution's packages from making a database cluster of their own."""
    return Wanted(CREATE_CLUSTER, "# Written by the charm: it makes the cluster itself.\ncreate_main_cluster = false\n")


def pgdg_sources(s: Situation) -> Wanted:
    """The PostgreSQL project's own archive, signed with the key that the distribution ships."""
    return Wanted(PGDG_SOURCES, render("pgdg.sources.j2", codename=s.o.machine.codename, key=PGDG_KEY))


def etcd_environment(s: Situation) -> Wanted:
    text = render(
        "etcd.env.j2",
        name=s.name,
        data=s.layout.etcd_data,
        address=bracketed(s.o.juju.address),
        client_port=ETCD_CLIENT_PORT,
        peer_port=ETCD_PEER_PORT,
        ca=s.layout.ca,
        certificate=s.layout.certificate("etcd"),
        key=s.layout.key("etcd"),
    )
    return Wanted(s.layout.rendered("etcd.env"), text)


def etcd_unit(s: Situation) -> Wanted:
    text = render(
        "etcd.service.j2",
        application=s.o.juju.application,
        environment=s.layout.rendered("etcd.env"),
        join_environment=s.layout.etcd_join,
        charm_dir=s.o.juju.charm_dir,
        python=s.layout.python,
        watch=s.layout.rendered("watch.json"),
    )
    return Wanted(s.layout.unit_file(s.layout.etcd_service), text)


def postgresql_conf(s: Situation) -> Wanted:
    memory = memory_in_use(s)
    text = render(
        "postgresql.conf.j2",
        settings=(*memory_settings(memory, s.o.machine.cores, connections(s)), *wal_settings(memory)),
        ca=s.layout.ca,
        certificate=s.layout.certificate("postgres"),
        key=s.layout.key("postgres"),
        slot_wal="16GB",
        extra=s.options.extra_pg_conf,
    )
    return Wanted(s.layout.rendered("postgresql.conf"), text, reader=POSTGRES)


def pg_hba(s: Situation) -> Wanted:
    text = render(
        "pg_hba.conf.j2",
        admins=s.options.admin_addresses,
        extra=s.options.extra_pg_auth,
        clients=decision(s).access,
    )
    return Wanted(s.layout.rendered("pg_hba.conf"), text, "postgres", "postgres", 0o640, POSTGRES)


def pg_ident(s: Situation) -> Wanted:
    text = render("pg_ident.conf.j2")
    return Wanted(s.layout.rendered("pg_ident.conf"), text, "postgres", "postgres", 0o640, POSTGRES)


def etcd_hosts(s: Situation) -> tuple[str, ...]:
    """Where Patroni finds etcd: on any unit. It passes over those that do not answer and asks the rest for the members.

    The list does not follow who votes, so that Patroni need not be told of every change.
    """
    words = (word.address for word in peer_words(s.o.juju))
    addresses = {s.o.juju.address, *words, *etcd_addresses(s.o.juju)} - {""}
    return tuple(etcd_url(address).removeprefix("https://") for address in sorted(addresses))


def patroni_yml(s: Situation, secrets: Secrets) -> Wanted:
    words = in_force(s, secrets)
    any_address = "'[::]'" if ":" in s.o.juju.address else "0.0.0.0"
    text = render(
        "patroni.yml.j2",
        scope=s.o.juju.application,
        name=s.name,
        address=bracketed(s.o.juju.address),
        any_address=any_address,
        rest_port=PATRONI_PORT,
        ca=s.layout.ca,
        certificate=s.layout.certificate("postgres"),
        key=s.layout.key("postgres"),
        etcd_hosts=[f'"{host}"' for host in etcd_hosts(s)],
        settings=yaml.safe_dump(wanted_settings(s)).rstrip(),
        encoding=s.options.encoding,
        locale=s.options.locale,
        port=s.options.listen_port,
        data=s.layout.data,
        binaries=s.layout.binaries,
        custom_conf=s.layout.rendered("postgresql.conf"),
        pgpass=f"/var/lib/postgresql/.{s.o.juju.application}-pgpass",
        superuser_password=words["superuser"],
        replication_password=words["replication"],
        rewind_password=words["rewind"],
        sockets=SOCKETS,
        hba_file=s.layout.rendered("pg_hba.conf"),
        ident_file=s.layout.rendered("pg_ident.conf"),
    )
    return Wanted(s.layout.rendered("patroni.yml"), text, "postgres", "postgres", 0o600, PATRONI)


def patroni_unit(s: Situation) -> Wanted:
    text = render(
        "patroni.service.j2",
        application=s.o.juju.application,
        etcd_service=s.layout.etcd_service,
        binaries=s.layout.binaries,
        python=interpreter(s),
        configuration=s.layout.rendered("patroni.yml"),
    )
    return Wanted(s.layout.unit_file(s.layout.patroni_service), text)


def watch_json(s: Situation) -> Wanted:
    content = {
        "unit": s.o.juju.unit,
        "charm_dir": s.o.juju.charm_dir,
        "patroni": f"https://127.0.0.1:{PATRONI_PORT}",
        "etcd": etcd_url("127.0.0.1"),
        "others": [f"https://{host}" for host in etcd_hosts(s) if f"https://{host}" != etcd_url(s.o.juju.address)],
        "epoch": s.layout.epoch,
        "again": s.layout.again,
        "silence": s.layout.silence,
        "etcd_service": s.layout.etcd_service,
        "patroni_service": s.layout.patroni_service,
        "data": s.layout.data,
        "binaries": s.layout.binaries,
        "pgbackrest": s.layout.pgbackrest,
        "stanza": stanza(s),
        "repository_seen": s.layout.repository_seen,
        "dropped": s.layout.dropped,
        "ttl": TTL,
        "pooler": followed(s),
        "ca": s.layout.ca,
        "certificate": s.layout.certificate("etcd"),
        "key": s.layout.key("etcd"),
    }
    return Wanted(s.layout.rendered("watch.json"), json.dumps(content, indent=2) + "\n")


def followed(s: Situation) -> dict[str, object] | None:
    """What the observer service has to know to lead the pooler to the primary; None where there is none."""
    if not pools(s) and not runs(s):
        return None
    return {
        "application": s.o.juju.application,
        "service": s.layout.pooler_service,
        "sockets": s.layout.pooler_sockets,
        "port": s.options.pooler_port,
        "databases": s.layout.rendered("pooler_databases.txt"),
        "target": s.layout.pooler_target,
    }


def watch_unit(s: Situation) -> Wanted:
    text = render(
        "watch.service.j2",
        unit=s.o.juju.unit,
        charm_dir=s.o.juju.charm_dir,
        python=interpreter(s),
        configuration=s.layout.rendered("watch.json"),
    )
    return Wanted(s.layout.unit_file(s.layout.watch_service), text)
