"""Where a cluster is and how to log in: from a connection string with several hosts, or from keyword options.

Knows: libpq's connection parameters. Must not know: which host is which.
The password is in `options`, which no repr shows.

>>> target = parse("postgresql://app:secret@10.1.0.10,10.1.0.11:5433/orders")
>>> target
Target(addresses=(Address('10.1.0.10:5432'), Address('10.1.0.11:5433')))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgclient.errors import Misconfigured
from pgclient.hosts import Address

_OURS = ("host", "hostaddr", "port", "target_session_attrs", "load_balance_hosts")
"""What says where to connect: that is this library's work."""

DEFAULTS: Mapping[str, str] = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "fallback_application_name": "pgclient",
}
"""A host that vanished is noticed within about 11 s even if nothing else notices it. The caller's options win."""


@dataclass(frozen=True)
class Target:
    """Hosts, and the connection options that they share."""

    addresses: tuple[Address, ...]
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def conninfo(self, address: Address) -> str:
        """The connection string of one host. Holds the password: never print it."""
        where = {"host": address.host, "port": str(address.port)}
        if address.hostaddr:
            where["hostaddr"] = address.hostaddr
        return make_conninfo("", **{**DEFAULTS, **self.options, **where})


def parse(conninfo: str = "", **options: str | int) -> Target:
    """Read a libpq connection string (keywords or URL), options overriding it.

    Raises `Misconfigured` for what libpq does not understand. The text of the error never shows the string.
    """
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(conninfo, **options).items() if value is not None}
    except psycopg.ProgrammingError:
        raise Misconfigured(
            "cannot read the connection string: libpq does not understand it (not shown: it may hold a password)\n"
            "hint: expected postgresql://user@host1,host2/database or host=host1,host2 dbname=database"
        ) from None
    addresses = _addresses(given.get("host", ""), given.get("hostaddr", ""), given.get("port", ""))
    return Target(addresses, {name: value for name, value in given.items() if name not in _OURS})


def _addresses(host: str, hostaddr: str, port: str) -> tuple[Address, ...]:
    """libpq's rule: as many hosts as ports, or one port for all."""
    numeric = hostaddr.split(",") if hostaddr else []
    hosts = host.split(",") if host else numeric or ["localhost"]
    ports = port.split(",") if port else ["5432"]
    if len(ports) == 1:
        ports *= len(hosts)
    numeric = numeric or [""] * len(hosts)
    if any("=" in name for name in (*hosts, *numeric)):
        raise Misconfigured(
            "cannot read a host: its name has an equals sign (not shown: it may hold a password)\n"
            "hint: give `host=` a value; libpq takes the next word for it"
        )
    if not len(hosts) == len(ports) == len(numeric):
        raise Misconfigured(
            f"cannot match hosts and ports: {len(hosts)} hosts, {len(ports)} ports, {len(numeric)} numeric addresses "
            "(expected as many of each, or one port)"
        )
    found = (
        Address(name or "localhost", _port(at or "5432"), ip)
        for name, at, ip in zip(hosts, ports, numeric, strict=True)
    )
    return tuple(dict.fromkeys(found))


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Misconfigured(
            "cannot read a port: it is not shown, for it may be a password (expected 1 to 65535)\n"
            "hint: in a URL, user and password end with an @ before the host"
        )
    return int(text)
