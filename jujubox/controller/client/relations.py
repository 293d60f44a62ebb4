"""Relating and parting applications."""

from __future__ import annotations

from typing import Any

from jujubox.controller.core import Core
from jujubox.model import relating, relations, removal
from jujubox.model.database import NotFound, Refused
from jujubox.model.models import Model


def integrate(core: Core, model: Model, endpoints: list[str], via: list[str] | None = None) -> dict[str, Any]:
    """Relate two applications."""
    relation = relating.integrate(core.db, model.id, endpoints[0], endpoints[1], via)
    return {"id": relation.id, "endpoints": {end.application: end.endpoint for end in relation.ends}}


def remove_relation(
    core: Core,
    model: Model,
    endpoints: list[str] | None = None,
    id: int | None = None,
    force: bool = False,
) -> None:
    """Part two applications."""
    if endpoints:
        relation = relating.named(core.db, model.id, endpoints[0], endpoints[1])
    else:
        try:
            relation = relations.find(core.db, model.id, int(id or 0))
        except NotFound:
            raise NotFound(f"relation with endpoints [] or id {id} not found") from None
    if relation.peer:
        raise Refused(f'cannot destroy relation "{relation.key}": is a peer relation')
    relations.destroy(core.db, model.id, relation.id, force)
    removal.after_relation(core.db)


METHODS = {"integrate": integrate, "remove_relation": remove_relation}
