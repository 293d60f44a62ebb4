"""Making the context of a hook, an action or a command from what the agent knows.

Knows: which relations, members and storage a context sees. Must not know: how a process is run in it.
"""

from __future__ import annotations

import secrets

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.context import Context
from jujubox.agent.context.relations import ContextRelation, Relations, context_relation
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Hook
from jujubox.names import application_of


def hook_name(runtime: Runtime, hook: Hook) -> str:
    """The hook's full name, e.g. `db-relation-changed`, `data-storage-attached`."""
    if hook.is_relation:
        known = runtime.state.relation(hook.relation)
        return f"{known.endpoint if known is not None else 'unknown'}-{hook.kind}"
    if hook.is_storage:
        return f"{hook.storage.split('/')[0]}-{hook.kind}"
    return hook.kind


def hook_context(runtime: Runtime, hook: Hook) -> Context:
    """The context of a hook."""
    name = hook_name(runtime, hook)
    context = _context(runtime, name, hook)
    context.hook_name = name
    context.relation = context.relations.known.get(hook.relation if hook.relation is not None else -1)
    context.remote_unit = hook.remote_unit
    context.remote_application = hook.remote_application
    return context


def task_context(runtime: Runtime, action: ActionRun) -> Context:
    """The context of an action or of a command of the controller."""
    context = _context(runtime, "run-commands" if action.name == "juju-exec" else action.name, None)
    context.action = action
    return context


def command_context(runtime: Runtime, relation: int | None, remote_unit: str, remote_application: str = "") -> Context:
    """The context of a command, in a relation if one is given. Raises ValueError where that is ambiguous."""
    context = _context(runtime, "run-commands", None)
    if relation is None:
        return context
    known = context.relations.known.get(relation)
    if known is None:
        raise ValueError(f"unknown relation id: {relation}")
    context.relation = known
    context.remote_unit = _remote_unit(known, remote_unit)
    context.remote_application = remote_application or application_of(context.remote_unit)
    return context


def _remote_unit(relation: ContextRelation, wanted: str) -> str:
    if wanted:
        return wanted
    if not relation.members:
        raise ValueError(f"no remote unit found for relation id: {relation.id}, override to execute commands")
    if len(relation.members) > 1:
        raise ValueError(f"ambiguous remote unit; possibilities are [{' '.join(relation.members)}]")
    return relation.members[0]


def _context(runtime: Runtime, name: str, hook: Hook | None) -> Context:
    views = {view.id: view for view in runtime.view.relations}
    relations = [context_relation(known, views.get(known.id), hook) for known in runtime.state.relations.values()]
    runtime.members.prepare(hook, {known.id: known.members for known in relations})
    return Context(
        id=f"{runtime.unit}-{name}-{secrets.token_hex(16)}",
        facts=runtime.facts,
        calls=runtime.calls,
        log=runtime.logger(f"unit.{runtime.unit}.juju-log"),
        resources=runtime.paths.resources,
        hook_name="",
        relations=Relations(runtime.calls, relations, runtime.members),
        hook=hook,
        storage=tuple(view for view in runtime.view.storage if view.life != "dead"),
    )
