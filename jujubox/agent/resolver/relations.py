"""The next hook of the unit's relations.

Source: internal/worker/uniter/relation/resolver.go (nextHookForRelation) and statetracker.go of Juju.

Relations with other applications come before peer relations. Within one relation: the `changed` that a `joined`
promised, then `departed`, `broken`, `changed` of the application's bag, `joined`, `changed` of members.
"""

from __future__ import annotations

from dataclasses import replace

from jujubox.agent.state import Hook, RelationState, UnitState
from jujubox.names import application_of, unit_order
from jujubox.protocol import RelationView, UnitView


def next_hook(state: UnitState, remote: UnitView) -> Hook | None:
    """The next relation hook, or None. Nothing happens while another operation is under way."""
    if state.kind != "continue":
        return None
    views = {view.id: view for view in remote.relations}
    for relation in sorted(state.relations.values(), key=lambda known: (known.peer, known.id)):
        hook = next_hook_of(relation, views.get(relation.id), remote)
        if hook is not None:
            return hook
    return None


def next_hook_of(local: RelationState, view: RelationView | None, remote: UnitView) -> Hook | None:
    """The next hook of one relation in whose scope the unit is; `view` is None when the relation is gone."""
    breaking = is_breaking(view, remote)
    target = view if view is not None and not breaking else _emptied(local)
    if local.changed_pending:
        unit = local.changed_pending
        version = view.members.get(unit) if view is not None else None
        seen = version if version is not None else local.members.get(unit, 0)
        return _hook("relation-changed", local, unit, version=seen)
    departed = _departed(local, target, remote)
    if departed is not None:
        return departed
    if breaking:
        return None if local.peer else _hook("relation-broken", local)
    return _application_changed(local, target) or _joined(local, target) or _changed(local, target)


def is_breaking(view: RelationView | None, remote: UnitView) -> bool:
    """Whether the unit is to leave the relation: the unit or the relation goes, or the relation is suspended."""
    return view is None or remote.life != "alive" or view.life != "alive" or view.suspended


def _emptied(local: RelationState) -> RelationView:
    role = "peer" if local.peer else "requirer"
    return RelationView(local.id, local.endpoint, role, "", local.remote_application, "dying")  # type: ignore[arg-type]


def _hook(kind: str, local: RelationState, unit: str = "", version: int = 0) -> Hook:
    application = application_of(unit) if unit else local.remote_application
    return Hook(kind, relation=local.id, remote_unit=unit, remote_application=application, version=version)


def _departed(local: RelationState, view: RelationView, remote: UnitView) -> Hook | None:
    for unit in sorted(local.members, key=unit_order):
        if unit not in view.members:
            leaver = remote.unit if remote.life != "alive" else unit
            return replace(_hook("relation-departed", local, unit, local.members[unit]), departing_unit=leaver)
    return None


def _application_changed(local: RelationState, view: RelationView) -> Hook | None:
    for application, version in sorted(view.application_members.items()):
        if local.application_members.get(application, 0) != version:
            hook = _hook("relation-changed", local, version=version)
            return replace(hook, remote_application=application)
    return None


def _joined(local: RelationState, view: RelationView) -> Hook | None:
    for unit in sorted(view.members, key=unit_order):
        if unit not in local.members:
            return _hook("relation-joined", local, unit, view.members[unit])
    return None


def _changed(local: RelationState, view: RelationView) -> Hook | None:
    for unit in sorted(view.members, key=unit_order):
        if local.members.get(unit) != view.members[unit]:
            return _hook("relation-changed", local, unit, view.members[unit])
    return None
