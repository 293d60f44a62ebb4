from __future__ import annotations

import pytest

from jujubox.model import logs
from jujubox.model.logs import Filter, Log


def entry(
    message: str, entity: str = "unit-a-0", level: str = "INFO", module: str = "unit.a/0.start"
) -> dict[str, str]:
    return {"time": "t", "entity": entity, "level": level, "module": module, "message": message}


def test_a_cursor_reads_on_where_it_left_off() -> None:
    log = Log(":memory:")
    log.write(1, [entry("one"), entry("two")])
    cursor, found = log.latest(1, 1, Filter())
    assert [e["message"] for e in found] == ["two"]
    log.write(1, [entry("three")])
    log.write(2, [entry("elsewhere")])
    cursor, found = log.after(1, cursor, Filter())
    assert [e["message"] for e in found] == ["three"]
    assert log.after(1, cursor, Filter())[1] == []


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Filter(include=("unit-a-0",)), True),
        (Filter(include=("a/0",)), True),
        (Filter(include=("a",)), True),
        (Filter(include=("unit-a-*",)), True),
        (Filter(include=("unit-b-0",)), False),
        (Filter(exclude=("a/0",)), False),
        (Filter(include_module=("unit.a/0",)), True),
        (Filter(include_module=("unit.a",)), False),
        (Filter(exclude_module=("unit.a/0.start",)), False),
        (Filter(level="WARNING"), False),
        (Filter(level="DEBUG"), True),
    ],
)
def test_a_filter_chooses_by_entity_module_and_level(wanted, matches) -> None:
    assert wanted.matches("unit-a-0", "INFO", "unit.a/0.start") is matches


def test_the_log_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(logs, "KEPT", 1500)
    log = Log(":memory:")
    for _ in range(40):
        log.write(1, [entry("x")] * 100)
    assert len(log.after(1, 0, Filter())[1]) <= 2500
