"""What the arguments of `add-secret` and `update-secret` say: keys and values, from words or files.

Knows: `key=value`, `key#file=path`, `key#base64=text`, YAML files; keys that Juju accepts.
Must not know: where secrets are kept.

Values leave as base64, the form in which Juju stores them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from jujubox.cli.errors import CommandError
from jujubox.cli.settings import load_map
from jujubox.flags import UsageError, quote

_KEY = re.compile(r"^([a-z](?:-?[a-z0-9]){2,})$")
LIMIT = 1_000_000
"""Bytes of base64 in one secret, as Juju limits it."""


def read_content(words: Sequence[str], path: str) -> dict[str, str]:
    """Keys with base64 values; words override the file. Raises UsageError."""
    content = {str(key): _encoded(str(value).encode()) for key, value in (load_map(path) if path else {}).items()}
    for word in words:
        name, equals, value = word.partition("=")
        key, _, form = name.partition("#")
        if not equals or not key or not value:
            raise UsageError(f"key value {quote(word)} not valid")
        content[key] = _formed(value, form)
    for key in content:
        if not _KEY.match(key):
            raise UsageError(f"key {quote(key)} not valid")
    if sum(map(len, content.values())) > LIMIT:
        raise UsageError(
            f"secret content too large: {sum(map(len, content.values()))} bytes (expected at most {LIMIT})"
        )
    return content


def _formed(value: str, form: str) -> str:
    if form == "base64":
        return value
    if form == "file":
        try:
            with open(value, "rb") as file:
                return _encoded(file.read())
        except OSError as error:
            raise CommandError(f"reading content for secret key: {value}: {error.strerror}") from error
    return _encoded(value.encode())


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
