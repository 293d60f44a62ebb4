"""How databases, stores and tables are named.

Knows: PostgreSQL's limit of 63 bytes, which words are taken. Must not know: whether anything of that name exists.

>>> database_name("Demo-System 1"), database_name("Demo-System 1", "events")
('demosystem1', 'demosystem1_events')
>>> local_name("demo_resources", scope="demo"), table_name("resources")
('resources', 'ion_resources')
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from pgstore.errors import BadRequest

LIMIT = 63
"""NAMEDATALEN - 1 of PostgreSQL."""
PREFIX = "ion_"
SUFFIXES = ("_assoc", "_dir", "_att", "_att_data", "_hist", "_version", "_pkey", "_pkc")
"""What the tables of a store end in besides the main one, and what PostgreSQL puts after a table's name."""
_LONGEST_STORE = LIMIT - len(PREFIX) - 18
_STORE = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset({"postgres", "template0", "template1"})


def scope_name(sysname: Any) -> str:
    """The sysname in lower case, without anything but letters, digits and `_`."""
    scope = re.sub(r"[^a-z0-9_]", "", str(sysname).lower())
    if not scope:
        raise BadRequest(f"cannot name a database after sysname {sysname!r:.80} (expected a letter, digit or _ in it)")
    return scope


def database_name(sysname: str, database: str = "") -> str:
    """The database of a system: the same name that the charm gives it."""
    name = scope_name(sysname) + (f"_{database}" if database else "")
    if name in _TAKEN:
        raise BadRequest(f"cannot use sysname {sysname!r:.80}: {name} is PostgreSQL's own database")
    if len(name.encode()) <= LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return name.encode()[: LIMIT - len(digest) - 1].decode(errors="ignore") + "_" + digest


def local_name(store: Any, scope: str = "") -> str:
    """A store's name without the prefix of its system; raises `BadRequest` for what can name none."""
    if not isinstance(store, str) or not store:
        raise BadRequest(f"cannot name a store {store!r:.80} (expected a lower-case name)")
    local = store[len(scope) + 1 :] if scope and store.startswith(f"{scope}_") else store
    if local != local.lower():
        raise BadRequest(f"cannot name a store {store!r:.80}: it has upper-case letters (expected lower case)")
    if not _STORE.fullmatch(local) or len(local) > _LONGEST_STORE:
        raise BadRequest(
            f"cannot name a store {store!r:.80} (expected a letter, then letters, digits and _, "
            f"{_LONGEST_STORE} at most)"
        )
    if local.endswith(SUFFIXES) or "__" in local:
        raise BadRequest(f"cannot name a store {store!r:.80}: it could be a table of another store")
    return local


def scoped_name(local: str, scope: str) -> str:
    """As `list_datastores` gives it."""
    return f"{scope}_{local}"


def table_name(local: str) -> str:
    return PREFIX + local


def version_table(table: str) -> str:
    """Where the version of a store is kept."""
    return f"{table}_version"


def view_name(local: str, type_name: str) -> str:
    """The name of the SQL view of one type."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()).strip("_")
    name = f"{table_name(local)}__{plain}"
    if not plain or len(name) > LIMIT:
        raise BadRequest(f"cannot make a view of type {type_name!r:.80}: {name:.80} is no name for it")
    return name
