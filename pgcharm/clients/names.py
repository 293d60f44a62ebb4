"""The names that the charm gives in PostgreSQL, and which names a client may choose.

Knows: PostgreSQL's limit of 63 bytes, what is reserved, what a connection string can carry unquoted.
Must not know: whether a name exists.

    >>> user_name("juju_", "my-app")
    'juju_my_app'
    >>> sysname_database("Demo-System 1", "events")
    'demosystem1_events'
"""

from __future__ import annotations

import hashlib
import re

LIMIT = 63
"""NAMEDATALEN - 1 of PostgreSQL."""

LONGEST_WISH = 255

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""Needs no quotes in a libpq keyword string, a databag or a shell; blanks would break clients that split on them."""

_RESERVED_DATABASES = frozenset(
    ("postgres", "template0", "template1", "replication", "all", "sameuser", "samerole", "samegroup", "pgbouncer")
)
_RESERVED_ROLES = frozenset(
    (
        "postgres",
        "public",
        "none",
        "all",
        "replication",
        "replicator",
        "rewind",
        "rewind_user",
        "patroni",
        "pgbouncer",
        "current_user",
        "current_role",
        "session_user",
        "user",
    )
)
_RESERVED_ROLE_PREFIXES = ("pg_", "juju")


class NameRefusedError(ValueError):
    """A name that a client chose and may not have. The text says what was wrong."""


def shortened(name: str) -> str:
    """`name`; for more than 63 bytes its beginning and a digest of the whole, the same every time."""
    if len(name.encode()) <= LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return name.encode()[: LIMIT - len(digest) - 1].decode(errors="ignore") + "_" + digest


def user_name(prefix: str, application: str, remote_model: str = "") -> str:
    """The role of a client application.

    An application of another model gets the beginning of that model's uuid after two underscores: no application's
    name has two dashes in a row, so that no other name can come out the same.
    """
    name = prefix + application.replace("-", "_")
    if remote_model:
        name += "__" + re.sub(r"[^0-9a-f]", "", remote_model.lower())[:12]
    return shortened(name)


def owner_name(database: str) -> str:
    """The role without login that owns a database and what schema users create in it."""
    return shortened("jujuowner_" + database)


def writer_name(database: str) -> str:
    """The role without login that may connect to a database and read and write what its owner made."""
    return shortened("jujuwriter_" + database)


def creator_name(database: str) -> str:
    """The role without login that may create objects of its own in a database."""
    return shortened("jujucreator_" + database)


def is_client_user(role: str) -> bool:
    """Whether `role` is the user of a client application, past or present."""
    return role.startswith(("juju_", "jujuschema_", "jujuadmin_", "jujudb_"))


def shown(text: str) -> str:
    """`text` for an error message: quoted, without control characters, at most 40 characters."""
    cut = text if len(text) <= 40 else text[:40] + "…"
    return repr(cut)


def checked(kind: str, text: str) -> str:
    """`text` if it is a plain name. Raises NameRefusedError."""
    if len(text) > LONGEST_WISH:
        raise NameRefusedError(f"{kind} {shown(text)} is {len(text)} characters long (at most {LONGEST_WISH})")
    if not _PLAIN.fullmatch(text):
        raise NameRefusedError(f"{kind} {shown(text)} has characters other than letters, digits, '_', '-' and '.'")
    return text


def checked_database(text: str) -> str:
    """The name of the database for the wish `text`. Raises NameRefusedError."""
    if checked("database", text).lower() in _RESERVED_DATABASES:
        raise NameRefusedError(f"database {shown(text)} is reserved")
    return shortened(text)


def checked_role(text: str) -> str:
    """The name of the role for the wish `text`. Raises NameRefusedError."""
    name = checked("role", text)
    if name.lower() in _RESERVED_ROLES or name.lower().startswith(_RESERVED_ROLE_PREFIXES):
        raise NameRefusedError(f"role {shown(text)} is reserved")
    return shortened(name)


def sysname_database(sysname: str, database: str = "") -> str:
    """The database of a system: lower case, other than identifier characters removed. Raises NameRefusedError."""
    if len(sysname) > LONGEST_WISH:
        raise NameRefusedError(f"sysname {shown(sysname)} is {len(sysname)} characters long (at most {LONGEST_WISH})")
    if any(ord(character) < 32 for character in sysname):
        raise NameRefusedError(f"sysname {shown(sysname)} has control characters")
    scope = re.sub(r"[^a-z0-9_]", "", sysname.lower())
    if not scope:
        raise NameRefusedError(f"sysname {shown(sysname)} has no letter, digit or '_'")
    return checked_database(f"{scope}_{checked('database', database)}" if database else scope)
