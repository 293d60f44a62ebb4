"""OpenTelemetry spans for each call.

    Cluster("postgresql://...", options=Options(trace=tracing.spans()))

Needs opentelemetry-api. Knows: spans and their attributes. Must not know: what a call does.
https://opentelemetry.io/docs/specs/semconv/database/postgresql/
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from opentelemetry import trace


def spans(tracer: trace.Tracer | None = None) -> Callable[[str, object], AbstractContextManager[object]]:
    """For `Options.trace`. A span holds the statement's text, never its parameters; an error that ends it is in it."""
    used = tracer or trace.get_tracer("pgclient")

    def span(call: str, query: object) -> AbstractContextManager[object]:
        attributes = {"db.system.name": "postgresql"}
        name = call
        if isinstance(query, (str, bytes)):
            text = query.decode("utf-8", "replace") if isinstance(query, bytes) else query
            attributes["db.query.text"] = text
            attributes["db.operation.name"] = text.split(None, 1)[0].upper() if text.strip() else ""
            name = f"{call} {attributes['db.operation.name']}"
        return used.start_as_current_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)

    return span
