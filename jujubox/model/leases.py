"""Leadership: one lease an application, held for a while, renewed by its holder.

Knows: first claimant wins; whoever was refused is in line and gets the lease when it lapses or is given up.
Must not know: which agents are connected; `present` tells.
"""

from __future__ import annotations

from collections.abc import Callable

from jujubox.model import topics
from jujubox.model.database import Database, dumps

Present = Callable[[int, str], bool]
"""Whether the agent of a unit of a model has been heard of lately."""
PATIENCE = 3.0
"""Lease times after which somebody who was refused is out of the line."""


def holder(db: Database, model: int, application: str) -> str:
    """The unit that leads, empty if none does."""
    row = db.one("SELECT holder, expires FROM leases WHERE model = ? AND application = ?", model, application)
    return row["holder"] if row is not None and row["expires"] > db.now() else ""


def holders(db: Database, model: int) -> dict[str, str]:
    """All leaders of a model by application."""
    rows = db.all("SELECT application, holder FROM leases WHERE model = ? AND expires > ?", model, db.now())
    return {row["application"]: row["holder"] for row in rows}


def seconds_left(db: Database, model: int, application: str) -> float:
    """How long the lease lasts yet."""
    expires = db.value("SELECT expires FROM leases WHERE model = ? AND application = ?", model, application)
    return 0.0 if expires is None else max(0.0, expires - db.now())


def claim(db: Database, model: int, application: str, unit: str, seconds: float) -> bool:
    """Claim or renew; whether the unit leads now."""
    current = holder(db, model, application)
    if current not in ("", unit):
        db.run(
            "INSERT INTO lease_claims (model, application, unit, asked) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (model, application, unit) DO UPDATE"
            " SET asked = excluded.asked WHERE excluded.asked > asked + 10",
            *(model, application, unit, db.now()),
        )
        return False
    _give(db, model, application, unit, seconds, renewed=current == unit)
    return True


def resign(db: Database, model: int, application: str, unit: str, seconds: float, present: Present) -> None:
    """Give the lease up; the next in line has it at once."""
    db.run("DELETE FROM lease_claims WHERE model = ? AND unit = ?", model, unit)
    if holder(db, model, application) == unit:
        _pass_on(db, model, application, seconds, present)


def lapse(db: Database, seconds_of: Callable[[int], float], present: Present) -> None:
    """Take from their holders the leases that were not renewed in time."""
    for row in db.all("SELECT model, application FROM leases WHERE expires <= ?", db.now()):
        _pass_on(db, row["model"], row["application"], seconds_of(row["model"]), present)


def next_lapse(db: Database) -> float | None:
    """When the next lease ends unless it is renewed."""
    when: float | None = db.value("SELECT min(expires) FROM leases")
    return when


def write_settings(db: Database, model: int, application: str, settings: dict[str, str]) -> None:
    """Replace what leader-set shares (3.6)."""
    db.run(
        "INSERT INTO leader_settings (model, application, settings_json, version) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (model, application) DO UPDATE SET settings_json = excluded.settings_json, version = version + 1",
        *(model, application, dumps(settings)),
    )
    db.touch(topics.application(model, application))


def forget(db: Database, model: int, application: str) -> None:
    """The application is gone."""
    for table in ("leases", "lease_claims", "leader_settings"):
        db.run(f"DELETE FROM {table} WHERE model = ? AND application = ?", model, application)  # noqa: S608


def _pass_on(db: Database, model: int, application: str, seconds: float, present: Present) -> None:
    db.run("DELETE FROM leases WHERE model = ? AND application = ?", model, application)
    db.touch(topics.application(model, application), topics.whole(model))
    waiting = db.column(
        "SELECT c.unit FROM lease_claims c JOIN units u ON u.model = c.model AND u.name = c.unit AND u.life = 'alive'"
        " WHERE c.model = ? AND c.application = ? AND c.asked > ? ORDER BY c.asked",
        *(model, application, db.now() - PATIENCE * seconds),
    )
    for unit in waiting:
        if present(model, unit):
            _give(db, model, application, unit, seconds, renewed=False)
            return


def _give(db: Database, model: int, application: str, unit: str, seconds: float, renewed: bool) -> None:
    db.run(
        "INSERT OR REPLACE INTO leases (model, application, holder, expires) VALUES (?, ?, ?, ?)",
        *(model, application, unit, db.now() + seconds),
    )
    if not renewed:
        db.run("DELETE FROM lease_claims WHERE model = ? AND unit = ?", model, unit)
        db.touch(topics.application(model, application), topics.whole(model), topics.TIMERS)
