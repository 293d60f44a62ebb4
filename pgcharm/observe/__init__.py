"""Looks at Juju and the machine, and writes down what it sees in one frozen `Observation`.

Knows: where to look. Must not know: what follows from it.
Juju is looked at once for each hook: its answers hold until the hook ends. The rest is looked at in every round.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from pgcharm.adapters.etcd import EtcdEndpoint
from pgcharm.adapters.silence import over
from pgcharm.adapters.web import Credentials
from pgcharm.cluster import etcd_addresses, etcd_url, etcd_urls, layout_of
from pgcharm.layout import Layout, member_name
from pgcharm.observation import Etcd, Event, Juju, Machine, Observation, Remnant
from pgcharm.observe.backups import observe_archiver, observe_given, observe_repository, observe_runs
from pgcharm.observe.data import observe_data
from pgcharm.observe.etcd import observe_etcd
from pgcharm.observe.juju import observe_juju
from pgcharm.observe.machine import observe_basics, observe_machine
from pgcharm.observe.patroni import observe_clone, observe_patroni
from pgcharm.observe.pooler import observe_pooler
from pgcharm.observe.postgres import observe_postgres
from pgcharm.observe.remnant import hosts_heard, observe_remnant
from pgcharm.observe.restore import observe_restorable, observe_restoration, observe_work, own_stanza, restore_asked
from pgcharm.observe.secrets import observe_secrets
from pgcharm.options import effective
from pgcharm.view import Unknown, View, known

__all__ = ["credentials_of", "observe", "observe_juju"]


def observe(event: Event, juju: Juju) -> Observation:
    """One look at everything."""
    basics = observe_basics()
    memory = basics.memories(juju.application)
    options, _ = effective(juju.config, memory.config)
    layout = layout_of(juju, options, (basics.distribution, basics.release), memory)
    machine = observe_machine(basics, layout)
    credentials = credentials_of(layout)
    secrets = observe_secrets()
    etcd, remnant = _etcd(juju, machine, layout, credentials, options.listen_port)
    patroni = observe_patroni(machine.services[layout.patroni_service].active, credentials, isinstance(etcd, View))
    postgres = observe_postgres(patroni, options.listen_port, juju.clients)
    clone = observe_clone(known(patroni), known(secrets), layout, juju.address)
    data = observe_data(layout, known(patroni), machine.memories, member_name(juju.unit))
    return Observation(
        time.time(), event, juju, machine, secrets, etcd, patroni, postgres, clone, data, remnant,
        pooler=observe_pooler(machine.services, layout, options),
        given=observe_given(options),
        repository=observe_repository(layout),
        archiver=observe_archiver(layout),
        runs=observe_runs(layout),
        restoration=observe_restoration(layout, restore_asked(event, juju, memory)),
        restorable=observe_restorable(event, layout, own_stanza(juju)),
        work=observe_work(layout),
    )  # fmt: skip


def _etcd(
    juju: Juju, machine: Machine, layout: Layout, credentials: Credentials, port: int
) -> tuple[View[Etcd] | Unknown, View[Remnant] | Unknown | None]:
    """etcd as our own member or another one sees it; and, while nobody answers for all, what our own still knows.

    Whether the others answer at all is asked in the same moment: a machine that is gone takes its time with everything.
    """
    own = EtcdEndpoint(etcd_url("127.0.0.1"), credentials) if machine.services[layout.etcd_service].active else None
    mine = observe_etcd(own, (), juju.application)
    if isinstance(mine, View):
        if mine.value.local:
            over(layout.silence)
        return mine, None
    others = [EtcdEndpoint(url, credentials) for url in etcd_urls(juju)]
    with ThreadPoolExecutor(max_workers=1) as pool:
        heard = pool.submit(hosts_heard, etcd_addresses(juju) if machine.etcd_has_data else (), port, credentials)
        theirs = observe_etcd(None, others, juju.application)
        if isinstance(theirs, View):
            return theirs, None
    etcd = theirs if own is None else mine
    return etcd, observe_remnant(juju, machine, layout, credentials, port, heard.result())


def credentials_of(layout: Layout) -> Credentials:
    """This unit's client certificate."""
    return Credentials(layout.ca, layout.certificate("etcd"), layout.key("etcd"))
