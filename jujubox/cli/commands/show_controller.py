"""Shows the controller in full."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, refuse_more

USAGE = "[<controller name>]"
SCOPE: Scope = "none"


def flags(known: FlagSet) -> None:
    known.formats("yaml", "json")
    known.boolean("show-password")


def run(call: Invocation) -> None:
    refuse_more(call.args[1:])
    told = call.call("controller")
    if call.args and call.args[0] != told["name"]:
        raise CommandError(f"controller {call.args[0]} not found")
    models = {
        model["short-name"]: {"uuid": model["model-uuid"], "machine-count": model.get("machine-count", 0)}
        for model in call.call("models")
    }
    details = {key: told.get(key) for key in ("uuid", "api-endpoints", "cloud", "region", "agent-version", "ca-cert")}
    call.show(
        {
            told["name"]: {
                "details": {key: value for key, value in details.items() if value is not None},
                "models": models,
                "current-model": f"admin/{call.selection.chosen('')}",
                "account": {"user": "admin", "access": "superuser"},
            }
        }
    )
