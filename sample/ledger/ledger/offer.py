"""What the relation offers: the classic rule of the pgsql interface, as a pure function of the databags.

Knows: the keys of the interface. Must not know: hook tools, files.

    >>> read_offer({"postgresql/0": {...}}, "ledger/0", "ledger")
    Offer(database='ledger', ...)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Bag = Mapping[str, str]


@dataclass(frozen=True)
class Offer:
    """A way into the database: credentials, and host and port of every member, the primary first."""

    database: str
    user: str
    password: str = field(repr=False)
    addresses: tuple[tuple[str, str], ...]
    members: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """{unit: (host, port)}, as far as the units have said it."""


@dataclass(frozen=True)
class Waiting:
    """There is no offer yet, and why."""

    reason: str


def read_offer(bags: Mapping[str, Bag], local_unit: str, database: str) -> Offer | Waiting:
    """The offer that the server's units make to `local_unit`.

    A unit is ready for us when it lists us in `allowed-units` and shows the database that we asked for.
    """
    if not bags:
        return Waiting("waiting for the database to join")
    ready = {unit: bag for unit, bag in bags.items() if _is_ready(bag, local_unit, database)}
    named = [bag for _, bag in sorted(ready.items()) if bag.get("master")]
    if not ready:
        return Waiting(f"waiting for database {database} and for access to it")
    if not named:
        return Waiting("waiting for a primary")
    bag = next((bag for bag in named if bag.get("state") in ("master", "standalone")), named[0])
    return _offer(bag, bags)


def _is_ready(bag: Bag, local_unit: str, database: str) -> bool:
    return local_unit in bag.get("allowed-units", "").split() and bag.get("database") == database


def _offer(bag: Bag, bags: Mapping[str, Bag]) -> Offer:
    master = keywords(bag["master"])
    standbys = [string for text in bag.get("standbys", "").splitlines() if "host" in (string := keywords(text))]
    addresses = dict.fromkeys((string["host"], string.get("port", "5432")) for string in (master, *standbys))
    members = {unit: (b["host"], b.get("port", "5432")) for unit, b in sorted(bags.items()) if b.get("host")}
    return Offer(master["dbname"], master["user"], master["password"], tuple(addresses), members)


def keywords(text: str) -> dict[str, str]:
    """The keys of a plain libpq string, `k=v k=v` without quotes."""
    return dict(part.split("=", 1) for part in text.split() if "=" in part)
