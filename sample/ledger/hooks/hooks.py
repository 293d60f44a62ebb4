#!/usr/bin/env python3
"""All hooks of the ledger, in the classic pattern: one script, a symlink per hook, charmhelpers.

Knows: Juju. What it does to the machine is in `ledger.machine`, what it makes of the relation in `ledger.offer`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

CHARM = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHARM), str(CHARM / "lib")]
sys.path += [str(wheel) for wheel in sorted((CHARM / "wheelhouse").glob("*.whl"))]

from charmhelpers.core import hookenv  # noqa: E402
from ledger import machine  # noqa: E402
from ledger.conninfo import Conninfo, Files, Settings  # noqa: E402
from ledger.offer import Offer, Waiting, read_offer  # noqa: E402
from ledger.state import read_state, status_line  # noqa: E402

FILES = Files()
FIRST_WRITE_SECONDS = 5.0

hooks = hookenv.Hooks()


@hooks.hook("install", "upgrade-charm")
def install() -> None:
    hookenv.status_set("maintenance", "installing")
    machine.ensure_packages()
    machine.ensure_user()
    machine.ensure_directories(FILES)
    changed = machine.ensure_program(CHARM, hookenv.local_unit())
    machine.systemctl("enable", machine.SERVICE, machine.WAKER)
    machine.systemctl("start", machine.WAKER)
    if changed and FILES.dsn.exists():
        machine.systemctl("restart", machine.SERVICE)
    tell()


@hooks.hook("db-relation-joined", "db-relation-changed", "db-relation-departed", "config-changed", "start")
def follow() -> None:
    """Ask for the database in every relation there is, and take up what is offered."""
    for relation in hookenv.relation_ids("db"):
        hookenv.relation_set(relation, database=hookenv.config("database"))
        offer = current_offer(relation)
        if isinstance(offer, Waiting):
            machine.ensure_settings(FILES, settings({}))
            if not FILES.dsn.exists():
                hookenv.status_set("waiting", offer.reason)
                return
        else:
            take_up(offer)
    tell()


@hooks.hook("db-relation-broken")
def leave() -> None:
    """Nothing may be written any more; what was noted stays."""
    machine.remove_connection(FILES)
    machine.systemctl("stop", machine.SERVICE)
    hookenv.status_set("blocked", "needs a relation to a database: juju integrate ledger postgresql:db")


@hooks.hook("stop")
def stop() -> None:
    machine.systemctl("disable", "--now", machine.WAKER, machine.SERVICE)


@hooks.hook("update-status")
def tell() -> None:
    """The status as it is now."""
    if not hookenv.relation_ids("db"):
        hookenv.status_set("blocked", "needs a relation to a database: juju integrate ledger postgresql:db")
    elif FILES.dsn.exists():
        hookenv.status_set(*status_line(read_state(FILES.var), time.time()))
    else:
        hookenv.status_set("waiting", "waiting for the database")


def current_offer(relation: str) -> Offer | Waiting:
    units = hookenv.related_units(relation)
    bags = {unit: hookenv.relation_get(unit=unit, rid=relation) or {} for unit in units}
    return read_offer(bags, hookenv.local_unit(), hookenv.config("database"))


def settings(members: dict[str, tuple[str, str]]) -> Settings:
    rate = max(1, min(1000, int(hookenv.config("rate"))))
    return Settings(hookenv.local_unit(), rate, members or FILES.read_settings().members)


def take_up(offer: Offer) -> None:
    machine.ensure_directories(FILES)
    machine.ensure_settings(FILES, settings(dict(offer.members)))
    conninfo = Conninfo(offer.database, offer.user, offer.password, offer.addresses)
    before = FILES.read_conninfo()
    if before is not None and before.database != conninfo.database:
        machine.systemctl("stop", machine.SERVICE)
        machine.forget(FILES)
    if machine.ensure_connection(FILES, conninfo):
        hookenv.log(f"the database is at {', '.join(host for host, _ in offer.addresses)}")
    machine.systemctl("start", machine.SERVICE)
    if before is None:
        wait_for_first_write()


def wait_for_first_write() -> None:
    """So that the status can say at once how it goes."""
    until = time.monotonic() + FIRST_WRITE_SECONDS
    while time.monotonic() < until:
        state = read_state(FILES.var)
        if state.phase == "writing" and time.time() - state.written_at < 2:
            return
        time.sleep(0.2)


if __name__ == "__main__":
    hooks.execute(sys.argv)
