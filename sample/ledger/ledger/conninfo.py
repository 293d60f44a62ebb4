"""The connection file: how the hooks tell the service where the database is.

Knows: libpq's keyword strings and the file's place. Must not know: relations, connections.
The file is a libpq string that names all members, so that failover needs no hook: the first host that accepts writes is
the primary. The service reads it anew whenever it connects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONNECT_TIMEOUT = 2
"""Seconds for one host; libpq's least."""

_HABITS = {
    "connect_timeout": str(CONNECT_TIMEOUT),
    "keepalives_idle": "3",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "6000",
}
"""A host that vanished is noticed within six seconds, whatever the kernel's defaults are."""


@dataclass(frozen=True)
class Conninfo:
    """Credentials and addresses."""

    database: str
    user: str
    password: str = field(repr=False)
    addresses: tuple[tuple[str, str], ...]

    def string(self, settings: Mapping[str, str] | None = None) -> str:
        """A libpq string for all addresses, with more settings."""
        values = {
            "host": ",".join(host for host, _ in self.addresses),
            "port": ",".join(port for _, port in self.addresses),
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            **_HABITS,
            **(settings or {}),
        }
        return " ".join(f"{key}={quoted(value)}" for key, value in values.items())

    def last(self, address: tuple[str, str]) -> Conninfo:
        """The same with `address` tried last."""
        others = tuple(other for other in self.addresses if other != address)
        tail = (address,) if len(others) < len(self.addresses) else ()
        return Conninfo(self.database, self.user, self.password, others + tail)


def quoted(value: str) -> str:
    """A value in a libpq string."""
    if value and not any(character in " '\\" or character.isspace() for character in value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def parsed(text: str) -> Conninfo:
    """The conninfo of a string that `Conninfo.string` wrote with plain values."""
    keys = dict(part.split("=", 1) for part in text.split())
    addresses = tuple(zip(keys["host"].split(","), keys["port"].split(","), strict=True))
    return Conninfo(keys["dbname"], keys["user"], keys["password"], addresses)


@dataclass(frozen=True)
class Files:
    """Where everything is kept."""

    etc: Path = Path("/etc/ledger")
    var: Path = Path("/var/lib/ledger")

    @property
    def dsn(self) -> Path:
        return self.etc / "dsn"

    @property
    def settings(self) -> Path:
        """What is no secret: rate, unit, and which host is which member."""
        return self.etc / "settings.json"

    def read_conninfo(self) -> Conninfo | None:
        """None while there is no database."""
        try:
            return parsed(self.dsn.read_text())
        except FileNotFoundError:
            return None

    def read_settings(self) -> Settings:
        try:
            data = json.loads(self.settings.read_text())
        except FileNotFoundError:
            return Settings()
        return Settings(**{key: value for key, value in data.items() if key in Settings.__dataclass_fields__})


@dataclass(frozen=True)
class Settings:
    """What the operator and the relation say besides the credentials."""

    unit: str = "ledger/0"
    rate: int = 40
    members: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps({"unit": self.unit, "rate": self.rate, "members": self.members}, indent=1) + "\n"
