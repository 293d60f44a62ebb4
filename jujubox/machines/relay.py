"""Delays whatever passes between a machine's port and the bridge, each way: what netem does, where a kernel lacks it.

Knows: frames, a packet socket, a tap, a clock. Must not know: boxes and machines, and what a frame holds.

    relay.py PORT TAP MILLISECONDS

It makes the tap, returns once frames pass between it and the port, and goes on in the background until somebody deletes
the tap. Frames are handed on as the kernel gave them, large ones and those without a checksum too, with the header that
says so (struct virtio_net_hdr of linux/virtio_net.h).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

HEADER = 10
FRAME = HEADER + 14 + 65536
AT_ONCE = 64
"""Frames read from one side before the other is looked at."""
LIMIT = 10_000
"""Frames that wait at most, each way; more are lost, as with netem's `limit`."""
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
CHECKSUMS_AND_SEGMENTS = 0x01 | 0x02 | 0x04
"""TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 of linux/if_tun.h."""
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 1, 15, 23
PACKET_MR_PROMISC = 1
EVERY_PROTOCOL = 0x0003


@dataclass
class Way:
    """One direction: what was read from `source` and is written to `sink` when it is due."""

    source: int
    sink: int
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)

    def take(self, due: float) -> None:
        """Read what there is. Raises OSError where the source is gone."""
        for _ in range(AT_ONCE):
            try:
                frame = os.read(self.source, FRAME)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:  # the port is down: the machine is unplugged, and may come back
                    raise
                return
            if len(self.waiting) < LIMIT:
                self.waiting.append((due, frame))

    def hand_on(self, now: float) -> None:
        """Write what is due. What the other side does not take is lost, as on a cable."""
        while self.waiting and self.waiting[0][0] <= now:
            _, frame = self.waiting.popleft()
            try:
                os.write(self.sink, frame)
            except OSError:
                continue


def tap(name: str) -> int:
    """A new tap. Raises OSError."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(device, TUNSETOFFLOAD, CHECKSUMS_AND_SEGMENTS)
    return device


def packets(port: str) -> socket.socket:
    """Every frame that comes in at a port, whomever it is for. Raises OSError."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    link.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    everything = struct.pack("iHH8s", socket.if_nametoindex(port), PACKET_MR_PROMISC, 0, b"")
    link.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, everything)
    link.bind((port, EVERY_PROTOCOL))
    link.setblocking(False)
    return link


def relay(ways: Sequence[Way], seconds: float) -> None:
    """Hand on until a side is gone, each frame `seconds` after it has come."""
    while True:
        heads = [way.waiting[0][0] for way in ways if way.waiting]
        wait = max(0.0, min(heads) - time.monotonic()) if heads else None
        ready, _, _ = select.select([way.source for way in ways], [], [], wait)
        now = time.monotonic()
        for way in ways:
            if way.source in ready:
                way.take(now + seconds)
            way.hand_on(now)


def go_on_in_the_background() -> None:
    """The caller's process ends well; its child goes on with nobody's terminal and pipes."""
    if os.fork():
        os._exit(0)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)


def main(port: str, name: str, milliseconds: str) -> int:
    """1 where this host has no taps or no such port."""
    try:
        device, link = tap(name), packets(port)
    except OSError as error:
        print(f"cannot delay what passes at {port}: {error}", file=sys.stderr)
        return 1
    go_on_in_the_background()
    with contextlib.suppress(OSError):  # that the tap is gone is the end
        relay((Way(device, link.fileno()), Way(link.fileno(), device)), int(milliseconds) / 1000)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
