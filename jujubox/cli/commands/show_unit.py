"""Shows a unit: its machine, ports, address, and the data of its relations."""

from __future__ import annotations

from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError
from jujubox.names import is_unit

USAGE = "<unit> [...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json", "smart")
    known.string("endpoint")
    known.string("related-unit")
    known.boolean("app")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("an unit name must be supplied")
    for unit in call.args:
        if not is_unit(unit):
            raise UsageError(f"unit name {unit} not valid")
    shown = call.on_model(
        "show_unit",
        units=call.args,
        endpoint=call.flags["endpoint"],
        related_unit=call.flags["related-unit"],
        app=call.flags["app"],
    )
    call.show(shown if call.flags["format"] == "json" else _for_yaml(shown))


def _for_yaml(value: Any) -> Any:
    """What Go has no value for: null in JSON, an empty map or list in YAML."""
    if isinstance(value, list):
        return [_for_yaml(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _EMPTY[key] if item is None and key in _EMPTY else _for_yaml(item) for key, item in value.items()}


_EMPTY: dict[str, Any] = {"data": {}, "application-data": {}, "opened-ports": []}
