"""Looks at Juju and the machine, and writes down what it sees in one frozen `Observation`.

Knows: where to look. Must not know: what follows from it.
Juju is looked at once for each hook: its answers hold until the hook ends. The rest is looked at in every round.
"""

from __future__ import annotations

import time

from pgcharm.adapters.etcd import EtcdEndpoint
from pgcharm.adapters.web import Credentials
from pgcharm.cluster import etcd_url, etcd_urls, layout_of
from pgcharm.layout import Layout, member_name
from pgcharm.observation import Event, Juju, Observation
from pgcharm.observe.data import observe_data
from pgcharm.observe.etcd import observe_etcd
from pgcharm.observe.juju import observe_juju
from pgcharm.observe.machine import observe_basics, observe_machine
from pgcharm.observe.patroni import observe_clone, observe_patroni
from pgcharm.observe.postgres import observe_postgres
from pgcharm.observe.secrets import observe_secrets
from pgcharm.options import effective
from pgcharm.view import known

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
    etcd = observe_etcd(_endpoints(juju, machine.services[layout.etcd_service].active, credentials), juju.application)
    patroni = observe_patroni(machine.services[layout.patroni_service].active, credentials)
    postgres = observe_postgres(patroni, options.listen_port, juju.clients)
    clone = observe_clone(known(patroni), known(secrets), layout, juju.address)
    data = observe_data(layout, known(patroni), machine.memories, member_name(juju.unit))
    return Observation(time.time(), event, juju, machine, secrets, etcd, patroni, postgres, clone, data)


def credentials_of(layout: Layout) -> Credentials:
    """This unit's client certificate."""
    return Credentials(layout.ca, layout.certificate("etcd"), layout.key("etcd"))


def _endpoints(juju: Juju, own: bool, credentials: Credentials) -> tuple[EtcdEndpoint, ...]:
    urls = (etcd_url("127.0.0.1"),) if own else ()
    return tuple(EtcdEndpoint(url, credentials) for url in (*urls, *etcd_urls(juju)))
