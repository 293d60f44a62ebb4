"""Which relations the unit enters, which it can forget, and which have not been told to the charm yet.

Source: internal/worker/uniter/relation/createdrelations.go and SynchronizeScopes in statetracker.go of Juju.
"""

from __future__ import annotations

from dataclasses import replace

from jujubox.agent.operations import RunHook
from jujubox.agent.state import Hook, LocalState, RelationState, UnitState
from jujubox.protocol import RelationView, UnitView


def to_enter(state: UnitState, remote: UnitView) -> tuple[RelationView, ...]:
    """The alive relations whose scope the unit has not entered yet. Nothing is entered before `install` has run."""
    if not state.installed or state.kind != "continue" or remote.life != "alive":
        return ()
    return tuple(
        v for v in remote.relations if v.life == "alive" and not v.suspended and str(v.id) not in state.relations
    )


def entered(state: UnitState, view: RelationView) -> UnitState:
    """The state after the unit entered a relation's scope."""
    relation = RelationState(view.id, view.endpoint, view.remote_application, peer=view.role == "peer")
    return replace(state, relations={**state.relations, str(view.id): relation})


def to_forget(state: UnitState, remote: UnitView) -> tuple[int, ...]:
    """Relations that end without a further hook: the charm was never told of them, or peers that are all gone."""
    if state.kind != "continue":
        return ()
    views = {view.id: view for view in remote.relations}
    return tuple(known.id for known in state.relations.values() if _ends_silently(known, views.get(known.id), remote))


def _ends_silently(known: RelationState, view: RelationView | None, remote: UnitView) -> bool:
    over = view is None or view.life != "alive" or view.suspended
    if known.peer:
        return over and not known.members
    return (over or remote.life != "alive") and not known.created


def forgotten(state: UnitState, relation: int) -> UnitState:
    """The state after the unit left a relation's scope."""
    return replace(state, relations={key: known for key, known in state.relations.items() if key != str(relation)})


def relation_created(local: LocalState, remote: UnitView) -> RunHook | None:
    """relation-created for the first alive relation that the charm has not been told of."""
    state = local.unit
    if not state.installed or remote.life != "alive" or state.kind != "continue":
        return None
    alive = {view.id for view in remote.relations if view.life == "alive" and not view.suspended}
    for known in sorted(state.relations.values(), key=lambda relation: relation.id):
        if known.id in alive and not known.created:
            return RunHook(Hook("relation-created", relation=known.id, remote_application=known.remote_application))
    return None
