"""A target from relation data, as a charm's server publishes it.

`pgsql` (unit databags): `master`, `standbys`, `state`, `allowed-units`, `database`.
`postgresql_client` (application databag): `endpoints`, `read-only-endpoints`, `database`, and credentials, in a secret
or beside them.

Knows: the keys of both interfaces. Must not know: Juju; whoever has the databags passes them as mappings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pgclient.errors import Misconfigured
from pgclient.hosts import Address
from pgclient.target import Target, parse

Bag = Mapping[str, str]

_USABLE = frozenset({"standalone", "master", "hot standby", "failover"})
"""Units in these states have data, and serve as soon as one of them is the primary: during a `failover` as well."""


@dataclass(frozen=True)
class NotYet:
    """The relation does not say enough yet."""

    why: str


def from_pgsql(bags: Iterable[Bag], unit: str, database: str = "") -> Target | NotYet:
    """Read the databags of all server units, for the client unit `unit` that asked for `database` (empty: any).

    The hosts are all that any admitting unit names. The primary's connection string gives user, password and database.
    """
    admitting = [bag for bag in bags if unit in bag.get("allowed-units", "").split()]
    if not admitting:
        return NotYet(f"no unit of the server has {unit} in allowed-units")
    ready = [bag for bag in admitting if not database or bag.get("database") == database]
    if not ready:
        return NotYet(f"no unit of the server shows the database {database!r}")
    usable = [bag for bag in ready if bag.get("state") in _USABLE]
    if not usable:
        states = ", ".join(sorted({bag.get("state", "none") for bag in ready}))
        return NotYet(f"no unit of the server can be used: state {states}")
    strings = [text for bag in usable for text in _strings(bag)]
    if not strings:
        return NotYet("no unit of the server shows a connection string")
    targets = [parse(text) for text in strings]
    addresses = dict.fromkeys(address for target in targets for address in target.addresses)
    return Target(tuple(addresses), targets[0].options)


def from_postgresql_client(bag: Bag, secret: Bag | None = None) -> Target | NotYet:
    """Read the server's application databag, and the content of the secret that `secret-user` names, if it does."""
    login = {**bag, **(secret or {})}
    if "secret-user" in bag and secret is None:
        return NotYet("the content of secret-user is not here")
    missing = [key for key in ("endpoints", "username", "password") if not login.get(key)]
    if missing:
        return NotYet(f"the server does not show {', '.join(missing)}")
    endpoints = f"{login['endpoints']},{login.get('read-only-endpoints', '')}"
    addresses = dict.fromkeys(_endpoint(text.strip()) for text in endpoints.split(",") if text.strip())
    options = {"user": login["username"], "password": login["password"]}
    if login.get("database"):
        options["dbname"] = login["database"]
    if login.get("tls", "").lower() == "true":
        options["sslmode"] = "require"
    return Target(tuple(addresses), options)


def _strings(bag: Bag) -> list[str]:
    """The primary's connection string first."""
    strings = [bag.get("master", ""), *bag.get("standbys", "").splitlines()]
    return [text.strip() for text in strings if text.strip()]


def _endpoint(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text, "5432"
    if not port.isdecimal():
        raise Misconfigured(f"cannot read an endpoint: {text!r:.80} (expected host:port)")
    return Address(host.strip("[]"), int(port))
