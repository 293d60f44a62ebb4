"""Addresses as units see them: the shape that network-get prints, and the network keys of a unit's databags.

Knows: one network, one interface per machine; where the traffic of a relation is said to come from.
Must not know: how machines get their address.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from jujubox.model.database import Database, Refused, dumps, loads
from jujubox.model.models import Model, Personality

INTERFACE = "eth0"


def info(address: str, subnet: str, egress: list[str], hostname: str = "") -> dict[str, Any]:
    """What `network-get` prints for any binding."""
    return {
        "bind-addresses": [
            {
                "mac-address": mac(address),
                "interface-name": INTERFACE,
                "addresses": [{"hostname": hostname, "value": address, "cidr": subnet}],
            }
        ],
        "egress-subnets": egress,
        "ingress-addresses": [address],
    }


def bag_keys(address: str, egress: list[str], personality: Personality) -> dict[str, str]:
    """What a unit's databag holds from the moment it enters a relation."""
    keys = {"ingress-address": address, "egress-subnets": ",".join(egress)}
    if personality == "3.6":
        keys["private-address"] = address
    return keys


def mac(address: str) -> str:
    """A stable hardware address for an IPv4 address."""
    packed = ipaddress.IPv4Address(address).packed
    return "02:00:" + ":".join(f"{byte:02x}" for byte in packed)


def egress(db: Database, model: Model, address: str, relation: int | None = None) -> list[str]:
    """Where a unit's traffic comes from: as `integrate --via` said, else the model's config, else its address.

    Source: apiserver/facades/agent/uniter/networkinfo.go of Juju (NetworksForRelation).
    """
    said = loads(db.value("SELECT subnets_json FROM egress WHERE model = ? AND relation = ?", model.id, relation))
    return said or subnets_in(str(model.setting("egress-subnets"))) or [f"{address}/32"]


def set_egress(db: Database, model: int, relation: int, subnets: list[str]) -> None:
    """Where a relation's traffic comes from."""
    db.insert("egress", model=model, relation=relation, subnets_json=dumps(subnets))


def subnets_in(text: str) -> list[str]:
    """The subnets of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def checked_subnets(subnets: list[str]) -> list[str]:
    """The same. Raises Refused for what is no subnet, and for all addresses there are."""
    for subnet in subnets:
        try:
            ipaddress.ip_network(subnet, strict=False)
        except ValueError:
            raise Refused(f"invalid CIDR address: {subnet}", "bad request") from None
        if "/" not in subnet:
            raise Refused(f"invalid CIDR address: {subnet}", "bad request")
        if subnet == "0.0.0.0/0":
            raise Refused(f'CIDR "{subnet}" not allowed', "bad request")
    return subnets
