"""Three units of the model side by side: one etcd, the controller's bags, and Patroni's part in who becomes what.

Good enough to ask of every order of hooks, crashes and ends of programs: does it come to an end, and is data of two
kinds never served at once? Data is named by what is in it: `old`, `restored`.
"""

from __future__ import annotations

from dataclasses import replace

from pgcharm.backup.intent import INTENT, Intent
from pgcharm.observation import DataDirectory, Observation, Restoration
from pgcharm.plan import plan
from pgcharm.plan.steps import StartService
from pgcharm.plan.types import Plan, Step
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made, restore_host  # noqa: F401
from tests.unit.pgcharm.host import carry_out
from tests.unit.pgcharm.test_life import living

SERVICE = "postgresql-patroni.service"
ROOM = 10 << 30


class Company:
    """The units, and what they share."""

    def __init__(self, intent: Intent, room: int = ROOM, units: int = 3) -> None:
        self.etcd = replace(made.etcd(*range(units)), system="old")
        self.application = {**made.FOUNDED, INTENT: str(intent)}
        self.bags: dict[int, dict[str, str]] = {n: {"address": made.address(n)} for n in range(units)}
        data = DataDirectory(True, "old", {"postgres": 9.0})
        beside = Restoration(room=room, size=1 << 30)
        self.units = {n: replace(living(n, units, leader=n == 0), data=data, restoration=beside) for n in range(units)}
        self.gone: set[int] = set()

    def hook(self, number: int, steps_before_crash: int | None = None) -> Plan:
        """A hook of a unit, or as much of it as there is before its machine is lost."""
        o = self.seen_by(number)
        for _ in range(6):
            planned = plan(o)
            for step in planned.steps:
                if steps_before_crash is not None:
                    if not steps_before_crash:
                        return planned
                    steps_before_crash -= 1
                o = self.carried_out(number, step)
            if not planned.steps:
                break
        if steps_before_crash is None:
            self.publish(number, planned)
        return planned

    def carried_out(self, number: int, step: Step) -> Observation:
        """After one step: what it changed in etcd all see; where Patroni starts it finds its role."""
        o = carry_out(step, self.seen_by(number))
        if (etcd := known(o.etcd)) is not None and not isinstance(step, StartService):
            self.etcd = etcd
        self.units[number] = o
        self.patroni(number)
        return self.seen_by(number)

    def patroni(self, number: int) -> None:
        """What Patroni does where it runs: takes the role that nobody has, clones what is empty."""
        o = self.units[number]
        name = f"postgresql-{number}"
        if not o.machine.services[SERVICE].active:
            if self.etcd.primary == name:
                self.etcd = replace(self.etcd, primary="")
            self.units[number] = replace(o, data=replace(o.data, programs={}))
            return
        if not self.etcd.primary and o.data.present:
            assert self.etcd.system in ("", o.data.system), "Patroni does not start on another cluster's data"
            self.etcd = replace(self.etcd, primary=name, initialized=True, system=o.data.system)
        primary = self.primary
        if primary is not None:
            self.units[number] = replace(
                o, data=DataDirectory(True, self.units[primary].data.system, {"postgres": 1.0})
            )
            assert not o.data.present or o.data.system == self.units[primary].data.system, (
                "two kinds of data are served"
            )

    @property
    def primary(self) -> int | None:
        return int(self.etcd.primary.rsplit("-", 1)[1]) if self.etcd.primary else None

    def seen_by(self, number: int) -> Observation:
        """What a unit sees now."""
        o = self.units[number]
        others = {f"postgresql/{n}": bag for n, bag in self.bags.items() if n not in {number, *self.gone}}
        assert o.juju.peers is not None
        peers = replace(o.juju.peers, mine=self.bags[number], application=self.application, others=others)
        goal = {f"postgresql/{n}": "active" for n in self.units if n not in self.gone}
        o = replace(o, juju=replace(o.juju, peers=peers, goal=goal), etcd=View(self.etcd))
        if not o.machine.services[SERVICE].active:
            silent = Unknown("Patroni is not running")
            return replace(o, patroni=silent, postgres=silent)
        settings = None if isinstance(o.patroni, Unknown) else o.patroni.value.settings
        primary = -1 if self.primary is None else self.primary
        members = [n for n, unit in self.units.items() if unit.machine.services[SERVICE].active and n not in self.gone]
        seen = made.patroni(max(self.units) + 1, primary, number, settings=settings)
        seen = replace(seen, members=tuple(m for m in seen.members if int(m.name[-1]) in members))
        server = known(o.postgres) or made.postgres()
        return replace(o, patroni=View(seen), postgres=View(replace(server, in_recovery=primary != number)))

    def publish(self, number: int, planned: Plan) -> None:
        """What the hook's end brings to the controller."""
        for settings in planned.publication.relations:
            if settings.endpoint == "cluster":
                for bag, words in ((self.bags[number], settings.unit), (self.application, settings.application)):
                    bag.update({key: value for key, value in words.items() if value})
                    for key in [key for key, value in words.items() if not value]:
                        bag.pop(key, None)

    def program_ends(self, number: int, state: str = "done") -> None:
        """The program that brings the data back, if it runs."""
        o = self.units[number]
        if not o.machine.services["postgresql-restore.service"].active or o.restoration.state:
            return
        asked = int(o.machine.memories.restore["number"])
        seen = replace(o.restoration, number=asked, state=state, said="the archive ends before", beside=True)
        self.units[number] = replace(o, restoration=seen)

    def words(self) -> list[str]:
        return [self.bags[n].get(INTENT, "") for n in self.units if n not in self.gone]

    def kinds(self) -> set[str]:
        """What is served."""
        return {
            o.data.system for n, o in self.units.items() if o.machine.services[SERVICE].active and n not in self.gone
        }
