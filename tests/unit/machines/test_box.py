"""Names and addresses that a home leads to."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jujubox.box import Box, subnet_candidates


def test_a_box_is_named_after_its_home_alone(tmp_path: Path) -> None:
    one, same, other = Box.at(tmp_path / "a", "/c"), Box.at(tmp_path / "a", "/d"), Box.at(tmp_path / "b", "/c")
    assert one.bridge == same.bridge != other.bridge
    assert one.package_proxy == other.package_proxy != same.package_proxy
    assert one.gateway.endswith(".1")


def test_interface_names_fit_into_the_kernels_fifteen_characters() -> None:
    box = Box.at("/h", "/c")
    assert len(f"{box.bridge}p254") <= 15


def test_the_subnet_in_box_json_counts(tmp_path: Path) -> None:
    assert not Box.at(tmp_path, "/c").settled
    (tmp_path / "box.json").write_text(json.dumps({"subnet": "10.99.7.0/24"}))
    box = Box.at(tmp_path, "/c")
    assert (box.settled, box.subnet, box.gateway) == (True, "10.99.7.0/24", "10.99.7.1")


def test_a_damaged_box_json_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "box.json").write_text("{")
    assert not Box.at(tmp_path, "/c").settled


def test_files_of_others_in_a_directory_that_is_no_home_are_seen(tmp_path: Path) -> None:
    assert Box.at(tmp_path / "missing", "/c").foreign_files() == []
    (tmp_path / "logs").mkdir()
    assert Box.at(tmp_path, "/c").foreign_files() == []
    (tmp_path / "thesis.tex").touch()
    assert Box.at(tmp_path, "/c").foreign_files() == ["thesis.tex"]
    (tmp_path / "box.json").write_text('{"subnet": "10.99.7.0/24"}')
    assert Box.at(tmp_path, "/c").foreign_files() == []


@settings(max_examples=5)
@given(st.text(min_size=1))
def test_every_home_may_choose_among_all_subnets_and_begins_with_its_own(home: str) -> None:
    found = list(subnet_candidates(home))
    assert len(set(found)) == 16384
    assert found == list(subnet_candidates(home))
    assert all(ipaddress.ip_network(c).subnet_of(ipaddress.ip_network("10.64.0.0/10")) for c in (found[0], found[-1]))


@given(st.text(alphabet="abc/", min_size=1))
def test_the_package_proxy_has_an_address_for_test_benches(cache: str) -> None:
    box = Box.at("/h", "/" + cache)
    assert ipaddress.ip_address(box.package_proxy_address) in ipaddress.ip_network("198.18.0.0/15")
