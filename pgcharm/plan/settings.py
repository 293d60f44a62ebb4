"""Patroni's dynamic configuration: what should hold for the whole cluster, and what of it does not yet.

Knows: Patroni's settings and why they are as they are. Must not know: who changes them.
Timing: ttl 20 is the lowest that Patroni's maintainers advise; loop_wait + 2 * retry_timeout must not exceed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import ChangeSettings
from pgcharm.render.sizing import MB, cluster_parameters, connections_for

TTL = 20
"""Seconds that the primary's key lasts when it is not renewed."""


def settings(s: Situation) -> Part:
    """The primary's unit keeps the dynamic configuration equal to what is planned."""
    if not s.is_primary or s.patroni is None or s.patroni.settings is None:
        return Part()
    if changes := differences(wanted_settings(s), s.patroni.settings):
        return Part((ChangeSettings("they differ from what is planned", changes),))
    return Part()


def wanted_settings(s: Situation) -> dict[str, Any]:
    """What should hold for the whole cluster."""
    synchronous = synchronous_mode(s)
    return {
        "ttl": TTL,
        "loop_wait": 5,
        "retry_timeout": 7,
        "primary_start_timeout": 0 if synchronous else 300,
        "failsafe_mode": True,
        "maximum_lag_on_failover": MB,
        "synchronous_mode": synchronous,
        "synchronous_mode_strict": s.options.synchronous == "strict",
        "synchronous_node_count": min(s.options.synchronous_standbys, max(1, len(s.staying) - 1)),
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": True,
            "parameters": {
                **cluster_parameters(connections(s), s.o.machine.cores),
                "archive_mode": "on",
                "archive_command": f"{s.layout.archive_push} %p",
            },
        },
    }


def synchronous_mode(s: Situation) -> str | bool:
    """`quorum` for three units and more, on for two, off for one or where the operator says so."""
    if s.options.synchronous == "off":
        return False
    return {0: False, 1: s.options.synchronous == "strict", 2: True}.get(len(s.staying), "quorum")


def connections(s: Situation) -> int:
    """How many connections the server takes."""
    return s.options.max_connections or connections_for(memory_in_use(s))


def memory_in_use(s: Situation) -> int:
    """Bytes that PostgreSQL is sized for."""
    return min(s.options.memory_mb * MB, s.o.machine.memory) if s.options.memory_mb else s.o.machine.memory


def differences(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """What of `wanted` is missing or different in `seen`, nested alike."""
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        there = seen.get(key)
        if isinstance(value, Mapping):
            if nested := differences(value, there if isinstance(there, Mapping) else {}):
                found[key] = nested
        elif there != value:
            found[key] = value
    return found
