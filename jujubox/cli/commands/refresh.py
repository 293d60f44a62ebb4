"""Changes the charm that an application runs to another build of it."""

from __future__ import annotations

import os

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import absolute, pairs, settings
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "<application>"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("path", "switch", "channel", "base", "bind"):
        known.string(name)
    known.integer("revision", default=-1)
    for name in ("force", "force-units", "force-base", "trust"):
        known.boolean(name)
    for name in ("resource", "storage", "config"):
        known.string(name, repeated=True)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no application specified")
    refuse_more(call.args[1:])
    found = call.flags
    if found["path"] and found["switch"]:
        raise UsageError("--switch and --path are mutually exclusive")
    path = found["path"] or found["switch"]
    if path and not os.path.exists(os.path.expanduser(path)):
        raise CommandError(f"no charm was found at {quote(path)}")
    result = call.on_model(
        "refresh",
        application=call.args[0],
        force_units=found["force-units"],
        force_base=found["force-base"],
        resources=absolute(pairs(found["resource"])),
        storage=pairs(found["storage"]),
        config=settings(found["config"], call.args[0]),
        **({"path": absolute({"": path})[""]} if path else {}),
        **({"trust": True} if found["trust"] else {}),
    )
    if result["changed"]:
        call.note(f"Added local charm {quote(result['charm'])}, revision {result['revision']}, to the model")
    else:
        call.note(f"charm {quote(result['charm'])}: already up-to-date")
