"""What a store is for, which decides its tables.

Knows: the profiles and the stores that have one by their name. Must not know: columns.

>>> profile_of("events"), profile_of("whatever")
(<Profile.EVENTS: 'EVENTS'>, <Profile.BASIC: 'BASIC'>)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pgstore.errors import BadRequest


class Profile(Enum):
    """A kind of store."""

    BASIC = "BASIC"
    """Documents by id."""
    OBJECTS = "OBJECTS"
    """Documents with attachments."""
    RESOURCES = "RESOURCES"
    """Documents with places, times, associations, a directory and attachments."""
    DIRECTORY = "DIRECTORY"
    """The same tables, used for their directory."""
    EVENTS = "EVENTS"
    """What happened where and when; nothing is kept of what is replaced."""
    STATE = "STATE"
    """What processes want to find again."""
    FILES = "FILES"
    """Contents under paths."""

    @property
    def has_resources(self) -> bool:
        return self in (Profile.RESOURCES, Profile.DIRECTORY)

    @property
    def has_attachments(self) -> bool:
        return self.has_resources or self in (Profile.OBJECTS, Profile.FILES)

    @property
    def has_history(self) -> bool:
        return self not in (Profile.EVENTS, Profile.STATE)


_BY_NAME = {
    "resources": Profile.RESOURCES,
    "directory": Profile.DIRECTORY,
    "objects": Profile.OBJECTS,
    "conversations": Profile.OBJECTS,
    "events": Profile.EVENTS,
    "state": Profile.STATE,
    "files": Profile.FILES,
    "filesystem": Profile.FILES,
}


def profile_of(local_name: str, wanted: Profile | str | None = None) -> Profile:
    """The profile asked for, or the one that stores of this name have."""
    if wanted is None:
        return _BY_NAME.get(local_name, Profile.BASIC)
    try:
        return wanted if isinstance(wanted, Profile) else Profile(wanted.upper())
    except (ValueError, AttributeError):
        known = ", ".join(profile.value for profile in Profile)
        raise BadRequest(f"cannot make store {local_name}: {wanted!r:.40} is no profile (expected {known})") from None


@dataclass(frozen=True)
class StoreShape:
    """One store, as the catalogue has it."""

    name: str
    profile: Profile
    srid: int = 4326
    search: bool = False
    """Whether all texts of a document are indexed, for `all_match`."""
