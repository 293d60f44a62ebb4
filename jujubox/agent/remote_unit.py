"""Which relation and remote unit a command on the machine (juju-exec -r) runs in: given, inferred, or refused.

Knows: the members of the unit's relations. Must not know: how the command is run.

Source of the rules and texts: internal/worker/uniter/runner/factory.go (inferRemoteUnit) of Juju.
"""

from __future__ import annotations

from collections.abc import Mapping

from jujubox.agent.context.relations import ContextRelation
from jujubox.agent.state import Command
from jujubox.names import is_unit


class Unsuitable(ValueError):
    """The command's relation or remote unit makes no sense."""


def relation_of(command: Command, relations: Mapping[int, ContextRelation]) -> ContextRelation | None:
    """The relation that the command names, or None. Raises Unsuitable."""
    if command.remote_unit and not is_unit(command.remote_unit):
        raise Unsuitable(f"invalid remote unit: {command.remote_unit}")
    if command.relation is None:
        if command.remote_unit:
            raise Unsuitable(f"remote unit provided without a relation: {command.remote_unit}")
        return None
    if command.relation not in relations:
        raise Unsuitable(f"unknown relation id: {command.relation}")
    return relations[command.relation]


def remote_unit_of(command: Command, relation: ContextRelation) -> str:
    """The remote unit that the command runs with; the only member where none is named. Raises Unsuitable."""
    members = relation.members
    if command.force or command.remote_unit in members:
        return command.remote_unit
    possible = f"possibilities are [{' '.join(members)}]"
    if command.remote_unit:
        raise Unsuitable(f"unknown remote unit {command.remote_unit}; {possible}")
    if not members:
        raise Unsuitable(f"cannot infer remote unit in empty relation {relation.id}")
    if len(members) > 1:
        raise Unsuitable(f"ambiguous remote unit; {possible}")
    return members[0]
