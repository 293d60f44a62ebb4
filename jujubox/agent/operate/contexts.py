"""Making the context of a hook, an action or a command from what the agent knows.

Knows: which relations, members and storage a context sees. Must not know: how a process is run in it.
"""

from __future__ import annotations

import secrets

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.context import Context
from jujubox.agent.context.relations import Relations, context_relation
from jujubox.agent.remote_unit import relation_of, remote_unit_of
from jujubox.agent.runtime import Runtime
from jujubox.agent.state import Command, Hook
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


def command_context(runtime: Runtime, command: Command) -> Context:
    """The context of a command, in a relation if it names one. Raises Unsuitable."""
    context = _context(runtime, "run-commands", None)
    put_in_relation(context, command)
    return context


def put_in_relation(context: Context, command: Command) -> None:
    """Give a context the relation that a command names. Raises Unsuitable."""
    context.relation = relation_of(command, context.relations.known)
    if context.relation is not None:
        context.remote_unit = remote_unit_of(command, context.relation)
        application = (
            application_of(context.remote_unit) if context.remote_unit else context.relation.remote_application
        )
        context.remote_application = command.remote_application or application


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
