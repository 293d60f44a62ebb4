"""What a server has to be, and what a user has to be allowed."""

from __future__ import annotations

import pytest

from pgstore import preflight, rights
from pgstore.outcomes import Trouble, trouble_of

GOOD = preflight._Seen(
    150004, False, "boss", True, True, True,
    {"postgis": ("3.3.2", True), "pg_trgm": ("1.6", False), "btree_gist": ("1.7", False)},
)  # fmt: skip


def wrong(version: int = 150004, standby: bool = False, superuser: bool = True, postgis: str = "3.3.2") -> list[str]:
    extensions = {**GOOD.extensions, "postgis": (postgis, False)}
    seen = preflight._Seen(version, standby, "boss", True, superuser, True, extensions)
    found = [*preflight._about_server(seen), *preflight._about_extensions(seen)]
    return [finding.what for finding in found if not finding.is_well]


def test_server_14_and_postgis_3_are_enough_and_less_is_told_by_name() -> None:
    assert wrong() == wrong(version=140000, postgis="3.0.0") == []
    assert wrong(version=130016) == ["server"]
    assert wrong(postgis="2.5.5") == ["extension postgis"]
    assert wrong(postgis="") == ["extension postgis"]
    assert wrong(superuser=False) == ["extension postgis"]
    assert wrong(standby=True) == ["role of the server"]


def test_rights_that_are_missing_are_told_a_table_each_with_what_to_run() -> None:
    seen = [("ion_a", "SELECT", True, True), ("ion_a", "INSERT", True, False), ("ion_b", "SELECT", False, False)]
    assert [(found.is_well, found.what) for found in rights.about('o"n', seen)] == [
        (False, "rights of the regular user"),
        (False, "table ion_b"),
    ]
    assert 'GRANT INSERT ON "ion_a" TO "o""n"' in str(next(iter(rights.about('o"n', seen))))
    assert [str(found) for found in rights.about("ion", seen[:1])] == [
        "ok     rights of the regular user: ion may work with 1 tables"
    ]


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ('FATAL:  too many connections for role "ion"', Trouble.TOO_MANY_CONNECTIONS),
        ('FATAL:  role "ion" does not exist', Trouble.WRONG_PASSWORD),
        ('FATAL:  database "x" does not exist', Trouble.NO_SUCH_DATABASE),
        ("FATAL:  sorry, too many clients already", Trouble.TOO_MANY_CONNECTIONS),
        ("FATAL:  remaining connection slots are reserved", Trouble.TOO_MANY_CONNECTIONS),
        ("FATAL:  the database system is starting up", Trouble.STARTING_UP),
        ("FATAL:  the database system is shutting down", Trouble.SHUTTING_DOWN),
        ("connection refused", Trouble.REFUSED),
        ("connection timeout expired", Trouble.UNREACHABLE),
    ],
)
def test_what_a_server_says_is_one_trouble(said: str, trouble: Trouble) -> None:
    assert trouble_of(said) is trouble
