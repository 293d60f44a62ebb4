"""A store by its profile: the faces that it has.

Knows: which faces go together. Must not know: what any of them does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from pgclient import CommitToken, Route, Transaction, Wanted
from pgstore.faces.associations import Associations
from pgstore.faces.attachments import Attachments
from pgstore.faces.backing import Backing
from pgstore.faces.directory import Directory
from pgstore.faces.documents import Documents
from pgstore.faces.events import Events
from pgstore.faces.files import Files
from pgstore.faces.resources import Resources
from pgstore.faces.state import States
from pgstore.faces.stored import StoredQueries
from pgstore.faces.views import Views
from pgstore.schema.profiles import Profile

S = TypeVar("S", bound="Store")


class Store(Documents, Views, StoredQueries):
    """Documents by id, and what is found among them."""

    @property
    def name(self) -> str:
        """With the prefix of its system."""
        return self._backing.name

    @property
    def profile(self) -> Profile:
        return self._backing.shape.profile

    @property
    def token(self) -> CommitToken | None:
        """What the last write left: hand it to `reading`, here or in another process, to see that write."""
        return self._backing.door.written.token

    def reading(self: S, to: Wanted | str = "prefer-standby", *, after: CommitToken | None = None) -> S:
        """The same store, read-only, on standbys. It sees at least what was written with the token `after`."""
        door = self._backing.door
        route = Route(to, after=after or door.written.token)
        return type(self)(replace(self._backing, door=replace(door, route=route, tx=None)))

    def within(self: S, tx: Transaction) -> S:
        """The same store inside of a transaction that somebody else commits."""
        return type(self)(replace(self._backing, door=replace(self._backing.door, tx=tx)))

    def limited(self: S, timeout: float | None) -> S:
        """The same store, each call of which may take so many seconds."""
        return type(self)(replace(self._backing, door=replace(self._backing.door, timeout=timeout)))


class ObjectStore(Attachments, Store):
    """Documents with attachments."""


class ResourceStore(Attachments, Associations, Resources, Directory, Store):
    """Everything that resources have."""


class EventStore(Events, Store):
    """What happened."""


class StateStore(States, Store):
    """What processes keep."""


class FileStore(Files, Store):
    """Contents under paths."""


FACES: dict[Profile, type[Store]] = {
    Profile.BASIC: Store,
    Profile.OBJECTS: ObjectStore,
    Profile.RESOURCES: ResourceStore,
    Profile.DIRECTORY: ResourceStore,
    Profile.EVENTS: EventStore,
    Profile.STATE: StateStore,
    Profile.FILES: FileStore,
}


def make(backing: Backing) -> Any:
    """The store with the faces of its profile."""
    return FACES[backing.shape.profile](backing)
