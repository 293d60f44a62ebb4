"""Entities as commands name them, and what becomes of several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jujubox.controller.core import Core
from jujubox.model import applications, units
from jujubox.model.database import Refused
from jujubox.model.models import Model
from jujubox.names import is_unit


def find_application(core: Core, model: Model, name: str) -> applications.Application:
    """The application of this name. Raises NotFound."""
    return applications.find(core.db, model.id, name)


def find_unit(core: Core, model: Model, name: str) -> units.Unit:
    """The unit of this name. Raises Refused."""
    if not is_unit(name):
        raise Refused(f'unit name "{name}" not valid', "not valid")
    return units.find(core.db, model.id, name)


def outcome(key: str, name: str, act: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """What became of one of several, as an error where it was refused."""
    try:
        return {key: name, **act(name)}
    except Refused as error:
        return {key: name, "error": error.message}
