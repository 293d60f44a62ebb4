"""Applications: deploying, scaling, config, charm changes.

Knows: what a deployment consists of: application, peer relations, units, machines.
Must not know: where charm files are, how things are removed (see `removal`).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from jujubox.model import charms, machines, relations, settings, status, storage, topics, units
from jujubox.model.charms import StoredCharm
from jujubox.model.database import Database, NotFound, Refused, dumps, loads
from jujubox.model.models import Model
from jujubox.names import is_application


@dataclass(frozen=True)
class Application:
    """An application as the model knows it."""

    model: int
    name: str
    life: str
    charm_url: str
    charm_modified: int
    force_charm: bool
    base: str
    subordinate: bool
    config: dict[str, Any]
    trust: bool
    exposed: dict[str, Any] | None
    constraints: dict[str, Any]
    bindings: dict[str, str]
    storage: dict[str, str]
    created: float

    @property
    def entity(self) -> str:
        """Its name among statuses."""
        return f"application:{self.name}"


@dataclass(frozen=True)
class Plan:
    """What `juju deploy` asks for, beside the charm."""

    name: str
    base: str
    units: int = 1
    config: dict[str, Any] = field(default_factory=dict)
    trust: bool = False
    storage: dict[str, str] = field(default_factory=dict)
    placement: tuple[str, ...] = ()
    constraints: dict[str, Any] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)


def deploy(db: Database, model: Model, charm: StoredCharm, plan: Plan) -> list[str]:
    """A new application with its peer relations and units; the units' names. Raises Refused."""
    if model.life != "alive":
        raise Refused(f'model "{model.name}" is no longer alive')
    if not is_application(plan.name):
        raise Refused(f'application name "{plan.name}" not valid', "not valid")
    if db.one("SELECT 1 FROM applications WHERE model = ? AND name = ?", model.id, plan.name):
        raise Refused(f'deploying application: application "{plan.name}" already exists', "already exists")
    if db.one("SELECT 1 FROM remote_applications WHERE model = ? AND name = ?", model.id, plan.name):
        raise Refused(f'deploying application: saas application "{plan.name}" already exists', "already exists")
    db.insert(
        "applications",
        model=model.id,
        name=plan.name,
        charm_url=charm.url,
        base=machines.checked_base(plan.base),
        subordinate=int(charm.charm.subordinate),
        config_json=dumps(settings.parse(charm.charm, plan.config)),
        trust=int(plan.trust),
        constraints_json=dumps(plan.constraints),
        bindings_json=dumps(plan.bindings),
        storage_json=dumps(storage.directives(charm.charm, plan.storage)),
        created=db.now(),
    )
    _add_peer_relations(db, model.id, plan.name, charm)
    db.touch(topics.whole(model.id))
    if charm.charm.subordinate:
        return []
    return add_units(db, model, find(db, model.id, plan.name), plan.units, plan.placement)


def add_units(
    db: Database, model: Model, application: Application, count: int, placement: tuple[str, ...] = ()
) -> list[str]:
    """More units, on the machines that `placement` names and on new ones. Raises Refused."""
    if application.life != "alive":
        raise Refused(f'application "{application.name}" is not alive')
    if application.subordinate:
        raise Refused(f'cannot add unit to "{application.name}": application is a subordinate')
    return [
        add_unit(db, model, application, _place(db, model, application, placement[n] if n < len(placement) else ""))
        for n in range(count)
    ]


def add_unit(db: Database, model: Model, application: Application, machine: str, principal: str = "") -> str:
    """One more unit on a machine; its name."""
    unit = units.add(db, model.id, application.name, machine, principal)
    charm = charms.find(db, model.id, application.charm_url).charm
    storage.add_for_unit(db, model.id, unit.name, machine, charm, application.storage, model.personality)
    return unit.name


def find(db: Database, model: int, name: str) -> Application:
    """The application of this name. Raises NotFound."""
    row = db.one("SELECT * FROM applications WHERE model = ? AND name = ?", model, name)
    if row is None:
        raise NotFound(f'application "{name}" not found')
    return _application(row)


def of_model(db: Database, model: int) -> list[Application]:
    """All applications by name."""
    return [_application(row) for row in db.all("SELECT * FROM applications WHERE model = ? ORDER BY name", model)]


def set_config(db: Database, application: Application, changes: dict[str, Any], reset: list[str]) -> None:
    """Change settings. Raises Refused; then nothing has changed."""
    charm = charms.find(db, application.model, application.charm_url).charm
    changes = dict(changes)
    trust = changes.pop("trust", None) if "trust" not in charm.options else None
    if trust is not None:
        set_trust(db, application, str(trust).lower() == "true")
    unknown = [key for key in reset if key not in charm.options and key != "trust"]
    if unknown:
        raise Refused(f'unknown option "{unknown[0]}"', "bad request")
    if "trust" in reset and "trust" not in charm.options:
        set_trust(db, application, False)
    config = {key: value for key, value in application.config.items() if key not in reset}
    config.update(settings.parse(charm, changes))
    _update(db, application, config_json=dumps(config))


