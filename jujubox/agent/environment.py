"""The environment of a hook, an action or a command: exactly what Juju gives, nothing inherited.

Knows: every variable of the juju-hooks reference §2. Must not know: how the process is run.

Source: internal/worker/uniter/runner/context/{context,env}.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.context.context import Context
from jujubox.agent.paths import UnitPaths
from jujubox.protocol import StorageView, UnitFacts

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(context: Context, paths: UnitPaths, path: str = DEFAULT_PATH) -> dict[str, str]:
    """All variables of one context; `path` is the agent's own PATH."""
    variables = {
        **_always(context, paths, path),
        **_personality(context.facts),
        **_relation(context),
        **_storage(context),
        **_secret(context),
        **_action(context),
    }
    dispatch = dispatch_path(context)
    if dispatch:
        variables["JUJU_DISPATCH_PATH"] = dispatch
    return variables


def dispatch_path(context: Context) -> str:
    """`hooks/<name>` or `actions/<name>`; empty for commands."""
    if context.hook_name:
        return f"hooks/{context.hook_name}"
    if context.action is not None and context.action.name != "juju-exec":
        return f"actions/{context.action.name}"
    return ""


def _always(context: Context, paths: UnitPaths, path: str) -> dict[str, str]:
    facts = context.facts
    return {
        "CHARM_DIR": str(paths.charm),
        "JUJU_CHARM_DIR": str(paths.charm),
        "JUJU_CONTEXT_ID": context.id,
        "JUJU_HOOK_NAME": context.hook_name,
        "JUJU_AGENT_SOCKET_ADDRESS": str(paths.agent_socket),
        "JUJU_AGENT_SOCKET_NETWORK": "unix",
        "JUJU_UNIT_NAME": context.unit,
        "JUJU_MODEL_UUID": facts.model_uuid,
        "JUJU_MODEL_NAME": facts.model_name,
        "JUJU_API_ADDRESSES": " ".join(facts.api_addresses),
        "JUJU_MACHINE_ID": facts.machine,
        "JUJU_PRINCIPAL_UNIT": facts.principal,
        "JUJU_AVAILABILITY_ZONE": facts.availability_zone,
        "JUJU_VERSION": facts.agent_version,
        "CLOUD_API_VERSION": facts.cloud_api_version,
        **{f"JUJU_CHARM_{kind}": "" for kind in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")},
        "APT_LISTCHANGES_FRONTEND": "none",
        "DEBIAN_FRONTEND": "noninteractive",
        "LANG": "C.UTF-8",
        "TERM": "tmux-256color",
        "PATH": f"{paths.tools}:{path}",
    }


def _personality(facts: UnitFacts) -> dict[str, str]:
    if facts.personality == "3.6":
        return {"JUJU_SLA": "unsupported"}
    return {f"JUJU_CHARM_TRACE_CONFIG_{kind}": "" for kind in ("HTTP", "GRPC", "CA_CERT")}


def _relation(context: Context) -> dict[str, str]:
    if context.relation is None:
        return {}
    found = {
        "JUJU_RELATION": context.relation.endpoint,
        "JUJU_RELATION_ID": context.relation.name,
        "JUJU_REMOTE_UNIT": context.remote_unit,
        "JUJU_REMOTE_APP": context.remote_application,
    }
    if context.hook is not None and context.hook.departing_unit:
        found["JUJU_DEPARTING_UNIT"] = context.hook.departing_unit
    return found


def storage_of(context: Context) -> StorageView | None:
    """The storage that the context's hook is about."""
    wanted = context.hook.storage if context.hook is not None else ""
    return next((view for view in context.storage if view.id == wanted), None)


def _storage(context: Context) -> dict[str, str]:
    view = storage_of(context)
    if view is None:
        return {}
    return {"JUJU_STORAGE_ID": view.id, "JUJU_STORAGE_LOCATION": view.location, "JUJU_STORAGE_KIND": view.kind}


def _secret(context: Context) -> dict[str, str]:
    hook = context.hook
    if hook is None or not hook.is_secret:
        return {}
    found = {"JUJU_SECRET_ID": hook.secret, "JUJU_SECRET_LABEL": hook.secret_label}
    if hook.kind in ("secret-expired", "secret-remove"):
        found["JUJU_SECRET_REVISION"] = str(hook.secret_revision)
    return found


def _action(context: Context) -> dict[str, str]:
    action = context.action
    if action is None or action.name == "juju-exec":
        return {}
    return {
        "JUJU_ACTION_NAME": action.name,
        "JUJU_ACTION_UUID": action.task,
        "JUJU_ACTION_TAG": f"action-{action.task}",
    }
