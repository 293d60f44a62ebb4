"""Open ports as Juju's tables draw them: consecutive ones joined, one list a protocol.

>>> port_list(["9998/tcp", "9999/tcp", "80/tcp", "53/udp", "icmp"])
'80,9998-9999/tcp 53/udp icmp'
"""

from __future__ import annotations

from collections.abc import Iterable


def port_list(ports: Iterable[str]) -> str:
    """The ports of one unit on one line."""
    numbers: dict[str, list[str]] = {}
    for port in ports:
        number, _, protocol = port.partition("/")
        numbers.setdefault(f"/{protocol}" if protocol else number, []).extend([number] if protocol else [])
    lists = (",".join(_joined(found)) + protocol for protocol, found in sorted(numbers.items()))
    return " ".join(lists)


def _joined(numbers: Iterable[str]) -> list[str]:
    """Single ports that follow one another become a range; ranges that were opened as such stay as they are."""
    found: list[list[int]] = []
    ranges = []
    for number in sorted(numbers, key=lambda text: (len(text), text)):
        if not number.isdigit():
            ranges.append(number)
        elif found and found[-1][1] == int(number) - 1:
            found[-1][1] = int(number)
        else:
            found.append([int(number), int(number)])
    singles = [str(first) if first == last else f"{first}-{last}" for first, last in found]
    return sorted([*singles, *ranges], key=lambda text: (len(text.split("-")[0]), text))
