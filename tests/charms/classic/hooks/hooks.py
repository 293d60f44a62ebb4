#!/usr/bin/env python3
"""All hooks of the classic charm."""

import os
import sys

sys.path.insert(0, os.environ["CHARM_DIR"] + "/lib")

from charmhelpers.core import hookenv

hooks = hookenv.Hooks()


@hooks.hook("install")
def install():
    hookenv.status_set("maintenance", "installing")
    hookenv.log("installing", level=hookenv.INFO)
    if hookenv.is_leader():
        remember(word="from-install")


@hooks.hook("start", "upgrade-charm")
def start():
    hookenv.application_version_set("classic 1")
    show()


@hooks.hook("config-changed")
def config_changed():
    config = hookenv.config()
    if config.changed("port"):
        if config.previous("port") is not None:
            hookenv.close_port(config.previous("port"))
        hookenv.open_port(config["port"])
    for relation in hookenv.relation_ids("website"):
        website(relation)
    show()


@hooks.hook("website-relation-joined", "website-relation-changed")
def website(relation=None):
    settings = {"hostname": hookenv.network_get("website")["ingress-addresses"][0], "port": hookenv.config("port")}
    hookenv.relation_set(relation_id=relation or hookenv.relation_id(), relation_settings=settings)


@hooks.hook("upstream-relation-changed", "upstream-relation-departed", "upstream-relation-broken")
def upstream():
    show()


@hooks.hook("cluster-relation-joined", "cluster-relation-changed", "cluster-relation-departed")
def cluster():
    hookenv.relation_set(relation_settings={"me": hookenv.local_unit()})


@hooks.hook("leader-elected", "leader-settings-changed", "stop")
def quiet_hooks():
    hookenv.log(f"{hookenv.hook_name()} ran")


@hooks.hook("update-status")
def update_status():
    show()


def remember(**words):
    """Use leader-set where there is one (Juju 3.6)."""
    try:
        hookenv.leader_set(words)
    except NotImplementedError:
        hookenv.log("no leader-set here")


def upstreams():
    """host:port of every upstream unit that has told them."""
    found = []
    for relation, unit in hookenv.iter_units_for_relation_name("upstream"):
        settings = hookenv.relation_get(rid=relation, unit=unit)
        if settings.get("hostname"):
            found.append(f"{settings['hostname']}:{settings['port']}")
    return sorted(found)


def show():
    """Say in the status what the unit is."""
    if hookenv.config("colour") == "ugly":
        hookenv.status_set("blocked", "an ugly colour")
    else:
        hookenv.status_set("active", f"{hookenv.config('colour')}, {len(upstreams())} upstream")


if __name__ == "__main__":
    try:
        hooks.execute(sys.argv)
    except hookenv.UnregisteredHookError as error:
        hookenv.log(f"unknown hook {error}")
