"""A client's relation as Juju shows it: plain, untrusted text.

Knows: which endpoints exist and what each gives. Must not know: what the text means (see `request`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Bag = Mapping[str, str]


@dataclass(frozen=True)
class Endpoint:
    """What an endpoint gives to who joins it. No application's name can make one prefix look like another."""

    name: str
    user_prefix: str
    schema_prefix: str | None
    superuser: bool
    by_application: bool = False
    """Whether wish and answer are the applications', in their bags, and not each unit's."""


ENDPOINTS: Mapping[str, Endpoint] = {
    "db": Endpoint("db", "juju_", "jujuschema_", superuser=False),
    "db-admin": Endpoint("db-admin", "jujuadmin_", None, superuser=True),
    "database": Endpoint("database", "jujudb_", None, superuser=False, by_application=True),
}


@dataclass(frozen=True)
class ClientRelation:
    """One relation of a client application.

    `units` are the remote units now in scope with their bags; `published` is this unit's own bag as it is now, and
    `answered` our application's, which only the leader sees.
    `remote_model` is the uuid of the client's model when it is not this one, else empty.
    """

    id: int
    endpoint: str
    application: str
    units: Mapping[str, Bag] = field(default_factory=dict)
    application_bag: Bag = field(default_factory=dict)
    published: Bag = field(default_factory=dict, repr=False)
    answered: Bag = field(default_factory=dict, repr=False)
    remote_model: str = ""
