"""What secret hooks are due, and when the next will be.

Knows: rotation, expiry, revisions that are new or of no use any more.
Must not know: which hook runs when.
"""

from __future__ import annotations

from jujubox.model import crossing, secret_access, secrets
from jujubox.model.database import Database
from jujubox.model.secrets import Secret
from jujubox.names import application_of
from jujubox.protocol import SecretEvents

RETRY = 300.0
"""Seconds after which a rotate or expired hook that changed nothing is due again."""


def events(db: Database, model: int, model_uuid: str, unit: str) -> SecretEvents:
    """What secret hooks are due for a unit."""
    now = db.now()
    changed = db.all(
        "SELECT s.*, c.label AS consumers, c.unit AS reader, m.uuid FROM secret_consumers c"
        " JOIN secrets s ON s.model = c.model AND s.id = c.id JOIN models m ON m.id = s.model"
        " WHERE ((c.model = ? AND c.unit = ?) OR c.unit = ?) AND c.revision < s.latest ORDER BY s.id",
        *(model, unit, crossing.unit_abroad(db, model, unit)),
    )
    mine = secrets.owned(db, model, unit)
    expired, removed = [], []
    for secret in mine:
        uri = secrets.uri_of(model_uuid, secret.id)
        rows = db.all("SELECT revision, due FROM secret_revisions WHERE model = ? AND id = ?", model, secret.id)
        expired += [
            (uri, secret.label, row["revision"]) for row in rows if row["due"] is not None and row["due"] <= now
        ]
        removed += [(uri, secret.label, number) for number in secrets.obsolete(db, secret)]
    owners = ((model, unit), (model, application_of(unit)))
    return SecretEvents(
        changed=tuple(
            (
                secrets.uri_of(row["uuid"], row["id"]),
                row["label"] if (row["model"], row["owner"]) in owners else row["consumers"],
                row["latest"],
            )
            for row in changed
            if secret_access.may_read(db, secrets.from_row(row), row["reader"])
        ),
        expired=tuple(expired),
        rotate=tuple(
            (secrets.uri_of(model_uuid, s.id), s.label) for s in mine if s.rotates is not None and s.rotates <= now
        ),
        remove=tuple(removed),
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
    secrets.touch(db, secret, consumers=False)


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
        secrets.touch(db, secrets.from_row(row), consumers=False)
