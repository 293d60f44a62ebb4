"""The option -r/--relation of the tools that work on a relation.

Source: internal/worker/uniter/runner/jujuc/relation.go (relationIdValue) of Juju.
"""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.agent.context.relations import ContextRelation
from jujubox.flags import Flags, FlagSet, UsageError, quote


def relation_flag(flags: FlagSet) -> None:
    """Adds the option."""
    flags.string("r", "relation")


def given_relation(context: Context, flags: Flags) -> ContextRelation | None:
    """The relation that -r names, or the hook's, or None. Raises UsageError for one that does not exist."""
    text = str(flags["relation"])
    if not flags.given("relation") or not text:
        return context.relation
    number = text.rsplit(":", 1)[-1]
    if not number.isdigit():
        raise UsageError(f"invalid value {quote(text)} for option -r: invalid relation id")
    relation = context.relations.known.get(int(number))
    if relation is None:
        raise UsageError(f"invalid value {quote(text)} for option -r: relation not found")
    return relation


def wanted_relation(context: Context, flags: Flags) -> ContextRelation:
    """As above; raises UsageError where there is none."""
    relation = given_relation(context, flags)
    if relation is None:
        raise UsageError("no relation id specified")
    return relation
