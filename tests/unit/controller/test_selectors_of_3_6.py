"""What Juju 3.6 understands as selectors of `juju status`, besides exact names."""

from __future__ import annotations

from jujubox.controller.client.selection import expanded

NAMES = ["0", "1", "db", "db/0", "db/1", "dbx", "web", "web/0"]
STATES = {"db/0": ["active", "idle"], "db/1": ["blocked", "idle"], "web/0": ["active", "executing"]}


def test_a_star_stands_for_anything() -> None:
    assert expanded(["db*"], NAMES, STATES) == ["db", "db/0", "db/1", "dbx"]
    assert expanded(["*/0"], NAMES, STATES) == ["db/0", "web/0"]


def test_a_status_stands_for_the_units_that_show_it() -> None:
    assert expanded(["active"], NAMES, STATES) == ["db/0", "web/0"]
    assert expanded(["blocked", "web"], NAMES, STATES) == ["db/1", "web"]


def test_what_means_nothing_stays_and_will_not_match() -> None:
    assert expanded(["nothing", "x*"], NAMES, STATES) == ["nothing", "x*"]