def set_trust(db: Database, application: Application, trust: bool) -> None:
    """Whether its units may read the cloud's credential."""
    _update(db, application, trust=int(trust))


def set_exposed(db: Database, application: Application, exposed: dict[str, Any] | None) -> None:
    """Endpoints by which it can be reached from outside, `""` for all; None for not at all."""
    _update(db, application, exposed_json=None if exposed is None else dumps(exposed))


def set_constraints(db: Database, application: Application, constraints: dict[str, Any]) -> None:
    """Constraints of later units."""
    _update(db, application, constraints_json=dumps(constraints))


def set_storage(db: Database, application: Application, given: dict[str, str]) -> None:
    """Storage directives of later units."""
    charm = charms.find(db, application.model, application.charm_url).charm
    _update(db, application, storage_json=dumps({**application.storage, **storage.directives(charm, given)}))


def set_charm(db: Database, application: Application, charm: StoredCharm, force: bool = False) -> None:
    """Refresh to another charm. Raises Refused if relations would lose their endpoint."""
    _check_endpoints(db, application, charm)
    old = charms.find(db, application.model, application.charm_url).charm
    _update(
        db,
        application,
        charm_url=charm.url,
        force_charm=int(force),
        config_json=dumps(settings.kept(charm.charm, application.config)),
    )
    known = {name for name, endpoint in old.endpoints.items() if endpoint.role == "peer"}
    _add_peer_relations(db, application.model, application.name, charm, known)


def bump_charm(db: Database, application: Application) -> None:
    """A resource changed: units run upgrade-charm though the charm is the same."""
    _update(db, application, charm_modified=application.charm_modified + 1)


def effective_config(db: Database, application: Application) -> dict[str, Any]:
    """Every option's value in force."""
    return settings.effective(charms.find(db, application.model, application.charm_url).charm, application.config)


def _place(db: Database, model: Model, application: Application, placement: str) -> str:
    if placement == "new" or not placement:
        return machines.add(db, model, application.base, manual=False, constraints=application.constraints).id
    if not placement.isdigit():
        raise Refused(f'placement "{placement}" not supported (expected a machine id)', "not valid")
    machine = machines.find(db, model.id, placement)
    if machine.life != "alive":
        raise Refused(f"cannot add unit to machine {placement}: machine is not alive")
    if machine.base != application.base:
        raise Refused(f"base does not match: unit has {application.base}, machine {placement} has {machine.base}")
    return machine.id


def _add_peer_relations(
    db: Database, model: int, name: str, charm: StoredCharm, known: set[str] | frozenset[str] = frozenset()
) -> None:
    for endpoint in charm.charm.endpoints.values():
        if endpoint.role == "peer" and endpoint.name not in known:
            relations.create(db, model, endpoint.scope, [(name, endpoint)])


def _check_endpoints(db: Database, application: Application, charm: StoredCharm) -> None:
    for relation in relations.of_application(db, application.model, application.name):
        end = relation.end_of(application.name)
        if end is None or end.endpoint == "juju-info":
            continue
        endpoint = charm.charm.endpoints.get(end.endpoint)
        if endpoint is None or (endpoint.role, endpoint.interface) != (end.role, relation.interface):
            raise Refused(
                f'cannot upgrade application "{application.name}" to charm "{charm.url}":'
                f' would break relation "{relation.key}"'
            )


def _update(db: Database, application: Application, **columns: Any) -> None:
    assignments = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE applications SET {assignments} WHERE model = ? AND name = ?"  # noqa: S608 - names come from code
    db.run(sql, *columns.values(), application.model, application.name)
    db.touch(topics.application(application.model, application.name), topics.whole(application.model))


def _application(row: sqlite3.Row) -> Application:
    return Application(
        model=row["model"],
        name=row["name"],
        life=row["life"],
        charm_url=row["charm_url"],
        charm_modified=row["charm_modified"],
        force_charm=bool(row["force_charm"]),
        base=row["base"],
        subordinate=bool(row["subordinate"]),
        config=loads(row["config_json"]),
        trust=bool(row["trust"]),
        exposed=loads(row["exposed_json"]),
        constraints=loads(row["constraints_json"]),
        bindings=loads(row["bindings_json"]),
        storage=loads(row["storage_json"]),
        created=row["created"],
    )


def status_of(db: Database, application: Application) -> status.Status | None:
    """What the leader set, if anything."""
    return status.get(db, application.model, application.entity, "application")
