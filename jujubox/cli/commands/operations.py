"""Lists the operations that were asked for, pending and finished."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.operations_shown import as_printed, table
from jujubox.cli.registry import Scope
from jujubox.cli.settings import listed
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "model"
_FILTERS = ("applications", "units", "machines", "actions", "status")


def flags(known: FlagSet) -> None:
    known.formats("plain", "json", "yaml")
    known.string("apps", "applications", repeated=True)
    for name in _FILTERS[1:]:
        known.string(name, repeated=True)
    known.integer("limit", default=0)
    known.integer("offset", default=0)
    for name in ("utc", "color"):
        known.boolean(name)


def run(call: Invocation) -> None:
    refuse_more(call.args)
    wanted = {name: listed(call.flags[name]) for name in _FILTERS}
    limits = {name: call.flags[name] for name in ("limit", "offset") if call.flags[name]}
    found = call.on_model("operations", **wanted, **limits)
    if not found:
        call.note("no matching operations")
    elif call.flags["format"] == "plain":
        call.write(table(found, call.utc(), call.colored()))
    else:
        call.show({key: as_printed(operation, call.utc()) for key, operation in found.items()})
