"""Secrets: content by revisions, who owns, reads and tracks them, and what is due.

Knows: the rules of juju-hooks.md §13.
Must not know: which hook runs when.

Owner kinds: `application`, `unit`, `model` (made by the operator; its label is its name).
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from jujubox.model import crossing, leases, topics
from jujubox.model.database import Database, NotFound, Refused, dumps, loads
from jujubox.names import application_of
from jujubox.protocol import SecretChange

HOUR = 3600.0
ROTATE = {
    "hourly": HOUR, "daily": 24 * HOUR, "weekly": 168 * HOUR, "monthly": 720 * HOUR, "quarterly": 2160 * HOUR,
    "yearly": 8760 * HOUR,
}  # fmt: skip
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_counter = itertools.count(int.from_bytes(os.urandom(3), "big"))
_host = os.urandom(5)


@dataclass(frozen=True)
class Secret:
    """A secret's metadata."""

    model: int
    id: str
    owner_kind: str
    owner: str
    label: str
    description: str
    rotate: str
    rotates: float | None
    auto_prune: bool
    latest: int
    created: float
    updated: float


def new_id() -> str:
    """A fresh id: time, place and a counter in base32hex, 20 characters (the layout of rs/xid)."""
    raw = int(time.time()).to_bytes(4, "big") + _host + (next(_counter) % 2**24).to_bytes(3, "big")
    number = int.from_bytes(raw, "big") << 4
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(95, -1, -5))


def bare_id(uri: str) -> str:
    """The id in `secret://<model>/<id>`, `secret:<id>` or `<id>`."""
    return uri.rpartition("/")[2].rpartition(":")[2]


def home(db: Database, model: int, uri: str) -> int:
    """The model that a URI names; `model` where it names none that is known."""
    authority, slash, _ = uri.removeprefix("secret://").partition("/")
    found = db.value("SELECT id FROM models WHERE uuid = ?", authority) if slash else None
    return model if found is None else int(found)


def find(db: Database, model: int, uri: str) -> Secret:
    """The secret. Raises NotFound."""
    row = db.one("SELECT * FROM secrets WHERE model = ? AND id = ?", model, bare_id(uri))
    if row is None:
        raise NotFound(f'secret "{bare_id(uri)}" not found')
    return from_row(row)


def named(db: Database, model: int, reference: str) -> Secret:
    """The operator's secret of this name, or any secret by id. Raises NotFound."""
    row = db.one("SELECT * FROM secrets WHERE model = ? AND owner_kind = 'model' AND label = ?", model, reference)
    return from_row(row) if row is not None else find(db, model, reference)


def of_model(db: Database, model: int) -> list[Secret]:
    """All secrets, oldest first."""
    return [from_row(row) for row in db.all("SELECT * FROM secrets WHERE model = ? ORDER BY created, id", model)]


def owned(db: Database, model: int, unit: str) -> list[Secret]:
    """Secrets that a unit manages: its own, and its application's while it leads."""
    rows = db.all("SELECT * FROM secrets WHERE model = ? AND owner_kind = 'unit' AND owner = ?", model, unit)
    application = application_of(unit)
    if leases.holder(db, model, application) == unit:
        rows += db.all(
            "SELECT * FROM secrets WHERE model = ? AND owner_kind = 'application' AND owner = ?", model, application
        )
    return [from_row(row) for row in rows]


def create(db: Database, model: int, id_: str, owner_kind: str, owner: str, change: SecretChange) -> Secret:
    """A new secret with its first revision. Raises Refused if the owner has one of that label."""
    label = change.label or ""
    check_label(db, model, id_, owner_kind, owner, label)
    now = db.now()
    rotate = change.rotate or "never"
    db.insert(
        "secrets",
        model=model,
        id=id_,
        owner_kind=owner_kind,
        owner=owner,
        label=label,
        description=change.description or "",
        rotate=rotate,
        rotates=now + ROTATE[rotate] if rotate in ROTATE else None,
        latest=1,
        created=now,
        updated=now,
    )
    _add_revision(db, model, id_, 1, change.content or {}, change.expire)
    secret = find(db, model, id_)
    touch(db, secret)
    return secret


