"""What a client of the interface postgresql_client asks for, in the words of the pgsql interface.

Knows: that interface's keys as the library data_interfaces writes them, and which of them are not served.
Must not know: what becomes of a wish.

    >>> in_words_of_pgsql({"database": "shop", "extra-user-roles": "readers", "requested-secrets": "[]"})["roles"]
    'readers'
"""

from __future__ import annotations

import json

from pgcharm.clients.names import NameRefusedError, shown
from pgcharm.clients.relation import Bag

SECRETS = "requested-secrets"
_NOT_SERVED = {
    "entity-type": "users and groups of one's own are not made; roles are (extra-user-roles)",
    "entity-permissions": "grant them in SQL, as the owner that the user acts as",
    "extra-group-roles": "groups are not made; roles are (extra-user-roles)",
    "requested-entity-secret": "the name and password of a user are not the client's choice",
    "prefix-matching": "a relation is for one database",
}
_ATTRIBUTES = frozenset(
    ("admin", "superuser", "createdb", "createrole", "replication", "bypassrls", "login", "inherit")
)
"""Words that other servers of this interface take for more rights than a client of one database has."""
_MOST = 20_000


def in_words_of_pgsql(wish: Bag) -> dict[str, str]:
    """The wish with `roles` for `extra-user-roles`. Raises NameRefusedError for what is not served."""
    for key, why in _NOT_SERVED.items():
        if wish.get(key):
            raise NameRefusedError(f"{key} {shown(wish[key])} is not served: {why}")
    roles = wish.get("extra-user-roles", "")
    for role in roles[:_MOST].split(","):
        if role.strip().lower() in _ATTRIBUTES:
            raise NameRefusedError(
                f"extra-user-roles {shown(role.strip())} is not given to a client of one database (db-admin can more)"
            )
    words = {key: wish[key] for key in ("database", "sysname", "extensions", SECRETS) if key in wish}
    return {**words, "roles": roles}


def secret_fields(wish: Bag) -> frozenset[str]:
    """What the client wants as secrets; nothing where it cannot. Raises NameRefusedError."""
    text = wish.get(SECRETS) or "[]"
    try:
        fields = json.loads(text[:_MOST])
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise NameRefusedError(f"{SECRETS} {shown(text)} is no JSON list of names")
    return frozenset(fields)
