"""Who may read a secret, and which revision each reader uses.

Knows: grants, labels of readers, tracked revisions.
Must not know: what is due (see `secret_events`).
"""

from __future__ import annotations

from jujubox.model import crossing, relations, secrets, topics
from jujubox.model.database import Database, NotFound, Refused
from jujubox.model.secrets import Secret
from jujubox.names import application_of


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
    secret = wanted(db, model, uri) if uri else _labelled(db, model, unit, label or "")
    reader = known_as(db, secret, model, unit)
    if not may_read(db, secret, reader):
        raise Refused(f'"{unit}" is not allowed to read this secret', "unauthorized access")
    tracked = db.value(
        "SELECT revision FROM secret_consumers WHERE model = ? AND id = ? AND unit = ?",
        *(secret.model, secret.id, reader),
    )
    if tracked is None or refresh:
        track(db, secret, reader)
        tracked = secret.latest
    if new_label:
        _relabel(db, secret, reader, new_label)
    revision = secret.latest if peek else tracked
    return secret, revision, secrets.content(db, secret, revision)


def wanted(db: Database, model: int, uri: str) -> Secret:
    """The secret that a unit of `model` means, one of another model too. Raises NotFound."""
    return secrets.find(db, secrets.home(db, model, uri), uri)


def known_as(db: Database, secret: Secret, model: int, unit: str) -> str:
    """A unit of `model` as the model of the secret calls it."""
    return unit if secret.model == model else crossing.unit_abroad(db, model, unit) or unit


def track(db: Database, secret: Secret, unit: str) -> None:
    """The unit, as the secret's model calls it, uses the latest revision from now on."""
    db.run(
        "INSERT INTO secret_consumers (model, id, unit, revision) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (model, id, unit) DO UPDATE SET revision = excluded.revision",
        *(secret.model, secret.id, unit, secret.latest),
    )
    db.touch(topics.unit(*crossing.home_of(db, secret.model, unit)))
    secrets.touch(db, secret, consumers=False)
    secrets.prune(db, secret)


def grants(db: Database, secret: Secret) -> list[tuple[str, int]]:
    """Who may read, by which relation (-1: none)."""
    rows = db.all("SELECT target, relation FROM secret_grants WHERE model = ? AND id = ?", secret.model, secret.id)
    return [(row["target"], row["relation"]) for row in rows]


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
        " WHERE ((c.model = ? AND c.unit = ?) OR c.unit = ?) AND c.label = ?",
        *(model, unit, crossing.unit_abroad(db, model, unit), label),
    )
    if row is None:
        raise NotFound(f'consumer label "{label}" not found')
    return secrets.from_row(row)


def _relabel(db: Database, secret: Secret, unit: str, label: str) -> None:
    if secret.owner_kind != "model" and secret.owner in (unit, application_of(unit)):
        if secret.label != label:
            secrets.check_label(db, secret.model, secret.id, secret.owner_kind, secret.owner, label)
            db.run("UPDATE secrets SET label = ? WHERE model = ? AND id = ?", label, secret.model, secret.id)
        return
    db.run(
        "UPDATE secret_consumers SET label = ? WHERE model = ? AND id = ? AND unit = ?",
        *(label, secret.model, secret.id, unit),
    )
