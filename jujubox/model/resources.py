"""Resources: files that the operator provides beside a charm. Knows names and digests, not where files are."""

from __future__ import annotations

import sqlite3

from jujubox.model import applications
from jujubox.model.applications import Application
from jujubox.model.charms import StoredCharm
from jujubox.model.database import Database, NotFound


def check(charm: StoredCharm, name: str) -> None:
    """Raises NotFound if the charm knows no such resource."""
    if name not in charm.charm.resources:
        raise NotFound(f'resource "{name}" not found')


def put(db: Database, application: Application, name: str, filename: str, sha256: str, size: int) -> None:
    """Provide a resource; units learn of another content by upgrade-charm."""
    old = db.value(
        "SELECT sha256 FROM resources WHERE model = ? AND application = ? AND name = ?",
        *(application.model, application.name, name),
    )
    db.run(
        "INSERT OR REPLACE INTO resources (model, application, name, filename, sha256, size, uploaded)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(application.model, application.name, name, filename, sha256, size, db.now()),
    )
    if old != sha256:
        applications.bump_charm(db, applications.find(db, application.model, application.name))


def find(db: Database, model: int, application: str, name: str) -> sqlite3.Row:
    """A provided resource. Raises NotFound."""
    row = db.one("SELECT * FROM resources WHERE model = ? AND application = ? AND name = ?", model, application, name)
    if row is None:
        raise NotFound(f'could not download resource: resource "{name}" not found')
    return row


def of_application(db: Database, model: int, application: str) -> dict[str, sqlite3.Row]:
    """Provided resources by name."""
    rows = db.all("SELECT * FROM resources WHERE model = ? AND application = ?", model, application)
    return {row["name"]: row for row in rows}
