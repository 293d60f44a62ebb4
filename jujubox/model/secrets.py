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

from jujubox.model import leases, relations, topics
from jujubox.model.database import Database, NotFound, Refused, dumps, loads
from jujubox.names import application_of
from jujubox.protocol import SecretChange, SecretEvents

HOUR = 3600.0
ROTATE = {
    "hourly": HOUR, "daily": 24 * HOUR, "weekly": 168 * HOUR, "monthly": 720 * HOUR, "quarterly": 2160 * HOUR,
    "yearly": 8760 * HOUR,
}  # fmt: skip
RETRY = 300.0
"""Seconds after which a rotate or expired hook that changed nothing is due again."""
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


def find(db: Database, model: int, uri: str) -> Secret:
    """The secret. Raises NotFound."""
    row = db.one("SELECT * FROM secrets WHERE model = ? AND id = ?", model, bare_id(uri))
    if row is None:
        raise NotFound(f'secret "{bare_id(uri)}" not found')
    return _secret(row)


def named(db: Database, model: int, reference: str) -> Secret:
    """The operator's secret of this name, or any secret by id. Raises NotFound."""
    row = db.one("SELECT * FROM secrets WHERE model = ? AND owner_kind = 'model' AND label = ?", model, reference)
    return _secret(row) if row is not None else find(db, model, reference)


def of_model(db: Database, model: int) -> list[Secret]:
    """All secrets, oldest first."""
    return [_secret(row) for row in db.all("SELECT * FROM secrets WHERE model = ? ORDER BY created, id", model)]


def owned(db: Database, model: int, unit: str) -> list[Secret]:
    """Secrets that a unit manages: its own, and its application's while it leads."""
    rows = db.all("SELECT * FROM secrets WHERE model = ? AND owner_kind = 'unit' AND owner = ?", model, unit)
    application = application_of(unit)
    if leases.holder(db, model, application) == unit:
        rows += db.all(
            "SELECT * FROM secrets WHERE model = ? AND owner_kind = 'application' AND owner = ?", model, application
        )
    return [_secret(row) for row in rows]


def create(db: Database, model: int, id_: str, owner_kind: str, owner: str, change: SecretChange) -> Secret:
    """A new secret with its first revision. Raises Refused if the owner has one of that label."""
    label = change.label or ""
    _check_label(db, model, id_, owner_kind, owner, label)
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
    _touch(db, secret)
    return secret


def update(db: Database, secret: Secret, change: SecretChange) -> None:
    """Change metadata and, if the content differs, add a revision. Raises Refused."""
    now = db.now()
    label = secret.label if change.label is None else change.label
    _check_label(db, secret.model, secret.id, secret.owner_kind, secret.owner, label)
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
    _touch(db, secret)
    _prune(db, secret)


def remove(db: Database, secret: Secret, revision: int | None) -> None:
    """Remove one revision or, for None or the last one, the secret."""
    _touch(db, secret)
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


def grant(db: Database, secret: Secret, target: str, relation: int) -> None:
    """Let an application or unit read; the grant lives as long as the relation (-1: until revoked)."""
    db.run(
        "INSERT OR IGNORE INTO secret_grants (model, id, target, relation) VALUES (?, ?, ?, ?)",
        *(secret.model, secret.id, target, relation),
    )


def revoke(db: Database, secret: Secret, target: str, relation: int | None) -> None:
    """Take the permission back, that of one relation or all."""
    db.run(
        "DELETE FROM secret_grants WHERE model = ? AND id = ? AND (target = ? OR ? = '')"
        " AND (relation = coalesce(?, relation))",
        *(secret.model, secret.id, target, target, relation),
    )


def may_read(db: Database, secret: Secret, unit: str) -> bool:
    """Whether a unit may see the content."""
    application = application_of(unit)
    if secret.owner_kind != "model" and secret.owner in (unit, application):
        return True
    return (
        db.one(
            "SELECT 1 FROM secret_grants WHERE model = ? AND id = ? AND target IN (?, ?)",
            *(secret.model, secret.id, unit, application),
        )
        is not None
    )


