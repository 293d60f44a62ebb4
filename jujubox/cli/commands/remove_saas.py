"""Removes consumed applications (SAAS) from the model, with their relations."""

from __future__ import annotations

from jujubox.cli.errors import Silent
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote
from jujubox.names import is_application

USAGE = "<saas-application-name> [<saas-application-name>...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    for name in ("force", "no-wait", "no-prompt"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no SAAS application names specified")
    for name in call.args:
        if not is_application(name):
            raise UsageError(f"invalid SAAS application name {quote(name)}")
    if call.flags["no-wait"] and not call.flags["force"]:
        raise UsageError("--no-wait requires --force")
    failed = [
        done for done in call.on_model("remove_saas", names=call.args, force=call.flags["force"]) if done.get("error")
    ]
    for done in failed:
        call.note(f"removing SAAS application {done['saas']} failed: {done['error']}")
    if failed:
        raise Silent(1)