def update(db: Database, secret: Secret, change: SecretChange) -> None:
    """Change metadata and, if the content differs, add a revision. Raises Refused."""
    now = db.now()
    label = secret.label if change.label is None else change.label
    check_label(db, secret.model, secret.id, secret.owner_kind, secret.owner, label)
    rotate = change.rotate or secret.rotate
    rotates = secret.rotates
    if change.rotate is not None and change.rotate != secret.rotate:
        rotates = now + ROTATE[rotate] if rotate in ROTATE else None
    latest = secret.latest
    if change.content is not None and checksum(change.content) != _latest_checksum(db, secret):
        latest += 1
        _add_revision(db, secret.model, secret.id, latest, change.content, change.expire)
        if rotates is not None and rotates <= now:
            rotates = now + ROTATE[rotate]
    elif change.expire is not None:
        expires = _time(change.expire)
        db.run(
            "UPDATE secret_revisions SET expires = ?, due = ? WHERE model = ? AND id = ? AND revision = ?",
            *(expires, expires, secret.model, secret.id, latest),
        )
    db.run(
        "UPDATE secrets SET label = ?, description = ?, rotate = ?, rotates = ?, latest = ?, updated = ?"
        " WHERE model = ? AND id = ?",
        *(
            label,
            secret.description if change.description is None else change.description,
            rotate,
            rotates,
            latest,
            now,
        ),
        *(secret.model, secret.id),
    )
    touch(db, secret)
    prune(db, secret)


def remove(db: Database, secret: Secret, revision: int | None) -> None:
    """Remove one revision or, for None or the last one, the secret."""
    touch(db, secret)
    db.run(
        "DELETE FROM secret_revisions WHERE model = ? AND id = ? AND revision = coalesce(?, revision)",
        *(secret.model, secret.id, revision),
    )
    left = db.value("SELECT max(revision) FROM secret_revisions WHERE model = ? AND id = ?", secret.model, secret.id)
    if left is not None:
        return
    for table in ("secrets", "secret_consumers", "secret_grants"):
        db.run(f"DELETE FROM {table} WHERE model = ? AND id = ?", secret.model, secret.id)  # noqa: S608


def set_auto_prune(db: Database, secret: Secret, wanted: bool) -> None:
    """Whether revisions that nobody tracks are removed by themselves."""
    db.run("UPDATE secrets SET auto_prune = ? WHERE model = ? AND id = ?", int(wanted), secret.model, secret.id)


def content(db: Database, secret: Secret, revision: int) -> dict[str, str]:
    """A revision's content, base64 text by key. Raises NotFound."""
    text = db.value(
        "SELECT content_json FROM secret_revisions WHERE model = ? AND id = ? AND revision = ?",
        *(secret.model, secret.id, revision),
    )
    if text is None:
        raise NotFound(f'secret revision "{secret.id}/{revision}" not found')
    found: dict[str, str] = loads(text)
    return found


def revisions(db: Database, secret: Secret) -> list[sqlite3.Row]:
    """All revisions in order, without content."""
    return db.all(
        "SELECT revision, checksum, expires, created FROM secret_revisions WHERE model = ? AND id = ?"
        " ORDER BY revision",
        *(secret.model, secret.id),
    )


def obsolete(db: Database, secret: Secret) -> list[int]:
    """Revisions that nobody tracks and that are not the latest."""
    return db.column(
        "SELECT revision FROM secret_revisions r WHERE model = ? AND id = ? AND revision < ? AND NOT EXISTS"
        " (SELECT 1 FROM secret_consumers c WHERE c.model = r.model AND c.id = r.id AND c.revision = r.revision)"
        " ORDER BY revision",
        *(secret.model, secret.id, secret.latest),
    )


