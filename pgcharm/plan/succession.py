"""Who takes over from the primary when it is asked to hand its role over.

Knows: which standbys may, and which of them commits wait for. Must not know: why the role is handed over, or how.
"""

from __future__ import annotations

from pgcharm.layout import unit_name
from pgcharm.observation import Member
from pgcharm.plan.situation import Situation
from pgcharm.states import SERVING, STANDBYS, STREAMING


def successor(s: Situation) -> Member | None:
    """The standby that takes over: one that stays, preferably one that commits wait for, and the nearest."""
    staying = set(s.staying) - {s.o.juju.unit}
    standbys = [
        member
        for member in (s.patroni.members if s.patroni else ())
        if member.role in STANDBYS and member.state in SERVING and unit_name(member.name) in staying
    ]
    return min(standbys, key=lambda member: (STANDBYS.index(member.role), member.lag or 0), default=None)


def anybody(s: Situation) -> bool:
    """Whether nobody but units that stay could take over."""
    members = s.patroni.members if s.patroni else ()
    return all(unit_name(member.name) in s.staying for member in members if member.name != s.name)


def uncounted(s: Situation) -> tuple[str, ...]:
    """Units whose standbys have just come back: they stream, and commits wait for others and not for them yet.

    Patroni counts them in its next round. Without them, who takes over would find nobody to wait for but the primary
    before, and no commit would end until that one is back as a standby.
    """
    standbys = [member for member in (s.patroni.members if s.patroni else ()) if member.role in STANDBYS]
    if all(member.role == STANDBYS[-1] for member in standbys):
        return ()
    late = (member for member in standbys if member.role == STANDBYS[-1] and member.state in STREAMING)
    return tuple(unit for unit in (unit_name(member.name) for member in late) if unit in s.staying)
