"""Three units of the charm from `juju deploy -n 3` to all active; then one more, then one less."""

from __future__ import annotations

from benchmarks.figures import Row, Value, timed
from benchmarks.own_box import ROOT, all_active, juju, own_box, status, until

APPLICATION = "postgresql"


def run() -> list[Row]:
    """All rows. The charm must have been packed before (`make pack`), images and packages be cached."""
    charms = sorted((ROOT / "build").glob("postgresql_*.charm"))
    if not charms:
        raise SystemExit("cannot find build/postgresql_*.charm: nothing has been packed\nhint: run make pack")
    with own_box():
        return [
            Row(
                "three units, from juju deploy -n 3 to all active",
                "s",
                Value.of([timed(lambda: _deploy(charms[-1]))]),
                90,
            ),
            Row("one more unit, from juju add-unit to all active", "s", Value.of([timed(_add)])),
            Row("one unit less, from juju remove-unit to all active", "s", Value.of([timed(_remove)])),
        ]


def _deploy(charm: object) -> None:
    juju("deploy", str(charm), APPLICATION, "-n", "3")
    until(lambda: all_active(APPLICATION, 3), delay=0.25)


def _add() -> None:
    juju("add-unit", APPLICATION)
    until(lambda: all_active(APPLICATION, 4), delay=0.25)


def _remove() -> None:
    units = status()["applications"][APPLICATION]["units"]
    leader = next(name for name, unit in units.items() if unit.get("leader"))
    juju("remove-unit", "--no-prompt", leader)
    until(lambda: all_active(APPLICATION, 3), delay=0.25)
