"""Where clients connect from, and the lines of pg_hba.conf that this becomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgcharm.clients import AccessRule, ClientRelation, Request
from pgcharm.clients.access import access_rules, admitted_units
from pgcharm.clients.addresses import MOST_NETWORKS, client_networks
from pgcharm.clients.request import read_request


def networks(**bag: str) -> list[str]:
    return [str(network) for network in client_networks({key.replace("_", "-"): text for key, text in bag.items()})]


def test_connections_come_from_the_egress_subnets() -> None:
    assert networks(egress_subnets="10.1.0.9/24, fd00::5/128", ingress_address="1.2.3.4") == [
        "10.1.0.0/24",
        "fd00::5/128",
    ]


def test_older_juju_gives_an_address_only() -> None:
    assert networks(ingress_address="10.0.0.7", private_address="10.0.0.8") == ["10.0.0.7/32"]
    assert networks(egress_subnets="", private_address="fd00::8") == ["fd00::8/128"]


def test_what_is_no_address_is_passed_over() -> None:
    assert networks(egress_subnets="all,fe80::1%eth0,host.example,10.0.0.256,10.0.0.1", private_address="x") == [
        "10.0.0.1/32"
    ]
    assert networks(private_address="host.example") == []
    assert networks(egress_subnets="::ffff:10.0.0.1") == ["10.0.0.1/32"]


def test_a_unit_cannot_fill_the_file() -> None:
    many = ",".join(f"10.0.{a}.{b}/32" for a in range(200) for b in range(200))
    assert len(networks(egress_subnets=many)) <= MOST_NETWORKS


@given(st.text())
def test_any_text_gives_networks_or_nothing(text: str) -> None:
    for network in networks(egress_subnets=text):
        assert set(network) <= set("0123456789abcdef.:/")


def request(endpoint: str = "db", **bags: str) -> Request:
    units = {f"shop/{unit[1:]}": {"egress-subnets": subnets} for unit, subnets in bags.items()}
    read = read_request(ClientRelation(1, endpoint, "shop", units=units))
    assert isinstance(read, Request)
    return read


def test_a_line_names_database_users_and_network_and_nothing_more() -> None:
    (rule,) = access_rules([request(u0="10.0.0.1/32")], require_tls=False)
    assert str(rule) == 'host "shop" "juju_shop","jujuschema_shop" 10.0.0.1/32 scram-sha-256'
    (rule,) = access_rules([request("db-admin", u0="fd00::1/128")], require_tls=True)
    assert str(rule) == 'hostssl all "jujuadmin_shop" fd00::1/128 scram-sha-256'


def test_two_units_behind_one_network_share_a_line() -> None:
    assert len(access_rules([request(u0="10.0.0.0/24", u1="10.0.0.0/24")], require_tls=False)) == 1


def test_a_unit_is_admitted_when_all_its_lines_are_loaded() -> None:
    asked = request(u0="10.0.0.1/32", u1="10.0.0.2/32,fd00::2/128", u2="")
    rules = access_rules([asked], require_tls=False)
    assert [unit.name for unit in admitted_units(asked, frozenset(rules), False)] == ["shop/0", "shop/1"]
    some = frozenset(rule for rule in rules if rule.network.version == 4)
    assert [unit.name for unit in admitted_units(asked, some, False)] == ["shop/0"]
    assert admitted_units(asked, frozenset(rules), True) == ()


def test_names_are_quoted_in_the_file() -> None:
    (rule,) = access_rules([request(u0="10.0.0.1/32")], require_tls=False)
    odd = AccessRule("host", 'a"b', ("all",), rule.network)
    assert str(odd).startswith('host "a""b" "all" ')
