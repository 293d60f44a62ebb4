"""Adds a secret to the model and prints its URI.

Values: `key=value`, `key#file=path` for the content of a file, `key#base64=text` for what is base64 already.
"""

from __future__ import annotations

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.secret_content import read_content
from jujubox.flags import FlagSet, UsageError

USAGE = "<name> [<key>[#base64|#file]=<value> ...]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.string("info")
    known.string("file")


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("missing secret name")
    name, *words = call.args
    content = read_content(words, call.flags["file"])
    if not content:
        raise UsageError("missing secret value or filename")
    info = {"info": call.flags["info"]} if call.flags["info"] else {}
    call.write(f"{call.on_model('add_secret', name=name, content=content, **info)}\n")
