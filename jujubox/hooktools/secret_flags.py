"""What the secret tools share: the flags and values of secret-add and secret-set, and URIs.

Source: internal/worker/uniter/runner/jujuc/secret-add.go and core/secrets of Juju.
"""

from __future__ import annotations

import base64
import datetime
import re

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import Flags, FlagSet, UsageError, quote, to_seconds
from jujubox.hooktools.tool import Invocation, yaml_map

KEY = re.compile(r"^([a-z](?:-?[a-z0-9]){2,})$")
URI = re.compile(r"^(?:secret:)?(?://)?(?:[0-9a-f-]{36}/)?[0-9a-v]{20}$")
ROTATIONS = ("never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly")
SIZE_LIMIT = 1_000_000


def secret_flags(flags: FlagSet) -> None:
    """Flags of secret-add and secret-set."""
    for name in ("label", "description", "rotate", "expire", "file"):
        flags.string(name)
    flags.string("owner", default="application")


def check_uri(text: str) -> str:
    """A secret's URI as the caller wrote it. Raises UsageError."""
    if not URI.match(text):
        raise UsageError(f"secret URI {quote(text)} not valid")
    return text


async def require_manager(context: Context, uri: str) -> None:
    """Raises ToolError or CallError unless the unit may change the secret: an application's is its leader's."""
    if await context.secrets.owner(uri) == "application":
        await context.leadership.require()


def check_policies(flags: Flags) -> None:
    """Raises UsageError for a bad owner or rotation."""
    if flags["rotate"] and flags["rotate"] not in ROTATIONS:
        raise UsageError(f"rotate policy {quote(flags['rotate'])} not valid")
    if flags["owner"] not in ("application", "unit"):
        raise UsageError(f"secret owner {quote(flags['owner'])} not valid")


def expiry(text: str, now: datetime.datetime) -> str | None:
    """The time that `--expire` names, in RFC 3339; None when nothing is given. Raises UsageError."""
    if not text:
        return None
    try:
        seconds = to_seconds(text)
    except ValueError:
        return _time(text)
    if seconds < 0:
        raise UsageError(f"negative expire duration {quote(text)} not valid")
    return _rfc3339(now + datetime.timedelta(seconds=seconds))


def _time(text: str) -> str:
    try:
        when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(f"expire time or duration {quote(text)} not valid") from None
    return _rfc3339(when if when.tzinfo is not None else when.replace(tzinfo=datetime.timezone.utc))


def _rfc3339(when: datetime.datetime) -> str:
    return when.astimezone(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def contents(call: Invocation, args: list[str]) -> dict[str, str]:
    """Keys with base64 values from `k=v`, `k#base64=v`, `k#file=path` and --file. Raises UsageError, ToolError."""
    found: dict[str, str] = {}
    if call.flags["file"]:
        for key, value in yaml_map(call.read_file(call.flags["file"])).items():
            found |= _entry(call, key, value)
    for arg in args:
        key, equals, value = arg.partition("=")
        if not equals or not key:
            raise UsageError(f"key value {quote(arg)} not valid")
        found |= _entry(call, key, value)
    if sum(len(value) for value in found.values()) > SIZE_LIMIT:
        raise UsageError(f"secret content too large: {sum(map(len, found.values()))} bytes")
    return found


def _entry(call: Invocation, name: str, value: str) -> dict[str, str]:
    key, _, kind = name.partition("#")
    if not KEY.match(key):
        raise UsageError(f"key {quote(key)} not valid")
    if kind == "base64":
        return {key: value}
    if kind == "file":
        encoded = base64.b64encode(call.read_file(value)).decode()
    else:
        encoded = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
    if len(encoded) > SIZE_LIMIT:
        raise UsageError(f"secret content for key {quote(key)} too large: {len(encoded)} bytes")
    return {key: encoded}


def decode(content: dict[str, str], key: str) -> str:
    """The value of a key. Raises ToolError where there is none."""
    name, _, kind = key.partition("#")
    if name not in content:
        raise ToolError(f"secret key value {quote(name)} not found")
    if kind == "base64":
        return content[name]
    return base64.b64decode(content[name]).decode("utf-8", "surrogateescape")
