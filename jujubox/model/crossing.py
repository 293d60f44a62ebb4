"""Relations whose ends are in two models: one relation in each, kept alike.

Knows: which relation of another model is the far half of one here, and what an application is called over there.
Must not know: what is kept alike (see `relations`, `databags`), or how two models came to be related (see `offers`).

Juju copies between the models with workers; here both halves are in one database and change in one transaction. The
side that consumes knows the offered application by the name of its SAAS, the side that offers knows the consumer as
`remote-<32 hex digits>`, the same name for all relations of that application.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from jujubox.model.database import Database
from jujubox.names import application_of


@dataclass(frozen=True)
class FarEnd:
    """The other half of a relation between models, seen from this one."""

    application: str
    """The application on this side."""
    model: int
    relation: int
    known_as: str
    """What that application is called there."""
    offer: str
    """The offer by which they met, in the model that offers."""

    def called(self, owner: str) -> str | None:
        """What an application or unit of this side is called there; None for one that is from there."""
        application, slash, number = owner.partition("/")
        return f"{self.known_as}{slash}{number}" if application == self.application else None


def far_end(db: Database, model: int, relation: int) -> FarEnd | None:
    """The far half of a relation; None for one within a model."""
    row = db.one("SELECT * FROM far_ends WHERE model = ? AND relation = ?", model, relation)
    if row is None:
        return None
    return FarEnd(row["application"], row["far_model"], row["far_relation"], row["known_as"], row["offer"])


def link(db: Database, model: int, relation: int, far: FarEnd) -> None:
    """This relation's far half is that one."""
    db.insert(
        "far_ends",
        model=model,
        relation=relation,
        application=far.application,
        far_model=far.model,
        far_relation=far.relation,
        known_as=far.known_as,
        offer=far.offer,
    )


def cut(db: Database, model: int, relation: int, far: FarEnd) -> None:
    """From here on each half is on its own."""
    for half in ((model, relation), (far.model, far.relation)):
        db.run("DELETE FROM far_ends WHERE model = ? AND relation = ?", *half)


def name_abroad(db: Database, model: int, application: str) -> str:
    """What models that offer something call this application."""
    known: str | None = db.value(
        "SELECT name FROM names_abroad WHERE model = ? AND application = ?", model, application
    )
    if known is not None:
        return known
    token = uuid.uuid4().hex
    while not any(letter.isalpha() for letter in token):
        token = uuid.uuid4().hex  # what follows the dash of a name has a letter in it
    db.insert("names_abroad", model=model, application=application, name=f"remote-{token}")
    return f"remote-{token}"


def unit_abroad(db: Database, model: int, unit: str) -> str | None:
    """What other models call this unit; None if none knows its application."""
    name = db.value("SELECT name FROM names_abroad WHERE model = ? AND application = ?", model, application_of(unit))
    return None if name is None else f"{name}/{unit.partition('/')[2]}"


def home_of(db: Database, model: int, unit: str) -> tuple[int, str]:
    """The model that a unit lives in, and its name there; `model` and the unit itself unless it is from abroad."""
    row = db.one("SELECT model, application FROM names_abroad WHERE name = ?", application_of(unit))
    return (model, unit) if row is None else (row["model"], f"{row['application']}/{unit.partition('/')[2]}")


def forget_application(db: Database, model: int, application: str) -> None:
    """The application is gone: one of the same name that comes later is another."""
    db.run("DELETE FROM names_abroad WHERE model = ? AND application = ?", model, application)
