"""Juju's hook tools: the one module that imports charmhelpers.

Knows: how a hook tool is called. Must not know: which relation means what.
Secrets and the remote model are missing from charmhelpers; they are called beside it here.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

from charmhelpers.core import hookenv


class HookToolError(RuntimeError):
    """A hook tool refused. The text is what it said; arguments are left out, because they may be secret."""


def tool(*command: str, stdin: str | None = None) -> Any:
    """The JSON that a hook tool prints; None for nothing. Raises HookToolError."""
    done = subprocess.run([*command, "--format=json"], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HookToolError(f"cannot run {command[0]}: {done.stderr.strip()} (expected exit code 0)")
    return json.loads(done.stdout) if done.stdout.strip() else None


def unit() -> str:
    return str(hookenv.local_unit())


def model() -> tuple[str, str]:
    """The model's name and uuid."""
    return os.environ.get("JUJU_MODEL_NAME", ""), os.environ.get("JUJU_MODEL_UUID", "")


def is_leader() -> bool:
    return bool(hookenv.is_leader())


def config() -> dict[str, Any]:
    found = tool("config-get", "--all")
    return dict(found or {})


def address(endpoint: str) -> str:
    """The address at which others reach this unit through an endpoint; empty while Juju has none."""
    try:
        found = hookenv.network_get(endpoint)
    except (NotImplementedError, subprocess.CalledProcessError):
        return ""
    addresses = found.get("ingress-addresses") or []
    return str(addresses[0]) if addresses else ""


def goal_units() -> dict[str, str] | None:
    """The application's units as the controller has them now, each with its status; None where it does not answer."""
    try:
        found = tool("goal-state")
    except HookToolError:
        return None
    return {name: str(entry.get("status", "")) for name, entry in (found.get("units") or {}).items()}


def relations(endpoint: str) -> list[int]:
    return sorted(int(relation.rsplit(":", 1)[1]) for relation in hookenv.relation_ids(endpoint) or [])


def own_relation() -> int | None:
    """The relation that this hook is about; None where it is about none."""
    name = hookenv.relation_id()
    return int(name.rsplit(":", 1)[1]) if name else None


def remote_units(endpoint: str, relation: int) -> list[str]:
    return list(hookenv.related_units(f"{endpoint}:{relation}"))


def remote_application(endpoint: str, relation: int) -> str:
    return str(tool("relation-list", "--app", "-r", f"{endpoint}:{relation}") or "")


def remote_model(endpoint: str, relation: int) -> str:
    """The uuid of the remote model; empty where Juju cannot say."""
    try:
        found = tool("relation-model-get", "-r", f"{endpoint}:{relation}")
    except (HookToolError, OSError):
        return ""
    return str((found or {}).get("uuid", ""))


def bag(endpoint: str, relation: int, of: str, application: bool = False) -> dict[str, str]:
    """One databag of a relation; empty where it does not exist any more."""
    options = ["--app"] if application else []
    try:
        found = tool("relation-get", "-r", f"{endpoint}:{relation}", *options, "-", of)
    except HookToolError:
        return {}
    return {str(key): str(value) for key, value in (found or {}).items()}


def write_bag(endpoint: str, relation: int, settings: Mapping[str, str | None], application: bool = False) -> None:
    """Set keys of our own bag; None takes a key away. What they say is in no process list.

    hookenv.relation_set asks relation-set for its help first, each time.
    """
    texts = {key: value or "" for key, value in settings.items()}
    options = ["--app"] if application else []
    _run("relation-set", "-r", f"{endpoint}:{relation}", *options, "--file", "-", stdin=json.dumps(texts))


def opened_ports() -> tuple[str, ...]:
    return tuple(hookenv.opened_ports())


def open_port(port: int) -> None:
    hookenv.open_port(port)


def close_port(port: int) -> None:
    hookenv.close_port(port)


def set_status(level: str, message: str, application: bool = False) -> None:
    tool_options = ["--application"] if application else []
    subprocess.run(["status-set", *tool_options, level, message], check=False)


def set_version(version: str) -> None:
    hookenv.application_version_set(version)


def log(message: str, level: str = "INFO") -> None:
    hookenv.log(message, level=level)


def storage(name: str) -> str:
    """Where a filesystem storage is mounted; empty when none is attached."""
    for instance in hookenv.storage_list(name) or []:
        found = tool("storage-get", "-s", instance)
        if found and found.get("location"):
            return str(found["location"])
    return ""


def secret(label: str) -> dict[str, str] | None:
    """The newest content of a secret of this application by its label; None where there is none yet."""
    try:
        return dict(tool("secret-get", "--label", label, "--refresh") or {})
    except HookToolError as error:
        if "not found" in str(error):
            return None
        raise


def secret_at(uri: str) -> dict[str, str]:
    """The newest content of a secret that somebody has granted to us. Raises HookToolError."""
    return dict(tool("secret-get", uri, "--refresh") or {})


def add_secret(label: str, content: Mapping[str, str]) -> None:
    """Create a secret of the application."""
    _give_secret(content, "secret-add", "--owner", "application", "--label", label)


def change_secret(label: str, content: Mapping[str, str]) -> None:
    """Give a secret of the application a new revision; it counts when the hook has succeeded."""
    (identifier,) = tool("secret-info-get", "--label", label)
    _give_secret(content, "secret-set", identifier)


def give_secret(uri: str, label: str, content: Mapping[str, str], relation: str) -> str:
    """Have a relation's client read this content: a secret of the application, made where there is none; its URI."""
    known = uri or _labelled(label)
    if known:
        _give_secret(content, "secret-set", known)
        return known
    made = _give_secret(content, "secret-add", "--owner", "application", "--label", label)
    _run("secret-grant", made, "-r", relation)
    return made


def remove_secrets(prefix: str, keep: Iterable[str]) -> None:
    """Remove the application's secrets whose labels begin so, but for those to keep."""
    kept = set(keep)
    for identifier in tool("secret-ids") or []:
        ((_, found),) = tool("secret-info-get", identifier).items()
        label = str(found.get("label") or "")
        if label.startswith(prefix) and label not in kept:
            _run("secret-remove", identifier)


def _labelled(label: str) -> str:
    """The id of a secret of ours; empty where there is none."""
    try:
        (identifier,) = tool("secret-info-get", "--label", label)
        return str(identifier)
    except HookToolError:
        return ""


def _give_secret(content: Mapping[str, str], *command: str) -> str:
    """Values go through a file, so that no process list shows them. What the tool prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir="/run") as file:
        json.dump(dict(content), file)
        file.flush()
        return _run(*command, "--file", file.name)


def _run(*command: str, stdin: str | None = None) -> str:
    """What a tool prints that knows no `--format`. Raises HookToolError."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HookToolError(f"cannot run {command[0]}: {done.stderr.strip()} (expected exit code 0)")
    return done.stdout.strip()


def remove_secret_revision(uri: str, revision: str) -> None:
    """Remove a revision that nobody reads any more, when the hook has succeeded."""
    command = ["secret-remove", uri, "--revision", revision]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HookToolError(f"cannot run secret-remove: {done.stderr.strip()} (expected exit code 0)")


def action_parameters() -> dict[str, Any]:
    return dict(tool("action-get") or {})


def action_log(message: str) -> None:
    """Say how far an action is, while it runs; in a hook nobody listens."""
    if os.environ.get("JUJU_ACTION_NAME"):
        subprocess.run(["action-log", message], check=False)


def action_result(results: Mapping[str, str]) -> None:
    hookenv.action_set(dict(results))


def action_failed(message: str) -> None:
    hookenv.action_fail(message)
