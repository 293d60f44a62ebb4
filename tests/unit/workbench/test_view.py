import io
from typing import Any

from workbench.view import View, rows, settled


def unit(workload: str, agent: str = "idle", message: str = "", machine: str = "0") -> dict[str, Any]:
    return {
        "workload-status": {"current": workload, "message": message},
        "juju-status": {"current": agent},
        "machine": machine,
    }


def status(**units: dict[str, Any]) -> dict[str, Any]:
    named = {name.replace("_", "/"): value for name, value in units.items()}
    return {"applications": {"db": {"units": named}}, "machines": {"0": {"machine-status": {"message": "Booting"}}}}


def test_units_are_listed_in_the_order_of_their_numbers() -> None:
    found = rows(status(db_10=unit("active"), db_2=unit("active")))
    assert [row.name for row in found] == ["db/2", "db/10"]


def test_an_active_unit_whose_agent_works_is_not_settled() -> None:
    assert settled(unit("active"))
    assert not settled(unit("active", "executing"))
    assert not settled(unit("waiting"))


def test_a_unit_without_an_agent_shows_what_its_machine_does() -> None:
    assert rows(status(db_0=unit("waiting", "allocating")))[0].message == "Booting"


def test_plain_lines_tell_only_what_changed() -> None:
    view = View(out=io.StringIO())
    view.show(rows(status(db_0=unit("maintenance", message="installing"))))
    view.show(rows(status(db_0=unit("maintenance", message="installing"))))
    view.show(rows(status(db_0=unit("active", message="primary"))))
    assert isinstance(view.out, io.StringIO)
    told = [line.split(" s  ")[1] for line in view.out.getvalue().splitlines()]
    assert told == ["db/0           maintenance  installing", "db/0           active  primary"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_table_is_drawn_over_itself() -> None:
    view = View(out=Terminal())
    view.show(rows(status(db_0=unit("maintenance"), db_1=unit("active"))))
    view.show(rows(status(db_0=unit("active"), db_1=unit("active"))))
    assert isinstance(view.out, Terminal)
    drawn = view.out.getvalue().split("\033[3A")
    assert "1 of 2 units are ready" in drawn[0]
    assert "2 of 2 units are ready" in drawn[1]
