"""Shows a unit: its machine, ports, address, and the data of its relations."""

from __future__ import annotations

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
    call.show(
        call.on_model(
            "show_unit",
            units=call.args,
            endpoint=call.flags["endpoint"],
            related_unit=call.flags["related-unit"],
            app=call.flags["app"],
        )
    )
