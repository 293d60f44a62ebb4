"""Shows the model's log, and follows it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.tabs import CYAN, RED, YELLOW
from jujubox.cli.times import for_log
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = ""
SCOPE: Scope = "model"
LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_FOLLOW_SECONDS = 30.0
_COLORS = {"WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED, "INFO": CYAN}
_FILTERS = (("i", "include"), ("x", "exclude"), ("", "include-module"), ("", "exclude-module"))


def flags(known: FlagSet) -> None:
    for letter, name in _FILTERS:
        known.string(*filter(None, (letter, name)), repeated=True)
    known.string("l", "level")
    known.integer("n", "lines", default=10)
    known.integer("limit")
    for name in ("replay", "tail", "no-tail", "utc", "date", "ms", "location", "color", "no-color", "firehose"):
        known.boolean(name)
    known.string("retry")


def run(call: Invocation) -> None:
    refuse_more(call.args)
    found = call.flags
    if found["tail"] and found["no-tail"]:
        raise UsageError("setting --tail and --no-tail not valid")
    if found["level"] and found["level"].upper() not in LEVELS:
        raise UsageError(f"level value {quote(found['level'])} is not one of {', '.join(map(quote, LEVELS))}")
    filters = {name.replace("-", "_"): found[name] for _, name in _FILTERS if found[name]}
    if found["level"]:
        filters["level"] = found["level"].upper()
    answer = call.on_model("debug_log", **filters, **_extent(call))
    _print(call, answer["entries"])
    if not _follows(call):
        return
    while True:
        answer = call.on_model("debug_log", cursor=answer["cursor"], timeout=_FOLLOW_SECONDS, **filters)
        _print(call, answer["entries"])


def _extent(call: Invocation) -> dict[str, Any]:
    """How far back to go: --limit N the last N lines, --limit 0 and --replay all of them."""
    limit = call.flags["limit"]
    if call.flags["replay"] or (call.flags.given("limit") and limit == 0):
        return {"replay": True, "limit": limit}
    return {"backlog": limit or call.flags["lines"], "limit": limit}


def _follows(call: Invocation) -> bool:
    if call.flags["no-tail"] or call.flags.given("limit"):
        return False
    return bool(call.flags["tail"]) or call.out.isatty()


def _print(call: Invocation, entries: list[Mapping[str, str]]) -> None:
    call.out.write("".join(_line(call, entry) for entry in entries))
    call.out.flush()


def _line(call: Invocation, entry: Mapping[str, str]) -> str:
    moment = for_log(entry["time"], call.utc(), call.flags["date"], call.flags["ms"])
    level, message = entry["level"], entry["message"]
    if call.colored() and level in _COLORS:
        level = f"\x1b[{_COLORS[level]}m{level}\x1b[0m"
    return f"{entry['entity']}: {moment} {level} {entry['module']} {message}\n"
