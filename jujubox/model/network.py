"""Addresses as units see them: the shape that network-get prints, and the network keys of a unit's databags.

Knows: one network, one interface per machine. Pure.
Must not know: how machines get their address.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from jujubox.model.models import Personality

INTERFACE = "eth0"


def info(address: str, subnet: str, hostname: str = "") -> dict[str, Any]:
    """What `network-get` prints for any binding."""
    return {
        "bind-addresses": [
            {
                "mac-address": mac(address),
                "interface-name": INTERFACE,
                "addresses": [{"hostname": hostname, "value": address, "cidr": subnet}],
            }
        ],
        "egress-subnets": [f"{address}/32"],
        "ingress-addresses": [address],
    }


def bag_keys(address: str, personality: Personality) -> dict[str, str]:
    """What a unit's databag holds from the moment it enters a relation."""
    keys = {"ingress-address": address, "egress-subnets": f"{address}/32"}
    if personality == "3.6":
        keys["private-address"] = address
    return keys


def mac(address: str) -> str:
    """A stable hardware address for an IPv4 address."""
    packed = ipaddress.IPv4Address(address).packed
    return "02:00:" + ":".join(f"{byte:02x}" for byte in packed)
