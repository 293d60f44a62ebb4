"""Which relations of clients a hook reads, and which it remembers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgcharm.adapters import juju as tools
from pgcharm.adapters import remembered
from pgcharm.observe import relations

UNIT = "postgresql/0"


class Controller:
    """What the hook tools would answer, and which relations were asked about."""

    def __init__(self) -> None:
        self.clients = {number: {f"app{number}/0": {"database": "one"}} for number in (1, 2, 3)}
        self.asked: set[int] = set()
        self.own: int | None = None

    def bag(self, endpoint: str, relation: int, of: str, application: bool = False) -> dict[str, str]:
        self.asked.add(relation)
        return dict(self.clients[relation].get(of, {}))

    def read(self) -> set[int]:
        seen, self.asked = self.asked, set()
        return seen


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Controller:
    """Stands in for the controller, which is asked through processes that only a hook has."""
    found = Controller()
    monkeypatch.setattr(tools, "relations", lambda endpoint: sorted(found.clients) if endpoint == "db" else [])
    monkeypatch.setattr(tools, "remote_units", lambda _, relation: list(found.clients[relation]))
    monkeypatch.setattr(tools, "remote_application", lambda _, relation: f"app{relation}")
    monkeypatch.setattr(tools, "remote_model", lambda *_: "here")
    monkeypatch.setattr(tools, "own_relation", lambda: found.own)
    monkeypatch.setattr(tools, "bag", found.bag)
    monkeypatch.setattr(remembered, "place", lambda application: str(tmp_path / application))
    monkeypatch.setattr(relations, "uptime", lambda: 1000.0)
    if os.geteuid() != 0:
        pytest.fail("the notes belong to root: run the tests as root")
    return found


def look(hook: str = "update-status") -> dict[int, str]:
    clients = relations.observe_clients(hook, UNIT, "here", leader=True)
    return {each.id: next((bag.get("database", "") for bag in each.units.values()), "") for each in clients}


def test_a_hook_reads_what_it_has_not_met_and_then_remembers_it(controller: Controller) -> None:
    assert look() == {1: "one", 2: "one", 3: "one"}
    assert controller.read() == {1, 2, 3}
    assert look() == {1: "one", 2: "one", 3: "one"}
    assert controller.read() == set()


def test_a_hook_of_a_relation_reads_that_one(controller: Controller) -> None:
    look()
    controller.read()
    controller.own, controller.clients[2] = 2, {"app2/0": {"database": "two"}}
    assert look("db-relation-changed") == {1: "one", 2: "two", 3: "one"}
    assert controller.read() == {2}


def test_what_was_written_to_is_read_and_what_is_gone_is_forgotten(controller: Controller) -> None:
    look()
    controller.read()
    relations.forget_clients(UNIT, [("db", 3)])
    del controller.clients[1]
    assert look() == {2: "one", 3: "one"}
    assert controller.read() == {3}
    assert set(remembered.recall(remembered.place("postgresql"))) == {"db:2", "db:3"}


@pytest.mark.parametrize("hook", ["install", "start", "upgrade-charm", "leader-elected"])
def test_some_hooks_believe_nothing(controller: Controller, hook: str) -> None:
    look()
    controller.read()
    look(hook)
    assert controller.read() == {1, 2, 3}


def test_what_is_old_is_read_anew_some_at_a_time(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    controller.clients = {number: {f"app{number}/0": {}} for number in range(1, 26)}
    look()
    controller.read()
    monkeypatch.setattr(relations, "uptime", lambda: 2000.0)
    counts = []
    for _ in range(4):
        look()
        counts.append(len(controller.read()))
    assert counts == [10, 10, 5, 0]


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", "null"])
def test_a_note_that_is_no_note_is_passed_over(controller: Controller, text: str) -> None:
    Path(remembered.place("postgresql")).write_text(text)
    assert look() == {1: "one", 2: "one", 3: "one"}


def test_only_root_may_read_what_is_remembered(controller: Controller) -> None:
    look()
    assert Path(remembered.place("postgresql")).stat().st_mode & 0o777 == 0o600
