"""Shows the model's applications, units, machines and relations.

Selectors narrow it down: machine ids, application names, unit names, `app/leader`. Several are joined with "or".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.times import with_status_times
from jujubox.flags import FlagSet, UsageError, quote

USAGE = "[<selector> [...]]"
SCOPE: Scope = "model"
_CLEAR_SCREEN = "\x1b[H\x1b[2J"


def flags(known: FlagSet) -> None:
    known.formats("tabular", "json", "line", "oneline", "short", "summary", "yaml")
    for name in ("utc", "color", "no-color", "relations", "integrations", "storage"):
        known.boolean(name)
    known.integer("retry-count", default=3)
    known.duration("retry-delay", default=0.1)
    known.duration("watch")


def run(call: Invocation) -> None:
    if call.flags["color"] and call.flags["no-color"]:
        raise UsageError("cannot mix --no-color and --color")
    if call.flags.given("watch"):
        _watch(call, call.flags["watch"])
        return
    _show(call, _fetch(call))


def _watch(call: Invocation, interval: float) -> None:
    """Shows the status again and again; Juju 4.0 has no such flag."""
    from jujubox.cli.personality import is_lts

    if not is_lts(call):
        raise UsageError("option provided but not defined: --watch")
    while True:
        status = _fetch(call)
        call.out.write(_CLEAR_SCREEN if call.out.isatty() else "")
        _show(call, status)
        time.sleep(interval)


def _fetch(call: Invocation) -> dict[str, Any]:
    """The status, asked for again where the connection breaks."""
    tries = max(1, call.flags["retry-count"])
    while True:
        try:
            status: dict[str, Any] = call.on_model("status", selectors=call.args)
            return status
        except ConnectionError as error:
            tries -= 1
            if not tries:
                raise CommandError(f"cannot get the status: {error}") from error
            call.reconnect()
            time.sleep(call.flags["retry-delay"])


def _show(call: Invocation, status: dict[str, Any]) -> None:
    relations = status.pop("relations", None) or []
    matched = status.pop("matched", True)
    status = with_status_times(status, call.utc())
    wanted = relations if call.flags["relations"] or call.flags["integrations"] else None
    call.write(_render(call, status, wanted))
    if not any(status.get(part) for part in ("applications", "machines", "application-endpoints", "offers")):
        _tell_empty(call, bool(matched))


def _render(call: Invocation, status: Mapping[str, Any], relations: list[dict[str, str]] | None) -> str:
    format = call.flags["format"]
    if format == "tabular":
        from jujubox.cli.status_tabular import tabular

        return tabular(status, relations, call.flags["storage"], call.colored())
    if format in ("json", "yaml"):
        from jujubox.output import render

        return render(status, format)
    from jujubox.cli.status_short import one_line_a_unit, summary

    return summary(status) if format == "summary" else one_line_a_unit(status)


def _tell_empty(call: Invocation, matched: bool) -> None:
    if not call.args:
        call.note(f"Model {quote(call.model)} is empty.")
    elif not matched:
        call.note(f"Nothing matched specified filter{'s' if len(call.args) > 1 else ''}.")
