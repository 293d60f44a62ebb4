"""Offers endpoints of an application for use in other models."""

from __future__ import annotations

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.selection import model_name
from jujubox.flags import FlagSet, UsageError, quote, refuse_more
from jujubox.names import is_application

USAGE = "[<model>.]<application>:<endpoint>[,...] [<offer name>]"
SCOPE: Scope = "controller"


def flags(known: FlagSet) -> None:
    pass


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("an offer must at least specify application endpoint")
    refuse_more(call.args[2:])
    if ":" not in call.args[0]:
        raise CommandError('endpoints must conform to format "<application-name>:<endpoint-name>[,...]" ')
    left, _, listed = call.args[0].rpartition(":")
    model, dot, application = left.rpartition(".")
    if not is_application(application):
        raise CommandError(f"application name {quote(application)} not valid")
    if not listed:
        raise CommandError(f'specify endpoints for {application}" ')
    name = call.args[1] if len(call.args) > 1 else application
    where = model_name(model) if dot else call.selection.chosen("")
    endpoints = listed.split(",")
    made = call.call("offer", model=where, application=application, endpoints=endpoints, name=name)
    shown = ", ".join(endpoints)
    call.note(f"Application {quote(application)} endpoints [{shown}] available at {quote(made['url'])}")
