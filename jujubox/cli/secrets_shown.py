"""Secrets as `secrets` and `show-secret` print them.

Knows: their keys, times and table.
Must not know: how they were got.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jujubox.cli.tabs import columns
from jujubox.cli.times import as_rfc3339

_TIMES = frozenset({"created", "updated", "expires", "rotates"})


def as_printed(value: Any, yaml: bool) -> Any:
    """Secrets with times as Go prints them; in YAML they stand bare, and content stands below `content` itself."""
    if isinstance(value, list):
        return [as_printed(item, yaml) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _shown(key, item, yaml) for key, item in value.items()}


def _shown(key: str, item: Any, yaml: bool) -> Any:
    if key in _TIMES and isinstance(item, str):
        return _time(item, yaml)
    if key == "content" and isinstance(item, dict):
        return item.get("Data", item) if yaml else item
    return as_printed(item, yaml)


def _time(text: str, yaml: bool) -> str:
    shown = as_rfc3339(text)
    if not yaml:
        return shown
    from jujubox.goyaml import Plain

    return Plain(shown)


def table(secrets: Mapping[str, Any]) -> str:
    """One line a secret."""
    rows = [["ID", "Name", "Owner", "Rotation", "Revision", "Last updated"]]
    for key, secret in sorted(secrets.items(), key=lambda item: (item[1].get("owner") or "", item[0])):
        name = secret.get("name") or secret.get("label") or "-"
        owner, rotation = secret.get("owner") or "-", secret.get("rotation") or "never"
        rows.append([key, name, owner, rotation, str(secret["revision"]), as_rfc3339(secret["updated"])])
    return columns(rows, right=(4,))
