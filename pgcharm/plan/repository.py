"""The cluster's repository: which it is, under which name the cluster is in it, and which unit does what about it.

Knows: the agreement in the application's peer bag. Must not know: what pgBackRest is told, or what is amiss.

A local repository is on the disk of one unit, for as long as that unit stays: the others reach it through pgBackRest's
own server. It is the unit that the cluster began with, until the leader notes down another.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pgcharm.backup.names import STANZA, stanza_name
from pgcharm.backup.repository import LOCAL, Lacking, Repository, repository_of
from pgcharm.cluster import peer_words, unit_number
from pgcharm.layout import unit_name
from pgcharm.observation import Member
from pgcharm.plan.situation import Situation
from pgcharm.states import STREAMING

KEEPER = "repository"
"""The key of the application's peer bag with the unit that has a local repository on its disk."""


def stanza(s: Situation) -> str:
    """The cluster's name in the repository."""
    said = (s.o.juju.peers.application if s.o.juju.peers else {}).get(STANZA, "")
    return said or stanza_name(s.o.juju.application, s.o.juju.model_uuid)


def version(s: Situation) -> tuple[int, ...]:
    """pgBackRest's version: 2.45 as (2, 45); of Debian 12 where none is installed yet."""
    found = re.match(r"(\d+)\.(\d+)", s.o.machine.packages.get("pgbackrest", ""))
    return (int(found[1]), int(found[2])) if found else (2, 45)


def asked_repository(s: Situation) -> Repository | Lacking:
    """The repository that is asked for, or what is lacking."""
    return repository_of(s.options, replace(s.o.given, fallback=s.layout.backups, version=version(s)))


def repository(s: Situation) -> Repository | Lacking:
    """The repository in force, or what is lacking. A passphrase that has proved to be its own stays in force."""
    found = asked_repository(s)
    if isinstance(found, Lacking) or not passphrase_changed(s, found):
        return found
    return replace(found, passphrase=s.o.machine.memories.backup["passphrase"])


def passphrase_changed(s: Situation, found: Repository) -> bool:
    """Whether another passphrase is given than the one that the stanza was made with in the same place."""
    noted = s.o.machine.memories.backup
    return noted.get("proved") == proof(s, found) and noted.get("passphrase", "") != found.passphrase


def proof(s: Situation, found: Repository) -> str:
    """Which stanza in which place a passphrase belongs to."""
    return f"{stanza(s)} in {found.place}"


def where(s: Situation, found: Repository) -> str:
    """Its place: of a local one, on whose disk as well."""
    return f"{found.place} on {keeper(s)}" if found.kind == LOCAL else found.place


def keeper(s: Situation) -> str:
    """The unit that has a local repository on its disk."""
    said = (s.o.juju.peers.application if s.o.juju.peers else {}).get(KEEPER, "")
    return said or (s.founding.first if s.founding else "")


def next_keeper(s: Situation) -> str:
    """The unit that has it from now on: the same as long as it stays; then a standby rather than the primary."""
    now = keeper(s)
    if now in s.staying or not s.primary_unit:
        return now
    return next(iter(streaming(s)), s.primary_unit)


def is_local(s: Situation) -> bool:
    found = repository(s)
    return isinstance(found, Repository) and found.kind == LOCAL


def keeps(s: Situation) -> bool:
    """Whether this unit may write to the repository itself: everywhere but where it is on another unit's disk."""
    return not is_local(s) or keeper(s) == s.o.juju.unit


def maker(s: Situation) -> str:
    """The unit that makes the stanza, and looks after it: who has the repository, or the primary's."""
    return keeper(s) if is_local(s) else s.primary_unit


def backup_unit(s: Situation) -> str:
    """The unit that makes backups when it is time: who has the repository, or a standby, or the primary's."""
    return keeper(s) if is_local(s) else next(iter(streaming(s)), s.primary_unit)


def streaming(s: Situation) -> tuple[str, ...]:
    """Standbys that follow the primary, by number."""

    def follows(member: Member) -> bool:
        return member.role != "primary" and member.state in STREAMING and unit_name(member.name) in s.staying

    found = (unit_name(member.name) for member in (s.patroni.members if s.patroni else ()) if follows(member))
    return tuple(sorted(found, key=unit_number))


def address_of(s: Situation, unit: str) -> str:
    """A unit's address; empty where it has not said it."""
    if unit == s.o.juju.unit:
        return s.o.juju.address
    return next((word.address for word in peer_words(s.o.juju) if word.unit == unit), "")
