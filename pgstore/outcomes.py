"""What an error of the database means to a caller of the store.

Knows: SQLSTATEs, the names of constraints, libpq's sentences. Must not know: connections, drivers.
https://www.postgresql.org/docs/current/errcodes-appendix.html

>>> str(explain(Failure("23505", "duplicate key", "ion_r_pkey", "Key (id)=(a) already exists.")))
'cannot create a: there is a document of this id, perhaps a deleted one (hint: update or undelete it)'
>>> trouble_of("connection to server failed: FATAL:  password authentication failed for user").value
'wrong password'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgstore.errors import BadRequest, Conflict, Inconsistent, NotFound, StoreError, Trouble, Unavailable


@dataclass(frozen=True)
class Failure:
    """What the server or libpq said."""

    sqlstate: str | None
    message: str
    constraint: str = ""
    detail: str = ""


_KEY = re.compile(r"Key \((?:.*?)\)=\((.*?)\)", re.DOTALL)

_SENTENCES = (
    ("too many", Trouble.TOO_MANY_CONNECTIONS),
    ("remaining connection slots", Trouble.TOO_MANY_CONNECTIONS),
    ("password authentication failed", Trouble.WRONG_PASSWORD),
    ("no password supplied", Trouble.WRONG_PASSWORD),
    ("no pg_hba.conf entry", Trouble.WRONG_PASSWORD),
    ('role "', Trouble.WRONG_PASSWORD),
    ("does not exist", Trouble.NO_SUCH_DATABASE),
    ("starting up", Trouble.STARTING_UP),
    ("not yet accepting", Trouble.STARTING_UP),
    ("shutting down", Trouble.SHUTTING_DOWN),
    ("refused", Trouble.REFUSED),
)
"""The first that is in a text holds: `too many connections for role "app"` is about connections."""
_TROUBLES = {
    "28000": Trouble.WRONG_PASSWORD,
    "28P01": Trouble.WRONG_PASSWORD,
    "3D000": Trouble.NO_SUCH_DATABASE,
    "53300": Trouble.TOO_MANY_CONNECTIONS,
    "53100": Trouble.FULL,
    "53200": Trouble.OVERLOADED,
    "25006": Trouble.READ_ONLY,
    "57P01": Trouble.SHUTTING_DOWN,
    "57P02": Trouble.SHUTTING_DOWN,
    "57P03": Trouble.STARTING_UP,
}
_BAD_DATA = ("22", "54", "0A", "42P02")
_MISSING = {"42P01", "42703", "42883", "42704"}


def explain(failure: Failure) -> StoreError:
    """The error that a caller gets for a failure of one of the store's own statements."""
    state = failure.sqlstate
    if state is None or state in _TROUBLES or state.startswith("08"):
        return unavailable(failure.message, _TROUBLES.get(state or ""))
    if state == "23505":
        return _duplicate(failure)
    if state.startswith("23"):
        return _broken_reference(failure)
    if state in ("40001", "40P01", "55P03"):
        return Conflict(f"cannot change the documents: others change them at the same time ({failure.message})")
    if state in _MISSING:
        return Inconsistent(
            f"cannot use the store: {failure.message} (expected what the migrations make)\nhint: run `pgstore check`"
        )
    if state == "42501":
        return BadRequest(f"cannot do this as this user: {failure.message}\nhint: run `pgstore check`")
    if state == "57014":
        return Unavailable(f"cannot finish in time: {failure.message}", Trouble.OVERLOADED)
    if state.startswith(_BAD_DATA) or "geometry" in failure.message:
        return BadRequest(f"cannot use what was given: {failure.message}")
    return Inconsistent(f"cannot do this: the database says {failure.message} ({state})")


def unavailable(message: str, trouble: Trouble | None = None) -> Unavailable:
    """The database cannot be used, and `message` says why."""
    trouble = trouble or trouble_of(message)
    return Unavailable(f"cannot use the database: {trouble.value}: {message}", trouble)


def trouble_of(message: str) -> Trouble:
    """Which trouble libpq's sentence tells of."""
    return next((trouble for words, trouble in _SENTENCES if words in message), Trouble.UNREACHABLE)


def _duplicate(failure: Failure) -> StoreError:
    key = _key(failure)
    if failure.constraint.endswith("_assoc_once"):
        return BadRequest(f"cannot create an association: there is one of (subject, predicate, object) ({key})")
    if failure.constraint.endswith("_dir_once"):
        return BadRequest(f"cannot create a directory entry: there is one of (org, parent, key) ({key})")
    if failure.constraint.endswith("_att_pkey"):
        return BadRequest(f"cannot create attachment ({key}): it exists (hint: use update_attachment)")
    return BadRequest(
        f"cannot create {key}: there is a document of this id, perhaps a deleted one (hint: update or undelete it)"
    )


def _broken_reference(failure: Failure) -> StoreError:
    key = _key(failure)
    if failure.constraint.endswith(("_assoc_subject", "_assoc_object")):
        return BadRequest(f"cannot keep an association: there is no resource {key}")
    if failure.constraint.endswith("_whole"):
        return BadRequest(f"cannot keep the document: a field that it needs is missing ({failure.constraint})")
    if "_att" in failure.constraint:
        return NotFound(f"cannot keep an attachment: there is no document {key}")
    return BadRequest(f"cannot keep the document: {failure.message}")


def _key(failure: Failure) -> str:
    found = _KEY.search(failure.detail)
    return found[1] if found else failure.message
