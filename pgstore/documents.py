"""What a document may be, checked before anything is sent.

A document is a dict that JSON can hold. `_id` and `_rev` are the store's: a read adds them, an update needs them, and
they are not kept inside the document.

Knows: JSON, PostgreSQL's jsonb, the keys of the store. Must not know: tables, who may do what.

>>> encode({"_id": "a", "_rev": "1", "name": "Pioneer"})
'{"name":"Pioneer"}'
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pgstore.errors import BadRequest

Document = dict[str, Any]

LONGEST_ID = 255
LARGEST = 64 * 2**20
"""Bytes of JSON. jsonb would hold up to 255 MiB; what is larger than this belongs into an attachment."""
LONGEST_NAME = 1000
"""An index entry has to fit into a third of a page."""
KEPT_OUT = ("_id", "_rev", "_deleted")
INDEXED_TEXT = ("type_", "lcstate", "availability", "name", "origin", "origin_type", "sub_type", "actor_id")
_INDEXED_IN: Mapping[str, tuple[str, ...]] = {
    "Association": ("s", "st", "p", "o", "ot"),
    "DirEntry": ("org", "parent", "key"),
}
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Kind(Enum):
    """Which table of a store of resources a document is kept in."""

    RESOURCE = "resource"
    ASSOCIATION = "association"
    ENTRY = "entry"


def kind_of(document: Mapping[str, Any]) -> Kind:
    """Decided by the document's `type_`."""
    return {"Association": Kind.ASSOCIATION, "DirEntry": Kind.ENTRY}.get(str(document.get("type_")), Kind.RESOURCE)


def check_id(given: Any) -> str:
    """The id, if it can be one."""
    if not isinstance(given, str) or not given:
        raise BadRequest(f"cannot use id {given!r:.80} (expected a string that is not empty)")
    if len(given) > LONGEST_ID:
        raise BadRequest(
            f"cannot use id {given[:40]!r}...: it has {len(given)} characters (expected {LONGEST_ID} at most)"
        )
    _check_text(given, f"id {given[:40]!r}")
    return given


def check_revision(given: Any, id_: str) -> int:
    """The number of a revision, which callers write as a string."""
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 2**31:
        raise BadRequest(f"cannot use revision {given!r:.40} of {id_} (expected the _rev that a read gave)")
    return int(text)


def check_new(document: Any, object_id: Any = None) -> None:
    """Raises `BadRequest` unless this can be created."""
    check_document(document)
    if "_rev" in document:
        raise BadRequest(
            f"cannot create {document.get('_id', object_id)}: it has the revision {document['_rev']!r:.40} "
            "of a document that exists\nhint: use update"
        )
    if object_id is not None and "_id" in document:
        raise BadRequest(f"cannot create {object_id!r:.80}: the document names an id itself, {document['_id']!r:.80}")


def check_document(document: Any) -> Document:
    """A dict whose indexed fields can be indexed."""
    if not isinstance(document, dict):
        raise BadRequest(f"cannot keep a {type(document).__name__} (expected a dict)")
    for field in (*INDEXED_TEXT, *_INDEXED_IN.get(str(document.get("type_")), ())):
        value = document.get(field)
        if value is not None and (not isinstance(value, str) or len(value) > LONGEST_NAME):
            raise BadRequest(
                f"cannot keep {_called(document)}: {field} is {value!r:.60} "
                f"(expected a string of at most {LONGEST_NAME} characters)"
            )
    visibility = document.get("visibility")
    if visibility is not None and (type(visibility) is not int or abs(visibility) >= 2**31):
        raise BadRequest(
            f"cannot keep {_called(document)}: visibility is {visibility!r:.60} (expected a small integer)"
        )
    return document


def encode(document: Mapping[str, Any], largest: int = LARGEST) -> str:
    """The document as JSON that jsonb takes; raises `BadRequest` for anything else."""
    kept = {key: value for key, value in document.items() if key not in KEPT_OUT} if _has_own(document) else document
    try:
        text = _ENCODER.encode(kept)
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise BadRequest(f"cannot keep {_called(document)}: it has half of a surrogate pair in a text") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequest(f"cannot keep {_called(document)}: it is no JSON ({error!s:.120})") from None
    if size > largest:
        raise BadRequest(
            f"cannot keep {_called(document)}: {size / 2**20:.1f} MiB of JSON (expected {largest / 2**20:g} at most)\n"
            "hint: put large contents into an attachment"
        )
    if "\\u0000" in text and _NUL.search(text):
        raise BadRequest(f"cannot keep {_called(document)}: it has a NUL in a text, which PostgreSQL cannot hold")
    return text


def complete(stored: Any, id_: str, revision: int, *, deleted: bool = False) -> Document:
    """The document as a caller gets it."""
    document: Document = stored
    document["_id"] = id_
    document["_rev"] = str(revision)
    if deleted:
        document["_deleted"] = True
    return document


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _has_own(document: Mapping[str, Any]) -> bool:
    return "_id" in document or "_rev" in document or "_deleted" in document


def _called(document: Mapping[str, Any]) -> str:
    return f"document {str(document.get('_id') or document.get('name') or 'without a name')[:60]!r}"


def _check_text(text: str, what: str) -> None:
    if "\0" in text:
        raise BadRequest(f"cannot use {what}: it has a NUL in it, which PostgreSQL cannot hold")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"cannot use {what}: it has half of a surrogate pair in it") from None
