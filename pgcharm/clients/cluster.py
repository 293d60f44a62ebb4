"""What a unit knows about the cluster when it decides how clients are served.

Knows: the form of that knowledge. Must not know: how it was observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgcharm.clients.access import AccessRule
from pgcharm.clients.catalogue import Catalogue
from pgcharm.clients.passwords import ClientKey
from pgcharm.clients.pooling import Pooling
from pgcharm.clients.publication import Member
from pgcharm.clients.request import Request


@dataclass(frozen=True)
class Cluster:
    """One unit's view.

    `members` are all units that clients may be sent to, this one included once it is a member; `primary` is None while
    there is none. `catalogue` is None while this unit's PostgreSQL does not answer, `key` while the leader has not made
    it. `loaded` are the rules of the running server (None while unknown), `notice` the text in the primary's peer bag,
    `notices` those of the other units, `generations` counts the rotations of a user's password. `leader`: whether this
    unit speaks for the application. `ca` is the certificate of the authority that signed the servers' certificates,
    `places` where all units are that stay, whether they serve now or not, `pooling` the poolers, where there are any.
    """

    unit: str
    members: tuple[Member, ...]
    primary: str | None
    version: str
    key: ClientKey | None
    catalogue: Catalogue | None
    loaded: frozenset[AccessRule] | None = None
    notice: str = ""
    generations: Mapping[str, int] = field(default_factory=dict)
    require_tls: bool = False
    leader: bool = False
    notices: Mapping[str, str] = field(default_factory=dict)
    ca: str = field(default="", repr=False)
    places: tuple[Member, ...] = ()
    pooling: Pooling | None = None

    @property
    def is_primary(self) -> bool:
        """Whether this unit may change anything in PostgreSQL."""
        return self.unit == self.primary

    def pooling_of(self, request: Request) -> Pooling | None:
        """The poolers, where the client is told of them."""
        return self.pooling if self.pooling is not None and self.pooling.serves(request) else None
