"""Secrets as the operator sees and changes them."""

from __future__ import annotations

import base64
from typing import Any

from jujubox.controller.core import Core
from jujubox.controller.times import iso, trimmed
from jujubox.model import applications, secret_access, secrets
from jujubox.model.database import Refused
from jujubox.model.models import Model
from jujubox.model.secrets import Secret
from jujubox.protocol import SecretChange


def list_secrets(core: Core, model: Model, owner: str = "") -> dict[str, Any]:
    """All secrets, or one owner's."""
    found = secrets.of_model(core.db, model.id)
    return {secret.id: _entry(core, secret) for secret in found if owner in ("", _owner(secret), secret.owner)}


def show_secret(
    core: Core, model: Model, secret: str, reveal: bool = False, revisions: bool = False, revision: int | None = None
) -> dict[str, Any]:
    """One secret in detail."""
    found = secrets.named(core.db, model.id, secret)
    entry = _entry(core, found)
    rows = secrets.revisions(core.db, found)
    if revisions:
        entry["revisions"] = [_revision(row) for row in rows]
    access = [
        {"target": target, "scope": _scope(core, model, found, relation), "role": "view"}
        for target, relation in secret_access.grants(core.db, found)
    ]
    if access:
        entry["access"] = access
    if reveal:
        content = secrets.content(core.db, found, revision or found.latest)
        entry["checksum"] = secrets.checksum(content)
        entry["content"] = {"Data": {key: _decoded(value) for key, value in content.items()}}
        entry["revision"] = revision or found.latest
    return {found.id: entry}


def add_secret(core: Core, model: Model, name: str, content: dict[str, str], info: str = "") -> str:
    """A secret of the operator."""
    change = SecretChange("create", "", content=content, label=name, description=info)
    secret = secrets.create(core.db, model.id, secrets.new_id(), "model", "<model>", change)
    return f"secret:{secret.id}"


def update_secret(
    core: Core,
    model: Model,
    secret: str,
    name: str | None = None,
    info: str | None = None,
    auto_prune: bool | None = None,
    content: dict[str, str] | None = None,
) -> None:
    """Change a secret of the operator."""
    found = _mine(core, model, secret)
    if auto_prune is not None:
        secrets.set_auto_prune(core.db, found, auto_prune)
        found = _mine(core, model, found.id)
    secrets.update(
        core.db, found, SecretChange("update", found.id, content=content or None, label=name, description=info)
    )


def grant_secret(core: Core, model: Model, secret: str, applications: list[str]) -> None:
    """Let applications read it."""
    found = _mine(core, model, secret)
    for name in applications:
        _check_application(core, model, name)
        secret_access.grant(core.db, found, name, -1)


def revoke_secret(core: Core, model: Model, secret: str, applications: list[str]) -> None:
    """Let them read it no longer."""
    found = _mine(core, model, secret)
    for name in applications:
        secret_access.revoke(core.db, found, name, None)


def remove_secret(core: Core, model: Model, secret: str, revision: int | None = None) -> None:
    """Remove a secret or one revision."""
    secrets.remove(core.db, _mine(core, model, secret), revision)


def _mine(core: Core, model: Model, reference: str) -> Secret:
    found = secrets.named(core.db, model.id, reference)
    if found.owner_kind != "model":
        raise Refused("permission denied", "unauthorized access")
    return found


def _check_application(core: Core, model: Model, name: str) -> None:
    applications.find(core.db, model.id, name)


def _owner(secret: Secret) -> str:
    return "<model>" if secret.owner_kind == "model" else secret.owner


def _scope(core: Core, model: Model, secret: Secret, relation: int) -> str:
    return f"model-{model.uuid}" if relation < 0 else secret_access.relation_of_grant(core.db, secret, relation)


def _entry(core: Core, secret: Secret) -> dict[str, Any]:
    rows = secrets.revisions(core.db, secret)
    expires = rows[-1]["expires"] if rows else None
    return trimmed(
        {
            "revision": secret.latest,
            "expires": None if expires is None else iso(expires),
            "rotation": None if secret.rotate == "never" else secret.rotate,
            "rotates": None if secret.rotates is None else iso(secret.rotates),
            "owner": _owner(secret),
            "description": secret.description or None,
            "name": secret.label if secret.owner_kind == "model" else None,
            "label": (secret.label or None) if secret.owner_kind != "model" else None,
            "created": iso(secret.created),
            "updated": iso(secret.updated),
        }
    )


def _revision(row: Any) -> dict[str, Any]:
    return trimmed(
        {
            "revision": row["revision"],
            "backend": "internal",
            "created": iso(row["created"]),
            "updated": iso(row["created"]),
            "expires": None if row["expires"] is None else iso(row["expires"]),
        }
    )


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode(errors="replace")


METHODS = {
    "secrets": list_secrets,
    "show_secret": show_secret,
    "add_secret": add_secret,
    "update_secret": update_secret,
    "grant_secret": grant_secret,
    "revoke_secret": revoke_secret,
    "remove_secret": remove_secret,
}
