"""The book of faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from jujubox.machines import MachinesError, book
from jujubox.machines.book import Fault

CUT = Fault("cut", "m0", "m1")
FREEZE = Fault("freeze", "m0")
SLOW = Fault("slow", "m1", delay_ms=5)


def test_a_fault_replaces_the_one_of_the_same_kind_and_direction() -> None:
    slower = Fault("slow", "m1", delay_ms=50)
    assert book.with_faults((CUT, SLOW), [slower]) == (CUT, slower)
    assert book.with_faults((CUT,), [Fault("cut", "m0", "m1", "out")])[0] == CUT


def test_healing_a_machine_ends_cuts_that_name_it_as_peer() -> None:
    assert book.without_machines((CUT, FREEZE, SLOW), ["m1"]) == (FREEZE,)


def test_a_boot_ends_crash_and_freeze_and_nothing_else() -> None:
    faults = (Fault("crash", "m0"), FREEZE, CUT, Fault("fill-disk", "m0"), Fault("freeze", "m1"))
    assert book.after_boot(faults, "m0") == (CUT, Fault("fill-disk", "m0"), Fault("freeze", "m1"))


def test_the_book_is_read_as_written_and_unknown_keys_are_passed_over(tmp_path: Path) -> None:
    assert book.read(tmp_path) == ()
    book.write(tmp_path, (CUT, SLOW))
    assert book.read(tmp_path) == (CUT, SLOW)
    text = (tmp_path / "faults.json").read_text().replace('"kind"', '"colour": "red", "kind"')
    (tmp_path / "faults.json").write_text(text)
    assert book.read(tmp_path) == (CUT, SLOW)


def test_a_cut_without_peers_is_from_everything() -> None:
    assert book.wished("cut", ["m0"], {}) == (Fault("cut", "m0", "everything"),)
    assert book.wished("cut", ["m0"], {"peers": None, "only": None}) == (Fault("cut", "m0", "everything"),)


def test_a_cut_of_several_machines_from_several_peers_is_one_of_each_pair() -> None:
    found = book.wished("cut", ["m0", "m1"], {"peers": ["m1", "controller"], "only": "out"})
    assert [(f.machine, f.peer, f.only) for f in found] == [
        ("m0", "m1", "out"),
        ("m0", "controller", "out"),
        ("m1", "controller", "out"),
    ]


def test_slow_without_figures_is_a_tenth_of_a_second() -> None:
    assert book.wished("slow", ["m0"], {}) == (Fault("slow", "m0", delay_ms=100),)
    assert book.wished("slow", ["m0"], {"rate_kbit": 64}) == (Fault("slow", "m0", rate_kbit=64),)


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("melt", {}, "kind melt"),
        ("cut", {"peer": "m1"}, "option peer"),
        ("cut", {"only": "up"}, "direction up"),
        ("cut", {"port": 65536}, "port 65536"),
        ("cut", {"port": -1}, "port -1"),
        ("cut", {"port": 80, "only": "out"}, "has no port of its own"),
    ],
)
def test_what_is_not_understood_is_refused(kind: str, options: dict[str, object], text: str) -> None:
    with pytest.raises(MachinesError, match=text):
        book.wished(kind, ["m0"], options)
