"""From which networks a client unit will connect.

Knows: the address keys that Juju puts in a unit's bag, IPv4 and IPv6. Must not know: what the networks may reach.

`egress-subnets` is where connections come from; older Juju gives `ingress-address` or `private-address` only.
"""

from __future__ import annotations

import ipaddress

from pgcharm.clients.relation import Bag

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_NETWORKS = 64
"""Of one unit; each costs lines in pg_hba.conf on every unit."""


def client_networks(bag: Bag) -> tuple[Network, ...]:
    """The networks of a unit, sorted, without what is no address; empty while Juju has not said any."""
    for key in ("egress-subnets", "ingress-address", "private-address"):
        texts = bag.get(key, "")[: MOST_NETWORKS * 50].split(",")
        networks = {network for text in texts if (network := _network(text.strip())) is not None}
        if networks:
            return tuple(sorted(networks, key=_order)[:MOST_NETWORKS])
    return ()


def _network(text: str) -> Network | None:
    if not text.isascii() or "%" in text:
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if network.version == 6 else None
    if mapped is not None and network.prefixlen >= 96:
        return ipaddress.ip_network((mapped, network.prefixlen - 96), strict=False)
    return network


def _order(network: Network) -> tuple[int, bytes, int]:
    return network.version, network.network_address.packed, network.prefixlen
