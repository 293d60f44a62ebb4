"""One installation of jujubox: where it lives and what its network is called.

Knows: paths, names and addresses, all derived from JUJUBOX_HOME and JUJUBOX_CACHE.
Must not know: what runs in it, or how a bridge or a machine is made.

    >>> Box.at("/var/lib/jujubox", "/var/cache/jujubox").bridge
    'jb6dbbc5'

The subnet is derived from the home too, but may be taken on this host: `machines.network.claim` then chooses the next
free one and writes it to `box.json`, which counts from then on.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = "/var/lib/jujubox"
CACHE = "/var/cache/jujubox"
AGENT_PORT = 17070
PACKAGE_PROXY_PORT = 13142
OURS = {"box.json", "box.json.new", "logs", "machines", "faults.json", "faults.lock", "juju-data"}
"""What may be in a home before, or after, it counts as one."""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def subnet_candidates(home: str) -> Iterator[str]:
    """Every /24 a home may use, its own first: 10.64.0.0 to 10.127.255.0."""
    first = int.from_bytes(_digest(home)[3:5], "big") % 16384
    numbers = ((first + step) % 16384 for step in range(16384))
    return (f"10.{64 + number // 256}.{number % 256}.0/24" for number in numbers)


@dataclass(frozen=True)
class Box:
    """One installation. `tag` is six hexadecimal digits that mark everything of it on the host."""

    home: Path
    cache: Path
    tag: str
    subnet: str
    agent_port: int = AGENT_PORT
    package_proxy_port: int = PACKAGE_PROXY_PORT

    @classmethod
    def at(cls, home: str | Path, cache: str | Path) -> Box:
        """The box whose home is `home`, with the subnet in its box.json, or else the first candidate."""
        home, cache = Path(home).resolve(), Path(cache).resolve()
        subnet = _claimed_subnet(home / "box.json") or next(subnet_candidates(str(home)))
        return cls(home, cache, _digest(str(home)).hex()[:6], subnet)

    @classmethod
    def from_environment(cls) -> Box:
        """The box that JUJUBOX_HOME and JUJUBOX_CACHE name."""
        return cls.at(os.environ.get("JUJUBOX_HOME") or HOME, os.environ.get("JUJUBOX_CACHE") or CACHE)

    @property
    def settled(self) -> bool:
        """Whether the subnet is written down, i.e. `jujubox up` got that far."""
        return _claimed_subnet(self.home / "box.json") is not None

    @property
    def socket(self) -> Path:
        """The controller's unix socket."""
        return self.home / "controller.sock"

    @property
    def bridge(self) -> str:
        """The bridge's interface name."""
        return f"jb{self.tag}"

    @property
    def gateway(self) -> str:
        """The host's address on the bridge; the controller listens there on `agent_port`."""
        return str(ipaddress.ip_network(self.subnet)[1])

    @property
    def package_proxy_address(self) -> str:
        """The host's address of the package proxy, the same for all boxes that share a cache.

        From 198.18.0.0/15 (RFC 2544, for test benches), so that it meets no real network.
        """
        number = int.from_bytes(_digest(str(self.cache))[:2], "big") % 65534 + 1
        return str(ipaddress.ip_address("198.18.0.0") + number)

    @property
    def package_proxy(self) -> str:
        """The URL that apt in the machines uses as its proxy."""
        return f"http://{self.package_proxy_address}:{self.package_proxy_port}"

    def foreign_files(self) -> list[str]:
        """What lies in a directory that is no home yet and was not put there by us, sorted."""
        if self.settled or not self.home.exists():
            return []
        return sorted({path.name for path in self.home.iterdir()} - OURS)

    def machine_home(self, instance: str) -> Path:
        """The directory that holds everything of one machine."""
        return self.home / "machines" / instance


def _claimed_subnet(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text())["subnet"])
    except (OSError, ValueError, KeyError):
        return None
