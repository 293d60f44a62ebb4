"""Ask one host what it is.

Knows: the question, in SQL that an ordinary role may ask (PostgreSQL 13 and later). Must not know: what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pgclient.hosts import Address, HostView, Role
from pgclient.lsn import parse_lsn

QUESTION = """\
SELECT pg_is_in_recovery(),
       (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text,
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8,
       extract(epoch FROM pg_postmaster_start_time())::float8"""


def read(row: Sequence[Any], address: Address, now: float, latency: float) -> HostView:
    """The answer as a view."""
    standby, identifier, timeline, lsn, age, started = row
    return HostView(
        address,
        Role.STANDBY if standby else Role.PRIMARY,
        int(identifier),
        int(timeline),
        parse_lsn(lsn) if lsn else 0,
        max(0.0, float(age)) if standby and age is not None else None,
        float(started),
        now,
        latency,
        why="",
    )


def silent(address: Address, now: float, why: str) -> HostView:
    """The view of a host that did not answer."""
    return HostView(address, seen_at=now, why=why)
