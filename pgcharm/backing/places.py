"""Which servers a backup is made from: the primary, and a standby that follows it, this unit's own where it is one.

Knows: Patroni's words, and how pgBackRest is told of two servers. Must not know: what is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.pgbackrest import PgBackRestError
from pgcharm.adapters.web import WebError, ask
from pgcharm.backing.workplace import Workplace
from pgcharm.layout import member_name, unit_name
from pgcharm.states import STREAMING


@dataclass(frozen=True)
class Server:
    """One member's PostgreSQL."""

    unit: str
    host: str
    port: int


@dataclass(frozen=True)
class Places:
    """Where the backup's data are."""

    primary: str
    standby: str = ""
    """The unit that the files are copied from; empty: from the primary."""
    others: tuple[Server, ...] = ()
    """Those of both that are not this unit."""
    data: str = ""
    sockets: str = ""

    def options(self, how: Mapping[str, str]) -> list[str]:
        """For pgBackRest's command line: this unit is its first server, others are reached through TLS."""
        words = []
        for number, server in enumerate(self.others, 2):
            place = {"path": self.data, "port": str(server.port), "socket-path": self.sockets}
            told = {**how, "host": server.host, **place}
            words += [f"--pg{number}-{name}={value}" for name, value in told.items()]
        return words


def find_places(work: Workplace) -> Places:
    """As Patroni has it now. Raises PgBackRestError where no primary is known."""
    try:
        found = ask("GET", f"{work.patroni}/cluster", work.credentials, timeout=5)
    except (WebError, OSError) as error:
        raise PgBackRestError("backup", 0, f"Patroni does not say who is the primary: {error}") from error
    return choose(found.get("members", ()), work)


def choose(members: Sequence[Mapping[str, Any]], work: Workplace) -> Places:
    """The primary, and our own standby, or else the first that follows."""
    own = member_name(work.unit)
    servers = {str(m["name"]): Server(unit_name(str(m["name"])), str(m["host"]), int(m["port"])) for m in members}
    primary = next((str(m["name"]) for m in members if m.get("role") in ("leader", "master", "primary")), "")
    if not primary:
        raise PgBackRestError("backup", 0, "there is no primary now (expected one)")
    follow = sorted(str(m["name"]) for m in members if m["name"] != primary and m.get("state") in STREAMING)
    standby = own if own in follow else next(iter(follow), "")
    others = tuple(servers[name] for name in (primary, standby) if name and name != own)
    return Places(unit_name(primary), unit_name(standby) if standby else "", others, work.data, work.sockets)
