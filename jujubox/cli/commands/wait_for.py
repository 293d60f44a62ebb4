"""Waits until an application, unit, machine or model is as a query says (Juju 3.6 only).

Kinds: application, unit, machine, model. Example:
    juju wait-for application postgresql --query='status=="active" && len(units)==3'
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jujubox.cli import wait_scope
from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.personality import is_lts
from jujubox.cli.query import QueryError, holds, parse
from jujubox.cli.registry import Scope
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "(application | unit | machine | model) <name>"
SCOPE: Scope = "model"
QUERIES = {
    "application": 'life=="alive" && status=="active"',
    "unit": 'life=="alive" && workload-status=="active"',
    "machine": 'life=="alive" && status=="started"',
    "model": 'life=="alive" && status=="available"',
}
_POLL_SECONDS = 20.0
_AFTERWARDS = {"alive": "is running", "dying": "is being removed", "dead": "has been removed"}


def flags(known: FlagSet) -> None:
    known.string("query")
    known.duration("timeout", default=600.0)
    known.boolean("summary", default=True)


def run(call: Invocation) -> None:
    if not is_lts(call):
        raise UsageError('juju: "wait-for" is not a juju command. See "juju --help".')
    kind, name = _asked(call)
    query = call.flags["query"] or QUERIES[kind]
    try:
        parse(query)
        life = _wait(call, kind, name, query)
    except QueryError as error:
        raise CommandError(str(error)) from error
    if call.flags["summary"]:
        call.warn(f"{kind.capitalize()} {quote(name)} {_AFTERWARDS[life]}")


def _asked(call: Invocation) -> tuple[str, str]:
    if not call.args or call.args[0] not in QUERIES:
        raise UsageError("wait-for needs one of: application, machine, model, unit")
    kind = call.args[0]
    if len(call.args) < 2:
        raise UsageError(f"{kind} name must be supplied when waiting for {'an' if kind[0] == 'a' else 'a'} {kind}")
    refuse_more(call.args[2:])
    return kind, call.args[1]


def _wait(call: Invocation, kind: str, name: str, query: str) -> str:
    """The life of what was waited for, once the query holds. Raises CommandError."""
    deadline = time.monotonic() + call.flags["timeout"]
    last: dict[str, Any] | None = None
    seen: Any = None
    while True:
        seen = _changed(call, name if kind == "model" else call.model, seen, deadline)
        scope = _scope(call, kind, name)
        if scope is None and last is not None:
            if holds(query, {**last, "life": "dead"}, call.warn):
                return "dead"
            raise CommandError(f"{kind} {name} removed")
        if scope is not None and holds(query, scope, call.warn):
            return str(scope["life"])
        last = scope
        if time.monotonic() >= deadline:
            raise CommandError(f"timed out waiting for {quote(name)} to reach goal state")
        if call.flags["debug"]:
            call.warn(f"waiting for {kind} {quote(name)}")


def _changed(call: Invocation, model: str, seen: Any, deadline: float) -> Any:
    """Waits for a change of the model since `seen`; at once the first time."""
    timeout = 0.0 if seen is None else max(0.0, min(_POLL_SECONDS, deadline - time.monotonic()))
    return call.call("wait_for", model=model, seen=seen, timeout=timeout)["seen"]


def _scope(call: Invocation, kind: str, name: str) -> dict[str, Any] | None:
    status = call.call("status", model=name if kind == "model" else call.model, selectors=[])
    scopes: dict[str, Callable[..., dict[str, Any] | None]] = {
        "application": wait_scope.application,
        "unit": wait_scope.unit,
        "machine": wait_scope.machine,
        "model": wait_scope.model,
    }
    return scopes[kind](status, name)
