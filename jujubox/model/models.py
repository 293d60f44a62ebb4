"""Models: their settings, what those mean, and which personality of Juju they show.

Knows: model config with defaults, versions.
Must not know: what lives in a model.
"""

from __future__ import annotations

import ipaddress
import re
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any, Literal, cast

from jujubox import cloudinit
from jujubox.model import topics
from jujubox.model.database import Database, NotFound, Refused, dumps, loads

Personality = Literal["4.0", "3.6"]
AGENT_VERSIONS: dict[Personality, str] = {"4.0": "4.0.15", "3.6": "3.6.28"}
NAME = re.compile(r"^[a-z0-9]+(?:[a-z0-9-]*[a-z0-9])?$")
DEFAULTS: dict[str, Any] = {
    "agent-stream": "released",
    "automatically-retry-hooks": True,
    "charmhub-url": "",
    "cloudinit-userdata": "",
    "default-base": "debian@12",
    "development": False,
    "egress-subnets": "",
    "enable-os-refresh-update": True,
    "enable-os-upgrade": True,
    "lease-seconds": 60,
    "logging-config": "<root>=INFO",
    "mode": "requires-prompts",
    "personality": "4.0",
    "type": "jujubox",
    "update-status-hook-interval": "5m",
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class Model:
    """One model as it is now."""

    id: int
    uuid: str
    name: str
    life: str
    created: float
    config: dict[str, Any]
    constraints: dict[str, Any]

    def setting(self, key: str) -> Any:
        """The value in force of a config key."""
        return self.config.get(key, DEFAULTS.get(key))

    @property
    def personality(self) -> Personality:
        """Which Juju the model behaves as."""
        return cast(Personality, self.setting("personality"))

    @property
    def agent_version(self) -> str:
        """The version that agents show."""
        return AGENT_VERSIONS[self.personality]

    @property
    def lease_seconds(self) -> float:
        """How long leadership lasts without renewal."""
        return float(self.setting("lease-seconds"))

    @property
    def update_status_seconds(self) -> int:
        """The time between update-status hooks."""
        return int(duration(str(self.setting("update-status-hook-interval"))))


def duration(text: str) -> float:
    """Seconds of a Go duration such as `1h30m`. Raises Refused."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise Refused(f'time: invalid duration "{text}"', "bad request")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def found_controller(db: Database, personality: str | None) -> None:
    """What a new installation begins with: an identity, and a model called default."""
    db.insert("facts", key="controller-uuid", value=str(uuid.uuid4()))
    if personality:
        db.insert("facts", key="personality", value=personality)
    create(db, "default", {})


def controller_uuid(db: Database) -> str:
    """The installation's identity."""
    return str(db.value("SELECT value FROM facts WHERE key = 'controller-uuid'") or "")


def create(db: Database, name: str, config: dict[str, Any]) -> Model:
    """A new model. Raises Refused if there is one of that name, or a setting is not valid."""
    if not NAME.match(name):
        raise Refused(
            f'"{name}" is not a valid name: model names may only contain lowercase letters, digits and hyphens'
        )
    if db.one("SELECT 1 FROM models WHERE name = ?", name):
        raise Refused(f'model "{name}" already exists', "already exists")
    first = db.value("SELECT value FROM facts WHERE key = 'personality'")
    given = {**({"personality": first} if first else {}), **config}
    settings = {key: checked_setting(key, value) for key, value in given.items()}
    db.insert("models", uuid=str(uuid.uuid4()), name=name, created=db.now(), config_json=dumps(settings))
    return find(db, name)


def find(db: Database, reference: str) -> Model:
    """The model of this name or uuid. Raises NotFound."""
    row = db.one("SELECT * FROM models WHERE name = ? OR uuid = ?", reference, reference)
    if row is None:
        raise NotFound(f'model "{reference}" not found')
    return _model(row)


def by_id(db: Database, model: int) -> Model:
    """A model known to exist."""
    row = db.one("SELECT * FROM models WHERE id = ?", model)
    if row is None:
        raise NotFound(f'model "{model}" not found')
    return _model(row)


def every(db: Database) -> list[Model]:
    """All models by name."""
    return [_model(row) for row in db.all("SELECT * FROM models ORDER BY name")]


def set_config(db: Database, model: Model, changes: dict[str, Any], reset: list[str]) -> None:
    """Change settings. Raises Refused; then nothing has changed."""
    config = {key: value for key, value in model.config.items() if key not in reset}
    config.update({key: checked_setting(key, value) for key, value in changes.items()})
    db.run("UPDATE models SET config_json = ? WHERE id = ?", dumps(config), model.id)
    db.touch(topics.model_settings(model.id), topics.whole(model.id))


def set_constraints(db: Database, model: Model, constraints: dict[str, Any]) -> None:
    """Replace the model's constraints."""
    db.run("UPDATE models SET constraints_json = ? WHERE id = ?", dumps(constraints), model.id)


def config_document(model: Model) -> dict[str, dict[str, Any]]:
    """Every setting with its value and source, as `juju model-config` shows it."""
    known = {**DEFAULTS, "name": model.name, "uuid": model.uuid, "agent-version": model.agent_version}
    document = {key: {"Value": value, "Source": "default"} for key, value in known.items()}
    document.update({key: {"Value": value, "Source": "model"} for key, value in model.config.items()})
    return dict(sorted(document.items()))


def checked_setting(key: str, value: Any) -> Any:
    """A setting as it is kept. Raises Refused for a value that makes no sense."""
    if key == "personality" and value not in AGENT_VERSIONS:
        raise Refused(f'cannot set personality: "{value}" (expected 4.0 or 3.6)', "bad request")
    if key == "update-status-hook-interval":
        seconds = duration(str(value))
        if not 60 <= seconds <= 3600:
            raise Refused(f"update status hook interval {value} must be between 1m and 60m", "bad request")
        return str(value)
    if key == "egress-subnets":
        return _subnets(str(value))
    if key == "cloudinit-userdata":
        return _userdata(str(value))
    default = DEFAULTS.get(key)
    if isinstance(default, bool):
        return _boolean(key, value)
    if isinstance(default, int):
        return _positive(key, value)
    return value


def _userdata(text: str) -> str:
    try:
        cloudinit.parsed(text)
    except ValueError as error:
        raise Refused(str(error), "bad request") from None
    return text


def _subnets(text: str) -> str:
    for part in text.split(","):
        try:
            if part.strip():
                ipaddress.ip_network(part.strip(), strict=False)
        except ValueError:
            raise Refused(f"invalid egress subnet: invalid CIDR address: {part.strip()}", "bad request") from None
    return text


def _boolean(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise Refused(f'{key}: expected bool, got string("{value}")', "bad request")


def _positive(key: str, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0
    if number <= 0:
        raise Refused(f'{key}: expected a positive number, got "{value}"', "bad request")
    return int(number) if number == int(number) else number


def _model(row: sqlite3.Row) -> Model:
    return Model(
        id=row["id"],
        uuid=row["uuid"],
        name=row["name"],
        life=row["life"],
        created=row["created"],
        config=loads(row["config_json"]),
        constraints=loads(row["constraints_json"]),
    )
