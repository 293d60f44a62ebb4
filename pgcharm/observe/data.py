"""PostgreSQL's data directory, from outside: what is in it, who works on it, what PostgreSQL complains of.

Knows: where PostgreSQL and its tools say what is wrong. Must not know: what is done about it.
"""

from __future__ import annotations

import re
import struct
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.layout import Layout
from pgcharm.observation import DataDirectory, Memory, Patroni
from pgcharm.states import CLONING

RECENT_SECONDS = 120
"""What was said longer ago is not what keeps PostgreSQL from starting now."""
AGAIN_AND_AGAIN = 3
_LINE = re.compile(r"^\S+ \S+ \S+ \[\d+\] (FATAL|PANIC|ERROR|LOG):\s+(.*)$")
"""A background process in our log_line_prefix; a line of a session has a user's name before the level."""
_RELAYED_BY_PATRONI = re.compile(r"^\S+ \S+ INFO:  std(?:out|err)=")
_TOOL = re.compile(r"^(?:postgres|pg_controldata|pg_rewind|pg_ctl): (?:error: |fatal: )?(could not .*|.* failed.*)$")
_RELAYED = re.compile(r"ERROR:\s+(requested WAL segment \S+ has already been removed|.*has been invalidated.*)$")
_FOLLOWING = ("started streaming WAL from primary", "INFO: no action. I am", "INFO: bootstrapped from")
"""PostgreSQL's and Patroni's words for all being well."""
_LOGGED = (
    "new timeline", "is not a child of this server's history", "does not contain minimum recovery point",
    "invalid checkpoint record", "invalid primary checkpoint record", "unexpected timeline ID",
)  # fmt: skip
"""What PostgreSQL only logs, though it cannot go on with it."""
_HARMLESS = (
    "the database system is starting up", "the database system is shutting down", "administrator command",
    "could not connect to the primary", "could not receive data from WAL stream: server closed",
    "could not receive data from WAL stream: SSL", "terminating walreceiver", "connection to server",
)  # fmt: skip


def observe_data(layout: Layout, patroni: Patroni | None, memory: Memory, name: str) -> DataDirectory:
    """The data directory; what costs time is looked at only while something is amiss."""
    present = not host.is_empty(layout.data)
    programs = dict(host.programs(layout.data).values())
    facts = DataDirectory(present, system_identifier(layout.data), programs)
    if not present or serves(patroni, name):
        return facts
    journal = () if "postgres" in programs else host.journal(layout.patroni_service, RECENT_SECONDS)
    complaint = last_complaint(journal) or last_complaint(recent_log(layout.data))
    size, room = (host.size(layout.data), host.room(layout.data)) if memory.trouble else (0, 0)
    return DataDirectory(present, facts.system, programs, complaint, size, room)


def serves(patroni: Patroni | None, name: str) -> bool:
    """Whether PostgreSQL is a primary or a standby that streams, or a copy is being made."""
    if patroni is None:
        return False
    own = next((member for member in patroni.members if member.name == name), None)
    streams = own is not None and own.state in ("streaming", "in archive recovery")
    return patroni.state == CLONING or patroni.role == "primary" or (patroni.state == "running" and streams)


def system_identifier(data: str) -> str:
    """The first eight bytes of pg_control, src/include/catalog/pg_control.h."""
    try:
        with Path(data, "global", "pg_control").open("rb") as file:
            return str(struct.unpack("=Q", file.read(8))[0])
    except (OSError, struct.error):
        return ""


def recent_log(data: str) -> list[str]:
    """What PostgreSQL has said lately, from its newest log. A copy has the log of whom it was made from in it."""
    logs = [(place.stat().st_mtime, place) for place in Path(data, "log").glob("postgresql-*.log")]
    _, newest = max(logs, default=(0.0, Path()))
    return [line for line in host.last_lines(str(newest)) if said_at(line) > time.time() - RECENT_SECONDS]


def said_at(line: str) -> float:
    """When a line of PostgreSQL's log was written; 0 where it does not say. Our log_timezone is GMT, the default.

    >>> said_at("1970-01-01 00:01:00.500 GMT [7] LOG:  hello")
    60.5
    """
    try:
        return datetime.strptime(line[:23] + "+0000", "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
    except ValueError:
        return 0.0


def last_complaint(lines: Iterable[str]) -> str:
    """The last thing that kept PostgreSQL from starting or following, unless it has followed since.

    One that comes again and again counts all the same: PostgreSQL may begin to follow and give up each time.

    >>> last_complaint(["2026-01-01 10:00:00.1 UTC [7] FATAL:  could not locate a valid checkpoint record"])
    'could not locate a valid checkpoint record'
    """
    found, times = "", Counter[str]()
    for line in lines:
        if any(words in line for words in _FOLLOWING):
            found = next((said for said, count in times.most_common(1) if count >= AGAIN_AND_AGAIN), "")
        elif (said := complaint_in(line)) and not any(word in said for word in _HARMLESS):
            found = said
            times[said] += 1
    return found


def complaint_in(line: str) -> str:
    """What a line complains of; empty where it does not."""
    line = _RELAYED_BY_PATRONI.sub("", line)
    if match := _RELAYED.search(line):
        return match[1]
    if match := _LINE.match(line):
        serious = match[1] in ("FATAL", "PANIC", "ERROR") or any(words in match[2] for words in _LOGGED)
        return match[2] if serious else ""
    match = _TOOL.match(line)
    return match[1] if match else ""
