"""What can go wrong, named by what the caller does next.

    StoreError
    ├── BadRequest      what was asked for can never work: change it
    ├── NotFound        there is no such document, store or attachment
    ├── Conflict        somebody was faster: read it again, decide again
    ├── Inconsistent    the database does not hold what it should: look at it with `pgstore check`
    └── Unavailable     the database cannot be reached or used now; `trouble` says in which way

Every text names the id and what was seen. Nothing is half-written when one of these is raised.

Knows: texts. Must not know: how anything is found out. No text holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class StoreError(Exception):
    """Everything that pgstore raises."""


class BadRequest(StoreError, ValueError):
    """The call can never succeed as it is."""


class NotFound(StoreError, LookupError):
    """What was named is not there. `ids` are the missing ones, where documents are meant."""

    def __init__(self, text: str, ids: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.ids = tuple(ids)


class Conflict(StoreError):
    """The document has another revision than the caller's."""

    def __init__(self, text: str, ids: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.ids = tuple(ids)


class Inconsistent(StoreError):
    """The database's tables are not as the library makes them."""


class Trouble(Enum):
    """Why a database cannot be used."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    WRONG_PASSWORD = "wrong password"
    NO_SUCH_DATABASE = "no such database"
    TOO_MANY_CONNECTIONS = "too many connections"
    READ_ONLY = "read-only"
    STARTING_UP = "starting up"
    SHUTTING_DOWN = "shutting down"
    OVERLOADED = "overloaded"
    FULL = "disk full"
    UNKNOWN_OUTCOME = "unknown outcome"


class Unavailable(StoreError):
    """The database cannot be used now."""

    def __init__(self, text: str, trouble: Trouble = Trouble.UNREACHABLE) -> None:
        super().__init__(text)
        self.trouble = trouble
