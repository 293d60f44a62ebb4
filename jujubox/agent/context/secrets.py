"""Secrets as one context sees them: those it creates and changes for later, over those that are stored.

Knows: that an id is reserved at once and the rest comes with the commit; what of pending changes can be read back.
Must not know: flags or texts of a tool, where secrets are stored.

Source: internal/worker/uniter/runner/context/{context,secrets}.go of Juju.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jujubox.agent.context.calls import ToolError, UnitCalls
from jujubox.protocol import SecretChange


def bare_id(uri: str) -> str:
    """The id in `secret:<id>`, `secret://<model>/<id>` or a bare id."""
    return uri.rsplit("/", 1)[-1].removeprefix("secret:")


class Secrets:
    """Pending changes of one context and reads through them."""

    def __init__(self, calls: UnitCalls) -> None:
        self._calls = calls
        self._creates: dict[str, SecretChange] = {}
        self._updates: dict[str, SecretChange] = {}
        self._others: list[SecretChange] = []
        self._latest: dict[str, str] = {}

    async def create(self, change: SecretChange) -> str:
        """Reserve an id for a new secret and return its URI."""
        self._refuse_label(change.label)
        uri = str(await self._calls("secret.create_id"))
        self._creates[bare_id(uri)] = replace(change, uri=uri)
        return uri

    def _refuse_label(self, label: str | None) -> None:
        if label and any(pending.label == label for pending in self._creates.values()):
            raise ToolError(f'secret with label "{label}" already exists')

    def update(self, change: SecretChange) -> None:
        """Change a secret, or one that this context creates."""
        id = bare_id(change.uri)
        pending = self._creates if id in self._creates else self._updates
        before = pending.get(id)
        pending[id] = change if before is None else _merged(before, change)

    def remove(self, uri: str, revision: int | None) -> None:
        """Remove a secret or one of its revisions."""
        id = bare_id(uri)
        self._updates.pop(id, None)
        if self._creates.pop(id, None) is None:
            self._others.append(SecretChange("remove", uri, revision=revision))

    def grant(self, change: SecretChange) -> None:
        """Grant or revoke."""
        self._others.append(change)

    async def owner(self, uri: str) -> str:
        """`application` or `unit`. Raises CallError for a secret that the unit may not manage."""
        pending = self._creates.get(bare_id(uri))
        if pending is not None:
            return pending.owner
        found = await self._calls("secret.info", uri=uri, label=None)
        return str((found.get(bare_id(uri)) or {}).get("owner", ""))

    def pending_content(self, uri: str, label: str, newest: bool) -> dict[str, str] | None:
        """Content that is not stored yet: of a new secret always, of a changed one when the newest is wanted."""
        id = bare_id(uri) if uri else self._id_with_label(label)
        if id in self._creates:
            return self._creates[id].content
        if newest and id in self._updates and self._updates[id].content is not None:
            return self._updates[id].content
        return None

    def _id_with_label(self, label: str) -> str:
        for id, change in (*self._creates.items(), *self._updates.items()):
            if label and change.label == label:
                return id
        return ""

    async def content(self, uri: str, label: str, refresh: bool, peek: bool) -> dict[str, str]:
        """The content (base64) that secret-get prints. Raises CallError where the controller refuses."""
        pending = self.pending_content(uri, label, refresh or peek)
        if pending is not None:
            if refresh and uri and bare_id(uri) in self._updates:
                self._latest[bare_id(uri)] = self._updates[bare_id(uri)].uri
            return pending
        named = {"uri": uri or None, "label": None if uri else label, "new_label": (label or None) if uri else None}
        found = await self._calls("secret.get", refresh=refresh, peek=peek, **named)
        return dict(found["content"])

    async def info(self, uri: str, label: str) -> dict[str, Any]:
        """What secret-info-get prints, by bare id."""
        pending = {bare_id(uri)} if uri else {self._id_with_label(label)}
        for id in pending & self._creates.keys():
            return {id: _pending_info(self._creates[id])}
        return dict(await self._calls("secret.info", uri=uri or None, label=None if uri else label))

    async def ids(self) -> list[str]:
        """Bare ids of the secrets that the unit or its application owns."""
        removed = {
            bare_id(change.uri) for change in self._others if change.action == "remove" and change.revision is None
        }
        stored = [id for id in await self._calls("secret.ids") if id not in removed]
        return stored + [id for id in self._creates if id not in stored]

    def changes(self) -> tuple[SecretChange, ...]:
        """Everything asked for, in an order that works: create, update, remove, grant, revoke."""
        order = {"remove": 0, "grant": 1, "revoke": 2}
        others = sorted(self._others, key=lambda change: order[change.action])
        return (*self._creates.values(), *self._updates.values(), *others)

    def track_latest(self) -> tuple[str, ...]:
        """Secrets whose pending revision was read with --refresh."""
        return tuple(self._latest.values())


def _merged(before: SecretChange, change: SecretChange) -> SecretChange:
    given = {
        name: value
        for name in ("content", "label", "description", "rotate", "expire")
        if (value := getattr(change, name)) is not None
    }
    return replace(before, **given)


def _pending_info(change: SecretChange) -> dict[str, Any]:
    info: dict[str, Any] = {"revision": 1, "label": change.label or "", "owner": change.owner}
    if change.description:
        info["description"] = change.description
    info["rotation"] = change.rotate or "never"
    return info
