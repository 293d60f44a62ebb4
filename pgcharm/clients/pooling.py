"""Clients that are served through a pooler: who wants it, and whom the servers have to let in for that.

Knows: the poolers' ports, and that a unit's pooler comes to the servers from that unit's own address. Must not know:
what a pooler is, or how it finds the primary.

Whom a pooler lets in is told by the same rules as whom a server lets in; it hands the client's own login on, so that
behind it a client can do what it could do without it, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pgcharm.clients.access import AccessRule, users_and_database
from pgcharm.clients.addresses import client_networks
from pgcharm.clients.publication import Member
from pgcharm.clients.request import Request


@dataclass(frozen=True)
class Pooling:
    """The poolers of the cluster, and how far this unit's are.

    `port` leads to the primary, `reads` to the unit's own server. `default`: whether clients that do not say get it.
    `on`: whether clients are told of them; they may run on for a while after they were turned off. `admits`: whether
    this unit's poolers let in whom they should. `hosts` are the addresses that poolers come from.
    """

    port: int
    reads: int
    default: bool = False
    on: bool = True
    admits: bool = False
    hosts: tuple[str, ...] = ()

    def may_use(self, request: Request) -> bool:
        """Whether a client may come through a pooler."""
        return self.default if request.pooler is None else request.pooler

    def serves(self, request: Request) -> bool:
        """Whether a client is told to come through a pooler."""
        return self.on and self.may_use(request)

    def in_front_of(self, members: Iterable[Member], primary: str | None) -> tuple[Member, ...]:
        """Where clients find the poolers: of the primary's unit the one that leads to the primary, of others theirs."""
        return tuple(
            Member(member.unit, member.host, self.port if member.unit == primary else self.reads) for member in members
        )

    def everywhere(self, members: Iterable[Member], reading: bool = False) -> tuple[Member, ...]:
        """The poolers of all units that lead to the primary, or to their own server."""
        return tuple(Member(member.unit, member.host, self.reads if reading else self.port) for member in members)

    def rules(self, request: Request) -> tuple[AccessRule, ...]:
        """The lines of pg_hba.conf that let a client's logins in as the poolers hand them on."""
        if not self.may_use(request):
            return ()
        users, database = users_and_database(request)
        networks = (network for host in self.hosts for network in client_networks({"ingress-address": host}))
        return tuple(AccessRule("hostssl", database, users, network) for network in networks)
