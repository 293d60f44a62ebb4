"""Shows one secret; its content only with --reveal."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.secrets_shown import as_printed
from jujubox.flags import FlagSet, UsageError, refuse_more

USAGE = "<secret id> | <secret name>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json")
    known.boolean("reveal")
    known.boolean("revisions")
    known.integer("r", "revision")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    refuse_more(call.args[1:])
    if call.flags["reveal"] and call.flags["revisions"]:
        raise UsageError("specify either --revisions or --reveal but not both")
    revision = {"revision": call.flags["revision"]} if call.flags["revision"] > 0 else {}
    found = call.on_model(
        "show_secret",
        secret=call.args[0],
        reveal=call.flags["reveal"],
        revisions=call.flags["revisions"],
        **revision,
    )
    call.show(as_printed(found, call.flags["format"] == "yaml"))
