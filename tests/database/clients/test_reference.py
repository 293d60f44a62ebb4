"""The SQL in the reference of the client relations is answered as the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from pgcharm.clients.decision import Decision
from tests.database.clients.server import Server
from tests.database.clients.serving import Serve, client, login, run

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "db-relation.md"
WHO = re.compile(r"-- as (\w+) in (\w+)")


def sections() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """What the page does as whom in which database: statements, each with what it says comes of it."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").partition("## See for yourself")[2].splitlines():
        if who := WHO.match(line.strip()):
            lines = found.setdefault((who[1], who[2]), [])
        elif line.startswith("    "):
            statement, _, outcome = line.partition(" -- ")
            lines.append((statement.strip(), outcome.strip()))
    return found


@pytest.fixture
def told(server: Server, serve: Serve) -> Decision:
    """`shop` and `map` are served, and the system has its table."""
    decision = serve(client(1, "shop"), client(2, "map", sysname="Demo"))
    with closing(login(server, decision, 2, schema=True)) as connection:
        run(connection, "CREATE TABLE places (id int)")
    return decision


def outcomes(
    server: Server, decision: Decision, who: tuple[str, str], statements: list[tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Each statement with what is expected and what came of it, as psql prints it."""
    user, database = who
    number = 2 if user.endswith("_map") else 1
    schema = user.startswith("jujuschema")
    connection = server.connect(database) if user == "postgres" else login(server, decision, number, schema=schema)
    with closing(connection):
        assert connection.info.dbname == database
        for statement, expected in statements:
            try:
                if statement.startswith("\\c "):
                    login(server, decision, number, database=statement[3:].strip()).close()
                    rows: list[tuple[object, ...]] = []
                else:
                    rows = run(connection, statement)
                answer = "; ".join(", ".join(_printed(value) for value in row) for row in rows)
            except psycopg2.Error as error:
                answer = f"refused: {error}"
            yield statement, expected, answer


def _printed(value: object) -> str:
    return {True: "t", False: "f"}[value] if isinstance(value, bool) else str(value)


def test_everything_on_the_page_is_answered_as_it_says(server: Server, told: Decision) -> None:
    found = sections()
    assert [user for user, _ in found] == ["juju_shop", "juju_map", "jujuschema_shop", "postgres"]
    seen = 0
    for who, statements in found.items():
        for statement, expected, answer in outcomes(server, told, who, statements):
            seen += 1
            if answer.startswith("refused: "):
                assert expected, (who, statement, answer)
                assert expected in answer, (who, statement, answer)
            elif expected:
                assert answer == expected, (who, statement, answer)
    assert seen >= 20
