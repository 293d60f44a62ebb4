"""Which units ought to vote in etcd, and who is who among its members.

Knows: the rule of odd numbers (reference: one voter on each of up to five units). Must not know: how to change it.

    >>> voters_for(["a/0", "a/1", "a/2", "a/3"], voting=["a/0"])
    ('a/0', 'a/1', 'a/2')
    >>> voters_for(["a/1", "a/3"], voting=["a/3"])
    ('a/1', 'a/3')
"""

from __future__ import annotations

from collections.abc import Iterable

from pgcharm.cluster import peer_words, unit_number
from pgcharm.layout import ETCD_PEER_PORT, bracketed, member_name, unit_name
from pgcharm.observation import Etcd, EtcdMember, Juju

MOST_VOTERS = 5


def voters_for(units: Iterable[str], voting: Iterable[str]) -> tuple[str, ...]:
    """The units that ought to vote: those that do already first, then the lowest numbers; one, two, three or five."""
    units = list(units)
    voting = set(voting)
    number = len(units) if len(units) <= 2 else min(MOST_VOTERS, len(units) - (len(units) + 1) % 2)
    chosen = sorted(units, key=lambda unit: (unit not in voting, unit_number(unit)))[:number]
    return tuple(sorted(chosen, key=unit_number))


def staying_units(juju: Juju) -> tuple[str, ...]:
    """The application's units that are not on their way out, as the controller has them, or else as we do."""
    if juju.goal is not None:
        found = [unit for unit, status in juju.goal.items() if status != "dying"]
    else:
        found = [juju.unit, *juju.others]
    return tuple(sorted(set(found), key=unit_number))


def wanted_voters(juju: Juju, etcd: Etcd) -> tuple[str, ...]:
    """The units that ought to vote now."""
    voting = [unit_name(member.name) for member in etcd.members if member.name and not member.learner]
    return voters_for(staying_units(juju), voting)


def peer_url(address: str) -> str:
    """Where etcd's members reach one another."""
    return f"https://{bracketed(address)}:{ETCD_PEER_PORT}"


def own_member(juju: Juju, etcd: Etcd) -> EtcdMember | None:
    """This unit's member, by its name or, before its first start, by its address."""
    name, url = member_name(juju.unit), peer_url(juju.address)
    named = (member for member in etcd.members if member.name == name)
    fresh = (member for member in etcd.members if not member.name and member.peer_url == url)
    return next(named, None) or next(fresh, None)


def other_voters(etcd: Etcd, own: EtcdMember) -> tuple[EtcdMember, ...]:
    """The other members that vote."""
    return tuple(member for member in etcd.members if not member.learner and member.id != own.id)


def gone_members(juju: Juju, etcd: Etcd) -> tuple[EtcdMember, ...]:
    """Members whose unit the controller does not have any more.

    A unit that has just been added is in the goal state before it can be in etcd, so a name that is missing there is
    gone for good. A member that never started has no name: it is gone when its address belongs to nobody and the
    address of every unit is known.
    """
    if juju.goal is None:
        return ()
    words = {word.unit: word.address for word in peer_words(juju)} | {juju.unit: juju.address}
    addresses = {peer_url(address) for address in words.values() if address}
    all_known = all(words.get(unit) for unit in juju.goal)
    return tuple(
        member
        for member in etcd.members
        if (member.name and unit_name(member.name) not in juju.goal)
        or (not member.name and all_known and member.peer_url not in addresses)
    )
