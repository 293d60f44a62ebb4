"""The charm and its witness, the ledger, as the tests on real machines see them.

Knows: how units say what they are, what the ledger reports, how to ask a unit's PostgreSQL as a superuser.
Must not know: how the charm brings anything about.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jubilant

from driving import box as boxes
from driving.waiting import until

ROOT = Path(__file__).resolve().parents[3]
SERVER, CLIENT = "postgresql", "ledger"


def packed(directory: Path, name: str, into: Path) -> Path:
    """The charm of a directory, packed by the project's own command."""
    boxes.Box(into).jujubox("pack", str(directory), "--output", str(into))
    return max(into.glob(f"{name}_*.charm"))


@dataclass(frozen=True)
class Account:
    """What the ledger says was acknowledged, found and lost."""

    acknowledged: int
    found: str
    lost: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class Cluster:
    """The application `postgresql` with its client in one model."""

    juju: jubilant.Juju

    def words(self) -> dict[str, str]:
        """What each unit says it is."""
        units = self.juju.status().apps[SERVER].units
        return {name: unit.workload_status.message for name, unit in units.items()}

    @property
    def primary(self) -> str:
        """The unit that says it is the primary, once one alone does: a new one may be at work on it still."""

        def sayers() -> list[str]:
            return [unit for unit, words in self.words().items() if words.startswith("primary")]

        return until(sayers, lambda found: len(found) == 1)[0]

    @property
    def leader(self) -> str:
        """Juju's leader."""
        units = self.juju.status().apps[SERVER].units
        return next(name for name, unit in units.items() if unit.leader)

    def machine(self, unit: str) -> str:
        """The machine of a unit."""
        return self.juju.status().apps[SERVER].units[unit].machine

    def settled(self, count: int, timeout: float = 400, cut_short: bool = False) -> dict[str, str]:
        """Wait for `count` units: one primary, the others standbys, all active, all agents idle; what they say.

        `cut_short`: machines were lost, perhaps in the middle of a hook, which has failed until Juju runs it again.
        """

        def ready(status: jubilant.Status) -> bool:
            units = status.apps[SERVER].units if SERVER in status.apps else {}
            said = sorted(unit.workload_status.message.split(",")[0].split()[0:1] for unit in units.values())
            return (
                len(units) == count
                and said == [["primary"], *[["standby"]] * (count - 1)]
                and jubilant.all_active(status, *self._applications(status))
                and jubilant.all_agents_idle(status, *self._applications(status))
            )

        error = None if cut_short else jubilant.any_error
        self.juju.wait(ready, error=error, delay=1, successes=2, timeout=timeout)
        return self.words()

    @staticmethod
    def _applications(status: jubilant.Status) -> list[str]:
        return [name for name in (SERVER, CLIENT) if name in status.apps]

    def account(self) -> Account:
        """The ledger's report."""
        results = self.juju.run(f"{CLIENT}/0", "report", wait=120).results
        return Account(int(results["acknowledged"]), results["found"], results["lost"], results.get("members", {}))

    def nothing_lost_and_still_writing(self) -> Account:
        """Two reports: no row is lost in either, and the second has more."""
        before = until(self.account, lambda now: now.lost != "unknown", delay=0.5)
        assert before.lost == "0", before

        def has_more(now: Account) -> bool:
            return now.lost != "unknown" and now.acknowledged > before.acknowledged

        after = until(self.account, has_more, delay=0.5)
        assert after.lost == "0", after
        return after

    def nothing_lost_on_any(self, count: int) -> None:
        """The same, with an answer of each of `count` members: what was acknowledged is on all of them."""
        self.nothing_lost_and_still_writing()

        def all_answer(now: Account) -> bool:
            answers = [said.split(",")[0] in ("primary", "standby") for said in now.members.values()]
            return len(answers) == count and all(answers)

        members = until(self.account, all_answer, delay=0.5).members
        assert all(said.endswith(" 0 lost") for said in members.values()), members

    def sql(self, unit: str, statement: str, database: str = "postgres") -> str:
        """The answer of a unit's own PostgreSQL to its superuser, without headings."""
        psql = f"psql -XAtqc {shlex.quote(statement)} {database}"
        return self.juju.exec(f"runuser -u postgres -- {psql}", unit=unit).stdout.rstrip("\n")

    def bag(self, unit: str, endpoint: str = "db", client: str = CLIENT) -> dict[str, str]:
        """What a unit of the server tells the ledger, or another client."""
        info = self.juju.show_unit(f"{client}/0")
        (relation,) = [each for each in info.relation_info if each.endpoint == endpoint]
        return dict(relation.related_units[unit].data)

    def deploy(self, server: Path, client: Path, units: int, base: str) -> None:
        """Deploy both and relate them."""
        self.juju.deploy(server, SERVER, num_units=units, base=base)
        self.juju.deploy(client, CLIENT, base=base)
        self.juju.integrate(f"{CLIENT}:db", f"{SERVER}:db")

    def remove(self, unit: str, left: int) -> float:
        """Take a unit away and wait for the others; the seconds it took."""
        begun = time.monotonic()
        self.juju.remove_unit(unit)
        self.settled(left)
        return time.monotonic() - begun


def deployed(juju: jubilant.Juju, scratch: Path, units: int, base: str = "debian@12") -> Cluster:
    """The charm and the ledger of this tree, packed, deployed and settled; where they are there already, settled."""
    cluster = Cluster(juju)
    if SERVER not in juju.status().apps:
        server = packed(ROOT, SERVER, scratch / SERVER)
        cluster.deploy(server, packed(ROOT / "sample" / CLIENT, CLIENT, scratch / CLIENT), units, base)
    cluster.settled(units, timeout=900)
    return cluster
