"""Prints the version of this Juju."""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.personality import client_version
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, refuse_more

USAGE = ""
SCOPE: Scope = "none"


def flags(known: FlagSet) -> None:
    known.formats("smart", "json", "yaml")
    known.boolean("all")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    version = client_version(call.environment)
    call.show({"version": version, "compiler": "jujubox", "official": False} if call.flags["all"] else version)
