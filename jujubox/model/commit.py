"""What a hook asked for, applied all or nothing.

Knows: the order of `HookChanges` and which of it needs leadership.
Must not know: how the hook ran.
"""

from __future__ import annotations

from jujubox.model import charms, databags, leases, ports, relations, secret_access, secrets, storage, units
from jujubox.model.database import Database, NotFound, Refused, dumps
from jujubox.model.models import Model
from jujubox.model.units import Unit
from jujubox.protocol import HookChanges, RelationSettings, SecretChange

KEY_LIMIT, VALUE_LIMIT, STATE_LIMIT = 256, 65536, 2 * 1024 * 1024


def apply(db: Database, model: Model, unit: Unit, changes: HookChanges) -> None:
    """Apply everything, once: a commit that came before is passed over. Raises Refused; then nothing has changed."""
    if changes.id and units.load(db, unit, "last_commit") == changes.id:
        return
    for settings in changes.relations:
        _apply_settings(db, model, unit, settings)
    if changes.charm_state is not None:
        units.save(db, unit, "charm_state_json", dumps(checked_state(changes.charm_state)))
    ports.apply(db, model.id, unit.name, unit.machine, changes.ports)
    for change in changes.secrets:
        _apply_secret(db, model, unit, change)
    for uri in changes.track_latest:
        secret = secret_access.wanted(db, model.id, uri)
        secret_access.track(db, secret, secret_access.known_as(db, secret, model.id, unit.name))
    charm = charms.of_application(db, model.id, unit.application).charm
    for name, count in changes.storage:
        storage.add_more(db, model.id, unit.name, unit.machine, charm, name, count, model.personality)
    if changes.id:
        units.save(db, unit, "last_commit", changes.id)


def checked_state(state: dict[str, str]) -> dict[str, str]:
    """A charm's own state, if it is within Juju's limits. Raises Refused."""
    for key, value in state.items():
        if len(key.encode()) > KEY_LIMIT:
            raise Refused(f"max allowed key length ({KEY_LIMIT}): {len(key.encode())}", "quota limit exceeded")
        if len(value.encode()) > VALUE_LIMIT:
            raise Refused(f"max allowed value length ({VALUE_LIMIT}): {len(value.encode())}", "quota limit exceeded")
    if len(dumps(state)) > STATE_LIMIT:
        raise Refused(f"max allowed state size ({STATE_LIMIT}): {len(dumps(state))}", "quota limit exceeded")
    return state


def _apply_settings(db: Database, model: Model, unit: Unit, settings: RelationSettings) -> None:
    try:
        relations.find(db, model.id, settings.relation)
    except NotFound:
        return  # removed by force meanwhile: nobody can read the bag any more
    if settings.application is not None:
        _check_leader(db, unit)
        databags.write(db, model.id, settings.relation, unit.application, settings.application, model.personality)
    if settings.unit is not None:
        databags.write(db, model.id, settings.relation, unit.name, settings.unit, model.personality)


def _apply_secret(db: Database, model: Model, unit: Unit, change: SecretChange) -> None:
    if change.action == "create":
        owner = unit.application if change.owner == "application" else unit.name
        if change.owner == "application":
            _check_leader(db, unit)
        secrets.create(db, model.id, secrets.bare_id(change.uri), change.owner, owner, change)
        return
    secret = secrets.find(db, model.id, change.uri)
    if not any(mine.id == secret.id for mine in secrets.owned(db, model.id, unit.name)):
        raise Refused("permission denied", "unauthorized access")
    if change.action == "update":
        secrets.update(db, secret, change)
    elif change.action == "remove":
        secrets.remove(db, secret, change.revision)
    elif change.action == "grant":
        secret_access.grant(db, secret, _target(db, model.id, unit, change), _grant_relation(change))
    else:
        target = change.unit or change.application or ""
        secret_access.revoke(db, secret, target, change.relation)


def _grant_relation(change: SecretChange) -> int:
    if change.relation is None:
        raise Refused("no relation id specified", "bad request")
    return change.relation


def _target(db: Database, model: int, unit: Unit, change: SecretChange) -> str:
    relation = relations.find(db, model, _grant_relation(change))
    return change.unit or change.application or relation.other_than(unit.application).application


def _check_leader(db: Database, unit: Unit) -> None:
    if leases.holder(db, unit.model, unit.application) != unit.name:
        raise Refused(f'"{unit.name}" is not leader of "{unit.application}"', "not leader")
