"""Changes a secret of the model: new content makes a new revision."""

from __future__ import annotations

from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.secret_content import read_content
from jujubox.flags import FlagSet, UsageError

USAGE = "<secret id> | <secret name> [<key>[#base64|#file]=<value> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("info", "file", "name"):
        known.string(name)
    known.boolean("auto-prune")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret URI")
    secret, *words = call.args
    changes: dict[str, Any] = {name: call.flags[name] for name in ("name", "info") if call.flags[name]}
    if call.flags.given("auto-prune"):
        changes["auto_prune"] = call.flags["auto-prune"]
    content = read_content(words, call.flags["file"])
    if content:
        changes["content"] = content
    call.on_model("update_secret", secret=secret, **changes)
