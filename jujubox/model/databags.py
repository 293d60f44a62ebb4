"""The settings that units and applications share in a relation, and the versions by which changes are noticed.

Knows: one bag per relation and owner (a unit's or an application's name).
Must not know: who may read or write.
"""

from __future__ import annotations

import hashlib

from jujubox.model import crossing, models, topics
from jujubox.model.database import Database, dumps, loads
from jujubox.model.models import Personality

Settings = dict[str, str]


def content_version(settings: Settings) -> int:
    """The version of 4.0: a hash of the content, never 0."""
    return int.from_bytes(hashlib.sha256(dumps(settings).encode()).digest()[:6], "big") | 1


def read(db: Database, model: int, relation: int, owner: str) -> Settings | None:
    """A bag's content; None if it was never written."""
    text = db.value(
        "SELECT settings_json FROM databags WHERE model = ? AND relation = ? AND owner = ?", model, relation, owner
    )
    settings: Settings | None = loads(text)
    return settings


def write(db: Database, model: int, relation: int, owner: str, settings: Settings, personality: Personality) -> bool:
    """Replace a bag's content; whether it changed. Equal content changes nothing, the version least of all."""
    row = db.one(
        "SELECT settings_json, version FROM databags WHERE model = ? AND relation = ? AND owner = ?",
        model,
        relation,
        owner,
    )
    kept = {key: value for key, value in settings.items() if value != ""}
    unwritten_unit = row is None and "/" in owner
    if kept == ({} if row is None else loads(row["settings_json"])) and not unwritten_unit:
        return False
    previous = 0 if row is None else row["version"]
    version = content_version(kept) if personality == "4.0" else previous + 1
    db.run(
        "INSERT OR REPLACE INTO databags (model, relation, owner, settings_json, version) VALUES (?, ?, ?, ?, ?)",
        *(model, relation, owner, dumps(kept), version),
    )
    db.touch(topics.relation(model, relation))
    far = crossing.far_end(db, model, relation)
    if far is not None and (name := far.called(owner)):
        write(db, far.model, far.relation, name, kept, models.by_id(db, far.model).personality)
    return True


def versions_by_relation(db: Database, model: int, application: str) -> dict[int, dict[str, int]]:
    """Versions of the written bags in every relation of an application."""
    rows = db.all(
        "SELECT relation, owner, version FROM databags WHERE model = ? AND relation IN"
        " (SELECT relation FROM relation_endpoints WHERE model = ? AND application = ?)",
        *(model, model, application),
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["relation"], {})[row["owner"]] = row["version"]
    return found


def versions(db: Database, model: int, relation: int) -> dict[str, int]:
    """Every written bag of a relation with its version."""
    rows = db.all("SELECT owner, version FROM databags WHERE model = ? AND relation = ?", model, relation)
    return {row["owner"]: row["version"] for row in rows}
