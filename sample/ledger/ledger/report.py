"""The account: what was acknowledged, found and lost, on the primary and on every member.

Knows: journal, state and database. Must not know: who asked. What was acknowledged is read before the database is:
a row may be found that was not acknowledged then, never the other way round.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timezone

import psycopg2

from ledger.check import found_rows, lost_rows
from ledger.connection import Guard, Session, session
from ledger.conninfo import Conninfo, Files
from ledger.journal import read_journal
from ledger.ranges import Ranges
from ledger.state import read_state

CATCH_UP = 5.0
"""Seconds that a standby gets to replay what was written when the report began."""

Acknowledged = Mapping[str, Ranges]


def report(files: Files) -> dict[str, str]:
    """Keys and values for a person."""
    run, acknowledged = read_journal(files.var)
    state = read_state(files.var)
    result = {
        "acknowledged": str(sum(map(len, acknowledged.values()))),
        "rate": f"{state.rate:g}",
        "longest-gap": f"{state.longest_gap:g}",
        "longest-gap-at": _time(state.longest_gap_began),
        "phase": state.phase,
        "reconnections": str(state.reconnections),
        "reads": str(state.reads),
        "standby-reads": str(state.standby_reads),
        "run": run,
    }
    conninfo = files.read_conninfo()
    if conninfo is None:
        return {**result, "found": "unknown", "lost": "unknown", "why": "there is no database"}
    settings = files.read_settings()
    primary, wal = _on_primary(conninfo, run, acknowledged)
    members = {
        f"members.{unit.replace('/', '-')}": _on_member(conninfo, tuple(address), run, acknowledged, wal)
        for unit, address in settings.members.items()
    }
    return {**result, **primary, **members}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds") if seconds else ""


def _on_primary(conninfo: Conninfo, run: str, acknowledged: Acknowledged) -> tuple[dict[str, str], str | None]:
    """(result, position in the log that holds everything acknowledged)."""
    try:
        with Guard() as guard, closing(session(conninfo, guard, target_session_attrs="read-write")) as primary:
            ((wal,),) = primary.rows("SELECT pg_current_wal_lsn()::text")
            lost = lost_rows(primary, run, acknowledged)
            found = {"found": str(found_rows(primary, run)), "lost": str(sum(map(len, lost.values())))}
    except psycopg2.Error as error:
        return {"found": "unknown", "lost": "unknown", "why": _first_line(error)}, None
    if lost:
        found["lost-rows"] = _listed(lost)
    return found, wal


def _on_member(
    conninfo: Conninfo, address: tuple[str, ...], run: str, acknowledged: Acknowledged, wal: str | None
) -> str:
    host, port = address
    only = Conninfo(conninfo.database, conninfo.user, conninfo.password, ((host, port),))
    try:
        with Guard() as guard, closing(session(only, guard, target_session_attrs="any")) as member:
            role = _role(member, wal)
            lost = lost_rows(member, run, acknowledged)
            return f"{role}, {found_rows(member, run)} found, {sum(map(len, lost.values()))} lost"
    except psycopg2.Error as error:
        return f"not reached: {_first_line(error)}"


def _role(member: Session, wal: str | None) -> str:
    """`primary`, `standby`, or `standby that is behind`: it was given time to catch up."""
    ((standby,),) = member.rows("SELECT pg_is_in_recovery()")
    if not standby:
        return "primary"
    until = time.monotonic() + CATCH_UP
    while wal is not None and time.monotonic() < until:
        ((caught_up,),) = member.rows("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (wal,))
        if caught_up:
            return "standby"
        time.sleep(0.1)
    return "standby that is behind"


def _listed(lost: Mapping[str, tuple[int, ...]]) -> str:
    return "; ".join(f"{stream} {', '.join(map(str, rows[:20]))}" for stream, rows in sorted(lost.items()))


def _first_line(error: psycopg2.Error) -> str:
    return (str(error).strip().splitlines() or ["no answer"])[0]
