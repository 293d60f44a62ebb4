"""A model with a clock that tests turn, and short words for what operators and agents do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jujubox.model import applications, charms, leases, machines, models, relating, relations, units
from jujubox.model.applications import Plan
from jujubox.model.database import Database
from jujubox.model.models import Model

Documents = dict[str, Any]


class World:
    """One model and what happens in it."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.db = Database(":memory:", now=lambda: self.time)
        self.heard: list[Any] = []
        self.db.listeners.append(self.heard.extend)
        with self.db.transaction():
            models.create(self.db, "default", {})

    @property
    def model(self) -> Model:
        return models.find(self.db, "default")

    def personality(self, version: str) -> None:
        models.set_config(self.db, self.model, {"personality": version}, [])

    def charm(self, name: str, **metadata: Any) -> charms.StoredCharm:
        documents: Documents = {"metadata": {"name": name}}
        for key in ("config", "actions"):
            if key in metadata:
                documents[key] = metadata.pop(key)
        documents["metadata"].update(metadata)
        return charms.add(self.db, self.model.id, documents, f"sha-of-{name}")

    def deploy(self, name: str, n: int = 1, plan: dict[str, Any] | None = None, **metadata: Any) -> list[str]:
        wanted = Plan(name, "debian@12", n, **(plan or {}))
        return applications.deploy(self.db, self.model, self.charm(name, **metadata), wanted)

    def unit(self, name: str) -> units.Unit:
        return units.find(self.db, self.model.id, name)

    def started(self, *names: str) -> None:
        """The agents of these units have spoken."""
        for name in names:
            machine = machines.find(self.db, self.model.id, self.unit(name).machine)
            machines.set_started(self.db, machine, "boot", machine.hostname, machine.address)
            units.agent_spoke(self.db, self.unit(name))

    def lead(self, name: str, seconds: float = 60) -> bool:
        return leases.claim(self.db, self.model.id, name.split("/")[0], name, seconds)

    def relate(self, first: str, second: str) -> int:
        return relating.integrate(self.db, self.model.id, first, second).id

    def enter(self, relation: int, *names: str) -> None:
        for name in names:
            relations.enter(self.db, self.model.id, relation, name, name.split("/")[0])


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.db.close()
