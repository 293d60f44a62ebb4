"""The passwords of the cluster's own roles: which are in force, and when the next ones come into force.

Knows: the order of a rotation. Must not know: how a password is made, stored or sent.

A rotation costs nobody a connection: (1) the leader has Juju keep new passwords beside those before, and nothing else
happens in that hook; (2) every unit says that it has read them; (3) the primary's unit changes the roles; (4) that
change reaches each standby by streaming, and only when its own catalogue shows it does the unit write the new passwords
for Patroni. So a standby always knows the password that the primary asks for, and nobody is cut off who can hear Juju.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgcharm.cluster import CLUSTER_ROLES
from pgcharm.observation import Secrets
from pgcharm.plan.situation import Part, Situation
from pgcharm.plan.steps import SetPassword
from pgcharm.plan.types import Wait
from pgcharm.scram import fits
from pgcharm.states import STREAMING

WORD = "passwords"
"""The key of the peer bag with which a unit says which generation it has read; not said for the first."""


def passwords(s: Situation) -> Part:
    """On the primary, roles whose password is not the secret's; elsewhere, what is waited for."""
    if s.secrets is None or s.postgres is None:
        return Part()
    due = stale(s, s.secrets)
    if not due:
        return Part()
    if not s.is_primary:
        return Part(waits=(Wait("the primary to change the cluster's passwords", "there are new ones"),))
    if late := not_told(s, s.secrets):
        return Part(waits=(Wait(f"{', '.join(late)} to read the cluster's new passwords", "there are new ones"),))
    reason = "it is not the one that Juju keeps"
    port = s.postgres.port
    return Part(tuple(SetPassword(reason, port, CLUSTER_ROLES[name], content(s.secrets)[name]) for name in due))


def stale(s: Situation, secrets: Secrets) -> tuple[str, ...]:
    """Passwords that our own server's catalogue does not have as the secret does; none where it was not seen."""
    stored = s.postgres.verifiers if s.postgres else {}
    return tuple(
        name
        for name, password in content(secrets).items()
        if CLUSTER_ROLES[name] in stored and not fits(password, stored[CLUSTER_ROLES[name]])
    )


def in_force(s: Situation, secrets: Secrets) -> Mapping[str, str]:
    """The passwords that members are asked for now.

    A unit that does not hear the primary cannot see what is in force: it takes those that are or will be.
    """
    late = stale(s, secrets) if s.is_primary or streams(s) else ()
    stored = s.postgres.verifiers if s.postgres else {}
    return {
        name: secrets.previous[name]
        if name in late and name in secrets.previous and fits(secrets.previous[name], stored[CLUSTER_ROLES[name]])
        else password
        for name, password in content(secrets).items()
    }


def content(secrets: Secrets) -> dict[str, str]:
    """The newest passwords, by their names in the secret."""
    return {"superuser": secrets.superuser, "replication": secrets.replication, "rewind": secrets.rewind}


def streams(s: Situation) -> bool:
    """Whether this unit is a standby that hears the primary."""
    members = s.patroni.members if s.patroni else ()
    return any(member.name == s.name and member.state in STREAMING for member in members)


def not_told(s: Situation, secrets: Secrets) -> tuple[str, ...]:
    """Units that stay and have not said that they have read this generation."""
    others = s.o.juju.others
    return tuple(
        unit
        for unit in s.staying
        if unit != s.o.juju.unit and others.get(unit, {}).get(WORD, "1") != str(secrets.generation)
    )
