"""Subnets, packet filters and queueing disciplines."""

from __future__ import annotations

from jujubox.box import Box
from jujubox.machines import book, cuts, network, shaping
from jujubox.machines.book import Fault

ADDRESSES = {"m0": "10.64.0.10", "m1": "10.64.0.11"}
GATEWAY = "10.64.0.1"


def test_the_first_subnet_without_a_route_is_chosen() -> None:
    candidates = ["10.64.1.0/24", "10.64.2.0/24", "10.64.3.0/24"]
    assert network.free_subnet(candidates, ["10.64.1.128/25", "10.64.2.7"]) == "10.64.3.0/24"
    assert network.free_subnet(candidates, ["10.0.0.0/8"]) is None


def test_the_fence_drops_what_would_leave_or_enter_by_forwarding() -> None:
    box = Box.at("/h", "/c")
    assert f'iifname "{box.bridge}" oifname != "{box.bridge}" drop' in network.fence(box)
    assert f'oifname "{box.bridge}" iifname != "{box.bridge}" drop' in network.fence(box)


def test_a_hardware_address_is_local_and_goes_with_the_address() -> None:
    assert network.hardware_address("10.64.0.10") == "02:6a:0a:40:00:0a"


def test_a_cut_loses_both_directions_unless_it_says_which() -> None:
    both = cuts.lost(Fault("cut", "m0", "m1"), ADDRESSES, GATEWAY)
    assert both == [("10.64.0.10", "10.64.0.11", 0), ("10.64.0.11", "10.64.0.10", 0)]
    assert cuts.lost(Fault("cut", "m0", "m1", "out"), ADDRESSES, GATEWAY) == both[:1]
    assert cuts.lost(Fault("cut", "m0", "m1", "in"), ADDRESSES, GATEWAY) == both[1:]


def test_the_controller_is_the_gateway_and_everything_any_address() -> None:
    assert cuts.lost(Fault("cut", "m0", "controller", "out"), ADDRESSES, GATEWAY) == [("10.64.0.10", GATEWAY, 0)]
    assert cuts.lost(Fault("cut", "m0", "everything", "in"), ADDRESSES, GATEWAY) == [("", "10.64.0.10", 0)]


def test_a_cut_of_a_port_loses_what_is_sent_there_and_nothing_else() -> None:
    (cut,) = book.wished("cut", ["m0"], {"peers": ["m1"], "port": 8008})
    assert cuts.lost(cut, ADDRESSES, GATEWAY) == [("10.64.0.11", "10.64.0.10", 8008)]
    assert "    ip saddr 10.64.0.11 ip daddr 10.64.0.10 tcp dport 8008 drop\n" in cuts.rules(
        "jb", [cut], ADDRESSES, GATEWAY
    )


def test_a_cut_of_a_machine_that_is_gone_loses_nothing() -> None:
    assert cuts.lost(Fault("cut", "m9", "m0"), ADDRESSES, GATEWAY) == []
    assert cuts.lost(Fault("cut", "m0", "m9"), ADDRESSES, GATEWAY) == []


def test_without_cuts_there_is_no_table() -> None:
    assert (
        cuts.rules("jb", [Fault("freeze", "m0")], ADDRESSES, GATEWAY) == "add table bridge jb\ndelete table bridge jb\n"
    )


def test_cuts_hold_between_machines_and_to_and_from_the_host() -> None:
    text = cuts.rules("jb", [Fault("cut", "m0", "everything"), Fault("cut", "m0", "everything")], ADDRESSES, GATEWAY)
    assert text.count("drop") == 2
    assert "    ip saddr 10.64.0.10 drop\n" in text
    for hook in ("forward", "input", "output"):
        assert f"hook {hook} priority" in text


def test_what_slows_a_line() -> None:
    assert shaping.tbf(800) == ["tbf", "rate", "800kbit", "burst", "1600", "latency", "400ms"]
    assert shaping.netem(20, 0) == ["netem", "limit", "10000", "delay", "20ms"]
