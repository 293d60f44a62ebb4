"""Who may connect from where: the lines of pg_hba.conf that clients need.

Knows: the form of a line, and that all names in it are quoted. Must not know: the rest of the file.

Decided: authentication is always scram-sha-256. A line is `host` (with or without TLS) so that drivers that do not try
TLS are served as by the classic charm; the server prefers TLS with every libpq, and SCRAM keeps the password secret in
both cases. With `require_tls` the lines become `hostssl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pgcharm.clients.addresses import Network
from pgcharm.clients.request import ClientUnit, Request

METHOD = "scram-sha-256"


@dataclass(frozen=True)
class AccessRule:
    """One line. `database` None stands for all databases.

    >>> str(AccessRule("host", "shop", ("juju_a",), ip_network("10.1.0.7/32")))
    'host "shop" "juju_a" 10.1.0.7/32 scram-sha-256'
    """

    kind: str
    database: str | None
    users: tuple[str, ...]
    network: Network
    method: str = METHOD

    def __str__(self) -> str:
        database = "all" if self.database is None else _quoted(self.database)
        return f"{self.kind} {database} {','.join(map(_quoted, self.users))} {self.network} {self.method}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def users_and_database(request: Request) -> tuple[tuple[str, ...], str | None]:
    """Whom a client logs in as, and to what; None stands for all databases."""
    users = (request.user, request.schema_user) if request.schema_user else (request.user,)
    return users, None if request.endpoint.superuser else request.database


def unit_rules(request: Request, unit: ClientUnit, require_tls: bool) -> tuple[AccessRule, ...]:
    """The lines that let one unit of a client in."""
    users, database = users_and_database(request)
    kind = "hostssl" if require_tls else "host"
    return tuple(AccessRule(kind, database, users, network) for network in unit.networks)


def access_rules(requests: Iterable[Request], require_tls: bool) -> tuple[AccessRule, ...]:
    """The lines for all clients, each once, in a stable order."""
    rules = (rule for request in requests for unit in request.units for rule in unit_rules(request, unit, require_tls))
    return tuple(dict.fromkeys(rules))


def admitted_units(request: Request, loaded: frozenset[AccessRule], require_tls: bool) -> tuple[ClientUnit, ...]:
    """The units of a client for which the running server has every line."""
    return tuple(
        unit for unit in request.units if unit.networks and loaded.issuperset(unit_rules(request, unit, require_tls))
    )