def read(
    db: Database,
    model: int,
    unit: str,
    uri: str | None,
    label: str | None,
    refresh: bool,
    peek: bool,
    new_label: str | None,
) -> tuple[Secret, int, dict[str, str]]:
    """What secret-get prints: the tracked revision, or the latest. Tracks the latest from the first reading on."""
    secret = find(db, model, uri) if uri else _labelled(db, model, unit, label or "")
    if not may_read(db, secret, unit):
        raise Refused(f'"{unit}" is not allowed to read this secret', "unauthorized access")
    tracked = db.value(
        "SELECT revision FROM secret_consumers WHERE model = ? AND id = ? AND unit = ?", model, secret.id, unit
    )
    if tracked is None or refresh:
        track(db, secret, unit)
        tracked = secret.latest
    if new_label:
        _relabel(db, secret, unit, new_label)
    revision = secret.latest if peek else tracked
    return secret, revision, content(db, secret, revision)


def track(db: Database, secret: Secret, unit: str) -> None:
    """The unit uses the latest revision from now on."""
    db.run(
        "INSERT INTO secret_consumers (model, id, unit, revision) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (model, id, unit) DO UPDATE SET revision = excluded.revision",
        *(secret.model, secret.id, unit, secret.latest),
    )
    db.touch(topics.unit(secret.model, unit))
    _touch(db, secret, consumers=False)
    _prune(db, secret)


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


def grants(db: Database, secret: Secret) -> list[tuple[str, int]]:
    """Who may read, by which relation (-1: none)."""
    rows = db.all("SELECT target, relation FROM secret_grants WHERE model = ? AND id = ?", secret.model, secret.id)
    return [(row["target"], row["relation"]) for row in rows]


def events(db: Database, model: int, model_uuid: str, unit: str) -> SecretEvents:
    """What secret hooks are due for a unit."""
    now = db.now()
    changed = db.all(
        "SELECT s.id, c.label, s.label AS own, s.owner, s.latest FROM secret_consumers c"
        " JOIN secrets s ON s.model = c.model AND s.id = c.id"
        " WHERE c.model = ? AND c.unit = ? AND c.revision < s.latest ORDER BY s.id",
        *(model, unit),
    )
    mine = owned(db, model, unit)
    expired, removed = [], []
    for secret in mine:
        uri = uri_of(model_uuid, secret.id)
        rows = db.all("SELECT revision, due FROM secret_revisions WHERE model = ? AND id = ?", model, secret.id)
        expired += [
            (uri, secret.label, row["revision"]) for row in rows if row["due"] is not None and row["due"] <= now
        ]
        removed += [(uri, secret.label, number) for number in obsolete(db, secret)]
    owners = (unit, application_of(unit))
    return SecretEvents(
        changed=tuple(
            (uri_of(model_uuid, row["id"]), row["own"] if row["owner"] in owners else row["label"], row["latest"])
            for row in changed
        ),
        expired=tuple(expired),
        rotate=tuple((uri_of(model_uuid, s.id), s.label) for s in mine if s.rotates is not None and s.rotates <= now),
        remove=tuple(removed),
    )


def obsolete(db: Database, secret: Secret) -> list[int]:
    """Revisions that nobody tracks and that are not the latest."""
    return db.column(
        "SELECT revision FROM secret_revisions r WHERE model = ? AND id = ? AND revision < ? AND NOT EXISTS"
        " (SELECT 1 FROM secret_consumers c WHERE c.model = r.model AND c.id = r.id AND c.revision = r.revision)"
        " ORDER BY revision",
        *(secret.model, secret.id, secret.latest),
    )


def hook_done(db: Database, secret: Secret, hook: str, revision: int | None) -> None:
    """A rotate or expired hook ran; if the charm changed nothing, it is due again later."""
    later = db.now() + RETRY
    if hook == "secret-rotate":
        db.run(
            "UPDATE secrets SET rotates = ? WHERE model = ? AND id = ? AND rotates <= ?",
            *(later, secret.model, secret.id, db.now()),
        )
    else:
        db.run(
            "UPDATE secret_revisions SET due = ? WHERE model = ? AND id = ? AND revision = ? AND due <= ?",
            *(later, secret.model, secret.id, revision, db.now()),
        )
    _touch(db, secret, consumers=False)


