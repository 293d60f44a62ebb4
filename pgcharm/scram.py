"""What PostgreSQL stores of a password: RFC 5803, `SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>`. Pure.

Knows: how a verifier is made, and whether a password fits one. Must not know: whose password it is.
PostgreSQL gets the verifier, never the password: nothing readable reaches its log.

>>> fits("open sesame", verifier("open sesame", "c2FsdA==")), fits("open barley", verifier("open sesame", "c2FsdA=="))
(True, False)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

ITERATIONS = 4096
"""PostgreSQL's default, `scram_iterations`."""
_KIND = "SCRAM-SHA-256"


@lru_cache(maxsize=1024)
def verifier(password: str, salt: str, rounds: int = ITERATIONS) -> str:
    """The verifier of a password of plain characters, with its salt in base64."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), rounds)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"{_KIND}${rounds}:{salt}${base64.b64encode(stored).decode()}:{base64.b64encode(server).decode()}"


def fits(password: str, stored: str) -> bool:
    """Whether a verifier, as `pg_authid.rolpassword` has it, is one of this password's."""
    kind, _, rest = stored.partition("$")
    rounds, _, salt = rest.partition("$")[0].partition(":")
    if kind != _KIND or not rounds.isdigit() or not salt:
        return False
    try:
        return hmac.compare_digest(verifier(password, salt, int(rounds)), stored)
    except (binascii.Error, ValueError):
        return False
