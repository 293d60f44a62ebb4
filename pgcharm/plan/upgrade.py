"""A minor upgrade of the packages: asked for once by the leader, done by every unit in its turn.

Knows: the order of a unit's part in it. Must not know: what is in an archive, or how a package is installed.
The intent is in the application's peer bag, so that a unit that is away does its part when it is back. A package that
somebody else has upgraded is never taken into use by itself: status says that it waits for a restart.
"""

from __future__ import annotations

from pgcharm.observation import Patroni
from pgcharm.packages import upgraded_packages
from pgcharm.plan.files import etcd_environment, etcd_unit
from pgcharm.plan.holding import holding
from pgcharm.plan.pooler import inputs as pooler_inputs
from pgcharm.plan.rolling import behind, moment
from pgcharm.plan.situation import Part, Situation, digest
from pgcharm.plan.steps import NoteUpgrade, RestartInTurn, RestartPostgres, StartPooler, UpgradePackages
from pgcharm.plan.types import Step

INTENT = "upgrade"
"""The key of the application's peer bag with the name of the last upgrade that was asked for."""
DONE = "upgraded"
"""The key of a unit's peer bag with the name of the last upgrade that it has done."""


def intent(s: Situation) -> str:
    """The name of the last upgrade that was asked for; empty where none was."""
    return (s.o.juju.peers.application if s.o.juju.peers else {}).get(INTENT, "")


def pending(s: Situation) -> tuple[str, ...]:
    """Units that have not done their part of the last upgrade yet."""
    if not intent(s):
        return ()
    own = () if s.o.machine.memories.upgrade.get("done") == intent(s) else (s.o.juju.unit,)
    return tuple(unit for unit in s.staying if unit in (*own, *behind(s, DONE, intent(s))))


def upgrade(s: Situation, patroni: Patroni) -> Part:
    """This unit's next step in the upgrade that was asked for."""
    asked, notes = intent(s), s.o.machine.memories.upgrade
    if not asked or notes.get("done") == asked or s.postgres is None:
        return Part()
    fresh = notes.get("packages") == asked
    if fresh and not s.o.machine.outdated:
        return Part((NoteUpgrade("nothing runs from older packages", asked),))
    if waiting := moment(s, patroni, "upgrade", "its packages are upgraded", behind(s, DONE, asked)):
        return waiting
    if not fresh:
        machine = s.o.machine
        names = upgraded_packages(machine.distribution, machine.release, s.layout.version)
        return Part((UpgradePackages("the operator asks for it", names, asked),))
    return Part(restarts(s))


def restarts(s: Situation) -> tuple[Step, ...]:
    """Restart what runs from older packages."""
    reason = "its package has been upgraded"
    steps: list[Step] = [
        StartPooler(reason, name, pooler_inputs(s)) for name in s.layout.pooler_services if name in s.o.machine.outdated
    ]
    if "etcd" in s.o.machine.outdated:
        inputs = digest(etcd_unit(s).content, etcd_environment(s).content)
        steps.append(RestartInTurn(reason, s.layout.etcd_service, inputs))
    if "postgres" in s.o.machine.outdated:
        steps.append(RestartPostgres(reason, holding(s) if s.is_primary else ()))
    return tuple(steps)
