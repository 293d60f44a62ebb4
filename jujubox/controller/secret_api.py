"""What the agent of a unit may ask about secrets: `secret.*`.

Knows: shapes of results.
Must not know: sockets; who may read (see `model.secret_access`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import models, secret_access, secret_events, secrets
from jujubox.model.database import NotFound
from jujubox.model.units import Unit
from jujubox.names import is_unit


def secret_create_id(core: Core, unit: Unit) -> str:
    """A URI for a secret that a commit will create."""
    return secrets.uri_of(models.by_id(core.db, unit.model).uuid, secrets.new_id())


def secret_get(
    core: Core,
    unit: Unit,
    uri: str | None = None,
    label: str | None = None,
    refresh: bool = False,
    peek: bool = False,
    new_label: str | None = None,
) -> dict[str, Any]:
    """What secret-get prints."""
    secret, revision, content = secret_access.read(core.db, unit.model, unit.name, uri, label, refresh, peek, new_label)
    model = models.by_id(core.db, secret.model)
    return {"uri": secrets.uri_of(model.uuid, secret.id), "revision": revision, "content": content}


def secret_info(core: Core, unit: Unit, uri: str | None = None, label: str | None = None) -> dict[str, Any]:
    """Metadata of secrets that the unit manages."""
    owned = secrets.owned(core.db, unit.model, unit.name)
    if uri:
        owned = [secret for secret in owned if secret.id == secrets.bare_id(uri)]
    elif label:
        owned = [secret for secret in owned if secret.label == label]
    if (uri or label) and not owned:
        raise NotFound(f'secret "{secrets.bare_id(uri) if uri else label}" not found')
    return {secret.id: _secret_info(core, secret) for secret in owned}


def secret_ids(core: Core, unit: Unit) -> list[str]:
    """Ids of secrets that the unit manages."""
    return [secret.id for secret in secrets.owned(core.db, unit.model, unit.name)]


def secret_hook_done(core: Core, unit: Unit, hook: str, uri: str, revision: int | None = None) -> None:
    """A rotate or expired hook ran."""
    secret_events.hook_done(core.db, secrets.find(core.db, unit.model, uri), hook, revision)


def _secret_info(core: Core, secret: secrets.Secret) -> dict[str, Any]:
    rows = secrets.revisions(core.db, secret)
    access = [
        {
            "target": ("unit-" + target.replace("/", "-")) if is_unit(target) else f"application-{target}",
            "scope": secret_access.relation_of_grant(core.db, secret, relation),
            "role": "view",
        }
        for target, relation in secret_access.grants(core.db, secret)
    ]
    info = {
        "revision": secret.latest,
        "label": secret.label,
        "owner": secret.owner_kind,
        "description": secret.description or None,
        "rotation": secret.rotate if secret.rotate != "never" else "never",
        "expiry": iso(rows[-1]["expires"]) if rows and rows[-1]["expires"] is not None else None,
        "rotates": iso(secret.rotates) if secret.rotates is not None else None,
        "access": access or None,
    }
    return trimmed(info)


METHODS: dict[str, Callable[..., Any]] = {
    "secret.create_id": secret_create_id,
    "secret.get": secret_get,
    "secret.info": secret_info,
    "secret.ids": secret_ids,
    "secret.hook_done": secret_hook_done,
}