def next_due(db: Database) -> float | None:
    """When the next rotation or expiry will be due that is not due yet."""
    now = db.now()
    times = [
        db.value("SELECT min(rotates) FROM secrets WHERE rotates > ?", now),
        db.value("SELECT min(due) FROM secret_revisions WHERE due > ?", now),
    ]
    return min((when for when in times if when is not None), default=None)


def touch_due(db: Database, since: float) -> None:
    """Tell the owners of what became due after `since`."""
    rows = db.all(
        "SELECT DISTINCT s.* FROM secrets s LEFT JOIN secret_revisions r ON r.model = s.model AND r.id = s.id"
        " WHERE s.rotates BETWEEN ? AND ? OR r.due BETWEEN ? AND ?",
        *(since, db.now(), since, db.now()),
    )
    for row in rows:
        _touch(db, _secret(row), consumers=False)


def forget_unit(db: Database, model: int, unit: str) -> None:
    """The unit is gone, and with it its own secrets and what it tracked."""
    _forget_owner(db, model, "unit", unit)
    tracked = db.column("SELECT id FROM secret_consumers WHERE model = ? AND unit = ?", model, unit)
    db.run("DELETE FROM secret_consumers WHERE model = ? AND unit = ?", model, unit)
    db.run("DELETE FROM secret_grants WHERE model = ? AND target = ?", model, unit)
    for id_ in tracked:
        _touch(db, find(db, model, id_), consumers=False)


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


def relation_of_grant(db: Database, secret: Secret, number: int) -> str:
    """A grant's scope as Juju prints it."""
    if number < 0:
        return f"model-{secret.model}"
    return "relation-" + relations.find(db, secret.model, number).key.replace(":", ".").replace(" ", "#")


def _labelled(db: Database, model: int, unit: str, label: str) -> Secret:
    row = db.one(
        "SELECT * FROM secrets WHERE model = ? AND label = ? AND owner IN (?, ?) AND owner_kind != 'model'",
        *(model, label, unit, application_of(unit)),
    ) or db.one(
        "SELECT s.* FROM secrets s JOIN secret_consumers c ON c.model = s.model AND c.id = s.id"
        " WHERE c.model = ? AND c.unit = ? AND c.label = ?",
        *(model, unit, label),
    )
    if row is None:
        raise NotFound(f'consumer label "{label}" not found')
    return _secret(row)


def _relabel(db: Database, secret: Secret, unit: str, label: str) -> None:
    if secret.owner_kind != "model" and secret.owner in (unit, application_of(unit)):
        if secret.label != label:
            _check_label(db, secret.model, secret.id, secret.owner_kind, secret.owner, label)
            db.run("UPDATE secrets SET label = ? WHERE model = ? AND id = ?", label, secret.model, secret.id)
        return
    db.run(
        "UPDATE secret_consumers SET label = ? WHERE model = ? AND id = ? AND unit = ?",
        *(label, secret.model, secret.id, unit),
    )


def _check_label(db: Database, model: int, id_: str, owner_kind: str, owner: str, label: str) -> None:
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


def _prune(db: Database, secret: Secret) -> None:
    if secret.auto_prune:
        current = find(db, secret.model, secret.id)
        for number in obsolete(db, current):
            remove(db, current, number)


def _forget_owner(db: Database, model: int, kind: str, owner: str) -> None:
    for row in db.all("SELECT * FROM secrets WHERE model = ? AND owner_kind = ? AND owner = ?", model, kind, owner):
        remove(db, _secret(row), None)


def _touch(db: Database, secret: Secret, consumers: bool = True) -> None:
    db.touch(topics.TIMERS)
    if secret.owner_kind == "unit":
        db.touch(topics.unit(secret.model, secret.owner))
    elif secret.owner_kind == "application":
        db.touch(topics.application(secret.model, secret.owner))
    if consumers:
        rows = db.column("SELECT unit FROM secret_consumers WHERE model = ? AND id = ?", secret.model, secret.id)
        db.touch(*(topics.unit(secret.model, unit) for unit in rows))


def _secret(row: Any) -> Secret:
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