def forget_unit(db: Database, model: int, unit: str) -> None:
    """The unit is gone, and with it its own secrets and what it tracked."""
    _forget_owner(db, model, "unit", unit)
    db.run("DELETE FROM secret_grants WHERE model = ? AND target = ?", model, unit)
    readers = (model, unit, crossing.unit_abroad(db, model, unit))
    which = "(model = ? AND unit = ?) OR unit = ?"
    tracked = db.all(f"SELECT model, id FROM secret_consumers WHERE {which}", *readers)  # noqa: S608
    db.run(f"DELETE FROM secret_consumers WHERE {which}", *readers)  # noqa: S608
    for owning, id_ in tracked:
        touch(db, find(db, owning, id_), consumers=False)


def forget_application(db: Database, model: int, application: str) -> None:
    """The application is gone with its secrets."""
    _forget_owner(db, model, "application", application)
    db.run("DELETE FROM secret_grants WHERE model = ? AND target = ?", model, application)


def uri_of(model_uuid: str, id_: str) -> str:
    """The URI as charms see it."""
    return f"secret://{model_uuid}/{id_}"


def checksum(value: dict[str, str]) -> str:
    """What tells whether content changed."""
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def check_label(db: Database, model: int, id_: str, owner_kind: str, owner: str, label: str) -> None:
    """Raises Refused if the owner has another secret of this label."""
    if label and db.one(
        "SELECT 1 FROM secrets WHERE model = ? AND owner_kind = ? AND owner = ? AND label = ? AND id != ?",
        *(model, owner_kind, owner, label, id_),
    ):
        what = "name" if owner_kind == "model" else "label"
        raise Refused(f'secret with {what} "{label}" already exists', "already exists")


def _add_revision(db: Database, model: int, id_: str, number: int, value: dict[str, str], expire: str | None) -> None:
    expires = _time(expire)
    db.insert(
        "secret_revisions",
        model=model,
        id=id_,
        revision=number,
        content_json=dumps(value),
        checksum=checksum(value),
        expires=expires,
        due=expires,
        created=db.now(),
    )


def _latest_checksum(db: Database, secret: Secret) -> str | None:
    found: str | None = db.value(
        "SELECT checksum FROM secret_revisions WHERE model = ? AND id = ? AND revision = ?",
        *(secret.model, secret.id, secret.latest),
    )
    return found


def _time(text: str | None) -> float | None:
    """Seconds since the epoch of an RFC 3339 time."""
    if not text:
        return None
    import datetime

    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


def prune(db: Database, secret: Secret) -> None:
    """Remove what nobody uses, if the secret does that by itself."""
    if secret.auto_prune:
        current = find(db, secret.model, secret.id)
        for number in obsolete(db, current):
            remove(db, current, number)


def _forget_owner(db: Database, model: int, kind: str, owner: str) -> None:
    for row in db.all("SELECT * FROM secrets WHERE model = ? AND owner_kind = ? AND owner = ?", model, kind, owner):
        remove(db, from_row(row), None)


def touch(db: Database, secret: Secret, consumers: bool = True) -> None:
    """Tell the owner, and who uses the secret."""
    db.touch(topics.TIMERS)
    if secret.owner_kind == "unit":
        db.touch(topics.unit(secret.model, secret.owner))
    elif secret.owner_kind == "application":
        db.touch(topics.application(secret.model, secret.owner))
    if consumers:
        rows = db.column("SELECT unit FROM secret_consumers WHERE model = ? AND id = ?", secret.model, secret.id)
        db.touch(*(topics.unit(*crossing.home_of(db, secret.model, unit)) for unit in rows))


def from_row(row: Any) -> Secret:
    """The secret in a row of the table."""
    return Secret(
        model=row["model"],
        id=row["id"],
        owner_kind=row["owner_kind"],
        owner=row["owner"],
        label=row["label"],
        description=row["description"],
        rotate=row["rotate"],
        rotates=row["rotates"],
        auto_prune=bool(row["auto_prune"]),
        latest=row["latest"],
        created=row["created"],
        updated=row["updated"],
    )
