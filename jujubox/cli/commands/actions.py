"""Lists the actions of an application's charm."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import columns
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"
_UNDESCRIBED = "No description"


def flags(known: FlagSet) -> None:
    known.formats("default", "json", "tabular", "yaml")
    known.boolean("schema")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application specified")
    refuse_more(call.args[1:])
    format = call.flags["format"]
    if call.flags["schema"] and format == "tabular":
        raise UsageError("full schema not compatible with tabular output")
    found = call.on_model("actions", application=call.args[0])
    described = {name: found[name].get("description") or _UNDESCRIBED for name in sorted(found)}
    if not found:
        call.note(f"No actions defined for {call.args[0]}.")
    elif call.flags["schema"]:
        from jujubox.output import render

        schemas = {name: action["schema"] for name, action in found.items()}
        call.write(render(schemas, "yaml" if format == "default" else format, sort=True))
    elif format in ("default", "tabular"):
        rows = [["Action", "Description"], *([name, text.split("\n")[0]] for name, text in described.items())]
        call.write(columns(rows))
    else:
        call.show(described)
