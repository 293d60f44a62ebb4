"""Whether this host's own firewall lets machines speak.

Knows: what `iptables -S` prints; what Docker and ufw set.
Must not know: how the answer is shown.

jujubox's own rules can only drop; they cannot let through what another table drops.
"""

from __future__ import annotations

from pathlib import Path

from jujubox.machines import host

PORTS = "jb+"
BRIDGED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


def obstacle(entering: str, forwarded: str, bridged: bool) -> str:
    """The sentence, from the rules of INPUT and FORWARD as `iptables -S` prints them; nothing if all is well.

    `bridged`: whether packets from one port of a bridge to another are shown to iptables (br_netfilter).
    """
    if "-P INPUT DROP" in entering and f"-i {PORTS} " not in entering:
        return (
            f"This host's firewall drops what machines send to it; `iptables -I INPUT -i {PORTS} -j ACCEPT` lets it in."
        )
    if bridged and "-P FORWARD DROP" in forwarded and f"-i {PORTS} " not in forwarded:
        rule = f"iptables -I FORWARD -i {PORTS} -o {PORTS} -j ACCEPT"
        return f"This host's firewall drops what machines send one another; `{rule}` lets it through."
    return ""


async def look() -> str:
    """The sentence for this host as it is."""
    rules = [await host.attempt(["sh", "-c", f"iptables -S {chain} 2>/dev/null"]) for chain in ("INPUT", "FORWARD")]
    bridged = BRIDGED.exists() and BRIDGED.read_text().strip() == "1"
    return obstacle(rules[0].stdout.decode(), rules[1].stdout.decode(), bridged)
