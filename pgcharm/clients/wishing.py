"""What a client of the interface postgresql_client asks for, in the words of the pgsql interface.

Knows: that interface's keys as the library data_interfaces writes them, version 0 or version 1 with one request, and
which of them are not served.
Must not know: what becomes of a wish.

    >>> in_words_of_pgsql({"database": "shop", "extra-user-roles": "readers", "requested-secrets": "[]"})["roles"]
    'readers'
"""

from __future__ import annotations

import json

from pgcharm.clients.names import NameRefusedError, shown
from pgcharm.clients.relation import Bag

SECRETS = "requested-secrets"
ALL_SECRETS = ("username", "password", "uris", "read-only-uris", "tls", "tls-ca")
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
    if wish.get("version") == "v1":
        wish = _of_version_1(wish)
    for key, why in _NOT_SERVED.items():
        if wish.get(key):
            raise NameRefusedError(f"{key} {shown(wish[key])} is not served: {why}")
    roles = wish.get("extra-user-roles", "")
    for role in roles[:_MOST].split(","):
        if role.strip().lower() in _ATTRIBUTES:
            raise NameRefusedError(
                f"extra-user-roles {shown(role.strip())} is not given to a client of one database (db-admin can more)"
            )
    words = {key: wish[key] for key in ("database", "sysname", "extensions", "pooler", SECRETS) if key in wish}
    return {**words, "roles": roles}


def identity_of(wish: Bag) -> tuple[tuple[str, str], ...]:
    """By what a client of version 1 knows its request again in the answer; nothing for version 0."""
    if wish.get("version") != "v1":
        return ()
    found = _only_request(wish)
    return tuple((key, found[key]) for key in ("resource", "request-id", "salt") if key in found)


def has_wish(wish: Bag) -> bool:
    """Whether an application has asked for anything yet."""
    return any(wish.get(key) for key in ("database", "sysname", "requests"))


def _of_version_1(wish: Bag) -> dict[str, str]:
    """The same as a client of version 0 writes it. What is told as a secret is not the client's choice there."""
    found = _only_request(wish)
    beyond = {key: wish[key] for key in ("sysname", "extensions", "pooler") if key in wish}
    return {**beyond, **found, "database": found.get("resource", ""), SECRETS: json.dumps(ALL_SECRETS)}


def _only_request(wish: Bag) -> dict[str, str]:
    text = wish.get("requests", "")
    try:
        found = json.loads(text[:_MOST])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise NameRefusedError(
            f"requests {shown(text)} is no JSON list of one request (a relation is for one database)"
        )
    return {
        str(key): value if isinstance(value, str) else json.dumps(value) for key, value in found[0].items() if value
    }


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
