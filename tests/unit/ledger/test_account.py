"""The ledger's pure parts: the offer, the connection file, the journal, ranges and pauses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[3] / "sample" / "ledger"))

from ledger.conninfo import Conninfo, Files, Settings, parsed, quoted
from ledger.journal import CHECKPOINT_AFTER, Journal, read_journal
from ledger.offer import Offer, Waiting, read_offer
from ledger.pulse import Pulse
from ledger.ranges import Ranges
from ledger.state import State, read_state, status_line

STRING = "host={} dbname=ledger port=5432 user=juju_ledger password=secret"


def bag(host: str, **more: str) -> dict[str, str]:
    return {
        "host": host,
        "port": "5432",
        "database": "ledger",
        "allowed-units": "ledger/0 ledger/1",
        "master": STRING.format("10.0.0.1"),
        "standbys": STRING.format("10.0.0.2") + "\n" + STRING.format("10.0.0.3"),
        **more,
    }


def test_an_offer_names_all_members_with_the_primary_first() -> None:
    offer = read_offer({"postgresql/1": bag("10.0.0.2"), "postgresql/0": bag("10.0.0.1")}, "ledger/1", "ledger")
    assert isinstance(offer, Offer)
    assert [host for host, _ in offer.addresses] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert offer.members == {"postgresql/0": ("10.0.0.1", "5432"), "postgresql/1": ("10.0.0.2", "5432")}
    assert "secret" not in repr(offer)


@pytest.mark.parametrize(
    "bags",
    [
        {},
        {"postgresql/0": {}},
        {"postgresql/0": bag("10.0.0.1", **{"allowed-units": "ledger/10"})},
        {"postgresql/0": bag("10.0.0.1", database="other")},
        {"postgresql/0": bag("10.0.0.1", master="")},
    ],
)
def test_without_access_there_is_a_reason_to_wait(bags: dict[str, dict[str, str]]) -> None:
    assert isinstance(read_offer(bags, "ledger/1", "ledger"), Waiting)


def test_a_unit_that_calls_itself_primary_is_believed_over_one_that_does_not_know() -> None:
    old, new = STRING.format("10.0.0.1"), STRING.format("10.0.0.2")
    bags = {
        "postgresql/0": bag("10.0.0.1", master=old, state="failover"),
        "postgresql/1": bag("10.0.0.2", master=new, state="master"),
    }
    offer = read_offer(bags, "ledger/0", "ledger")
    assert isinstance(offer, Offer)
    assert offer.addresses[0] == ("10.0.0.2", "5432")


def test_the_connection_file_comes_back_as_it_was_written() -> None:
    conninfo = Conninfo("ledger", "juju_ledger", "pa55_-", (("10.0.0.1", "5432"), ("fd00::2", "5433")))
    assert parsed(conninfo.string({"target_session_attrs": "read-write"})) == conninfo
    assert conninfo.last(("10.0.0.1", "5432")).addresses[0] == ("fd00::2", "5433")
    assert conninfo.last(("10.9.9.9", "5432")) == conninfo


@pytest.mark.parametrize(
    ("value", "expected"), [("plain", "plain"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it\'s'")]
)
def test_values_are_quoted_as_libpq_reads_them(value: str, expected: str) -> None:
    assert quoted(value) == expected


def test_settings_survive_the_file(tmp_path: Path) -> None:
    files = Files(tmp_path, tmp_path)
    assert files.read_settings() == Settings()
    assert files.read_conninfo() is None
    files.settings.write_text(Settings("ledger/3", 12).text())
    assert files.read_settings().rate == 12


@given(st.lists(st.integers(1, 60)))
def test_ranges_are_sets_of_numbers(numbers: list[int]) -> None:
    ranges = Ranges()
    for number in numbers:
        ranges.add(number)
    assert list(ranges) == sorted(set(numbers))
    assert len(ranges) == len(set(numbers))
    assert ranges == Ranges(ranges.runs)
    assert all(a[1] + 1 < b[0] for a, b in zip(ranges.runs, ranges.runs[1:], strict=False))
    assert all((number in ranges) == (number in numbers) for number in range(62))
    assert set(ranges.between(10, 20)) == {number for number in numbers if 10 <= number <= 20}
    assert set(ranges.missing_from({3, 4, 5})) == set(numbers) - {3, 4, 5}


def test_the_journal_is_read_back_after_the_process_is_gone(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in (1, 2, 3, 5):
        journal.acknowledge("strict", number)
    journal.sync()
    run, streams = read_journal(tmp_path)
    assert run == journal.run
    assert streams == {"strict": Ranges(((1, 3), (5, 5)))}
    again = Journal(tmp_path)
    assert again.run == run
    assert again.highest("strict") == 5
    assert again.highest("loose") == 0


def test_a_half_written_line_is_not_an_acknowledgement(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.acknowledge("strict", 1)
    (tail,) = tmp_path.glob("tail-*")
    with tail.open("a") as file:
        file.write("strict 2")
    assert read_journal(tmp_path)[1] == {"strict": Ranges(((1, 1),))}


def test_the_journal_stays_small(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(1, CHECKPOINT_AFTER + 100):
        journal.acknowledge("strict", number)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 3000
    assert read_journal(tmp_path)[1] == journal.acknowledged()


def test_the_longest_pause_is_the_time_between_two_acknowledgements() -> None:
    pulse = Pulse()
    for now in (100.0, 100.1, 104.1, 104.2):
        pulse.beat(now)
    assert pulse.longest(104.3).seconds == pytest.approx(4.0)
    assert pulse.longest(104.3).began == pytest.approx(100.1)
    assert pulse.longest(110.2).seconds == pytest.approx(6.0), "a pause that goes on counts"
    pulse.rest()
    pulse.beat(200.0)
    assert pulse.longest(200.0).seconds == pytest.approx(4.0), "a rest on purpose does not"


def test_the_rate_is_taken_over_the_last_seconds() -> None:
    pulse = Pulse()
    for step in range(400):
        pulse.beat(step / 40)
    assert pulse.rate(10.0) == pytest.approx(40, abs=1)
    assert pulse.rate(30.0) == 0.0


@pytest.mark.parametrize(
    ("state", "status", "message"),
    [
        (State("writing", rate=47.9, written_at=99), "active", "writing, 48 rows/s, 0 lost"),
        (State("stalled", silence=7.2, written_at=99), "waiting", "no write acknowledged since 00:01:31 UTC, 0 lost"),
        (State("writing", lost=3, written_at=99), "blocked", "writing, 3 acknowledged rows are lost"),
        (State("connecting", written_at=99), "waiting", "connecting"),
        (State("writing", written_at=10), "maintenance", "the writer is not running"),
    ],
)
def test_the_status_line_says_how_it_goes(state: State, status: str, message: str) -> None:
    assert status_line(state, 100.0) == (status, message)


def test_the_state_survives_the_file(tmp_path: Path) -> None:
    assert read_state(tmp_path) == State()
    state = State("writing", rate=40.0, lost=1, run="abc", written_at=5.0)
    state.write(tmp_path)
    assert read_state(tmp_path) == state
