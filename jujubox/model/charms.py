"""Charms that a model has, with what they say of themselves.

Knows: urls and revisions of local charms.
Must not know: where the files are; a charm's file is named by its sha256.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from jujubox.charm import Charm, Documents, charm_of
from jujubox.model.database import Database, NotFound, dumps, loads


@dataclass(frozen=True)
class StoredCharm:
    """A charm of a model: `url` reads `local:name-3`."""

    url: str
    name: str
    revision: int
    sha256: str
    charm: Charm


def add(db: Database, model: int, documents: Documents, sha256: str) -> StoredCharm:
    """Keep a charm under the next revision of its name."""
    name = charm_of(documents).name
    revision = db.next_number(model, f"charm:{name}")
    url = f"local:{name}-{revision}"
    db.insert(
        "charms",
        model=model,
        url=url,
        name=name,
        revision=revision,
        sha256=sha256,
        documents_json=dumps(documents),
        created=db.now(),
    )
    return find(db, model, url)


def find(db: Database, model: int, url: str) -> StoredCharm:
    """The charm with this url. Raises NotFound."""
    row = db.one("SELECT * FROM charms WHERE model = ? AND url = ?", model, url)
    if row is None:
        raise NotFound(f'charm "{url}" not found')
    return StoredCharm(row["url"], row["name"], row["revision"], row["sha256"], _parsed(row["documents_json"]))


def of_application(db: Database, model: int, application: str) -> StoredCharm:
    """The charm that an application should run. Raises NotFound."""
    url = db.value("SELECT charm_url FROM applications WHERE model = ? AND name = ?", model, application)
    if url is None:
        raise NotFound(f'application "{application}" not found')
    return find(db, model, url)


def files_in_use(db: Database) -> set[str]:
    """Digests of all files that charms and resources of any model consist of."""
    return set(db.column("SELECT sha256 FROM charms UNION SELECT sha256 FROM resources"))


@functools.lru_cache(maxsize=64)
def _parsed(documents_json: str) -> Charm:
    return charm_of(loads(documents_json))
