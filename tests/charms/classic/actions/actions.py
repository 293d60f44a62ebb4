#!/usr/bin/env python3
"""All actions of the classic charm."""

import json
import os
import sys
from pathlib import Path

sys.path[:0] = [os.environ["CHARM_DIR"] + "/lib", os.environ["CHARM_DIR"] + "/hooks"]

from charmhelpers.core import hookenv  # noqa: E402

import hooks  # noqa: E402


def leader_words():
    try:
        return hookenv.leader_get()
    except NotImplementedError:
        return "none"


def report():
    """Tell what hookenv sees."""
    seen = {
        "unit": hookenv.local_unit(),
        "application": hookenv.application_name(),
        "model": hookenv.model_name(),
        "juju": hookenv.juju_version(),
        "leader": hookenv.is_leader(),
        "words": leader_words(),
        "config": dict(hookenv.config()),
        "peers": {
            unit: hookenv.relation_get("me", unit=unit, rid=relation)
            for relation, unit in hookenv.iter_units_for_relation_name("cluster")
        },
        "upstreams": hooks.upstreams(),
        "ports": hookenv.opened_ports(),
        "private": hookenv.unit_private_ip(),
        "public": hookenv.unit_public_ip(),
        "related-by-private-address": hookenv.is_relation_made("upstream"),
        "ingress": [
            hookenv.ingress_address(relation, unit)
            for relation, unit in hookenv.iter_units_for_relation_name("upstream")
        ],
        "egress": [
            hookenv.egress_subnets(relation, unit)
            for relation, unit in hookenv.iter_units_for_relation_name("upstream")
        ],
        "expected-peers": sorted(hookenv.expected_peer_units()),
        "doomed": hookenv.unit_doomed(),
        "status": hookenv.status_get(),
        "action": [hookenv.action_name(), hookenv.action_uuid(), hookenv.action_tag()],
        "types": hookenv.relation_types(),
        "principal": hookenv.principal_unit(),
    }
    hookenv.action_set({"report": json.dumps(seen)})


def say():
    """Say a word, or refuse to."""
    word = hookenv.action_get("word")
    if word == "no":
        hookenv.action_fail("no is no word")
    else:
        hookenv.action_set({"said": word, "params": json.dumps(hookenv.action_get())})


{"report": report, "say": say}[Path(sys.argv[0]).name]()
