"""Passwords of client users, derived from one key that the cluster keeps secret.

Knows: how a password and its SCRAM verifier come from the key. Must not know: where the key is kept.

A password is HMAC(key, user, generation): every unit has it as soon as it has the key, it survives failover and
refresh by nature, and a client's password is rotated by counting its generation up. The verifier's salt is derived
too, so that "is this the right password?" is one comparison instead of 4,096 rounds of hashing. PostgreSQL gets the
verifier, never the password: nothing readable reaches its log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from pgcharm import scram


@dataclass(frozen=True)
class ClientKey:
    """The secret that client passwords are derived from."""

    secret: bytes

    def __repr__(self) -> str:
        return "ClientKey(…)"

    @classmethod
    def from_text(cls, text: str) -> ClientKey:
        """The key as the cluster's secret holds it."""
        return cls(text.encode())

    def derived(self, purpose: str, user: str, generation: int) -> bytes:
        """32 bytes that nobody guesses who has not the key."""
        message = "\0".join((purpose, user, str(generation))).encode()
        return hmac.new(self.secret, message, hashlib.sha256).digest()


GENERATIONS = "client-passwords"
"""The key of the application's peer bag that counts the rotations of each user's password."""


def generations(bag: Mapping[str, str]) -> dict[str, int]:
    """The rotations of each user's password that were asked for, as the application's peer bag has them.

    >>> generations({"client-passwords": '{"juju_shop": 2}'})
    {'juju_shop': 2}
    """
    try:
        found = json.loads(bag.get(GENERATIONS) or "{}")
    except ValueError:
        return {}
    counted = found.items() if isinstance(found, dict) else ()
    return {str(user): number for user, number in counted if type(number) is int and number > 0}


def new_key() -> str:
    """A fresh key as text, for the cluster's secret. Random: call it once, on the leader."""
    return secrets.token_urlsafe(32)


def password(key: ClientKey, user: str, generation: int = 0) -> str:
    """32 characters that need no quotes anywhere."""
    return base64.urlsafe_b64encode(key.derived("password", user, generation)[:24]).decode()


def salt(key: ClientKey, user: str, generation: int = 0) -> str:
    """The salt of the verifier in base64, as `pg_authid.rolpassword` shows it."""
    return base64.b64encode(key.derived("salt", user, generation)[:16]).decode()


def verifier(key: ClientKey, user: str, generation: int = 0) -> str:
    """What PostgreSQL stores for the password."""
    return scram.verifier(password(key, user, generation), salt(key, user, generation))


def salt_of(stored: str | None) -> str:
    """The salt in a stored verifier; empty if it is none."""
    parts = (stored or "").split("$")
    return parts[1].partition(":")[2] if len(parts) == 3 and parts[0] == "SCRAM-SHA-256" else ""
