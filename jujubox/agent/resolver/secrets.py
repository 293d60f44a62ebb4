"""The next secret hook: expired, rotate, changed, remove.

Source: internal/worker/uniter/secrets/resolver.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.operations import RunHook
from jujubox.agent.state import Hook, LocalState, UnitState
from jujubox.protocol import SecretEvents, UnitView


def secret_hook(local: LocalState, remote: UnitView) -> RunHook | None:
    """The next secret hook of an installed unit that stays; never beside another operation."""
    state = local.unit
    if not state.installed or remote.life != "alive" or state.kind != "continue":
        return None
    hook = _owner_hook(remote.secrets) or _changed(state, remote.secrets) or _removed(state, remote.secrets)
    return RunHook(hook) if hook is not None else None


def _owner_hook(events: SecretEvents) -> Hook | None:
    for uri, label, revision in sorted(events.expired):
        return Hook("secret-expired", secret=uri, secret_label=label, secret_revision=revision)
    for uri, label in sorted(events.rotate):
        return Hook("secret-rotate", secret=uri, secret_label=label)
    return None


def _changed(state: UnitState, events: SecretEvents) -> Hook | None:
    for uri, label, revision in sorted(events.changed):
        if state.secrets_changed.get(uri, 0) < revision:
            return Hook("secret-changed", secret=uri, secret_label=label, secret_revision=revision)
    return None


def _removed(state: UnitState, events: SecretEvents) -> Hook | None:
    for uri, label, revision in sorted(events.remove):
        if f"{uri}/{revision}" not in state.secrets_removed:
            return Hook("secret-remove", secret=uri, secret_label=label, secret_revision=revision)
    return None
