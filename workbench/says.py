"""What a person reads while something is set up: one line for what goes on, and one sentence when it cannot.

Knows: whether anybody watches a terminal.
Must not know: what is set up.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Missing(Exception):
    """The machine lacks something. The text is one sentence, with what to do about it."""


def dim(text: str) -> str:
    """Text that matters less."""
    return f"\033[2m{text}\033[0m" if COLOUR else text


def bold(text: str) -> str:
    """Text that matters more."""
    return f"\033[1m{text}\033[0m" if COLOUR else text


def seconds(duration: float) -> str:
    """A duration to read.

    >>> seconds(4.25), seconds(75)
    ('4.2 s', '1 min 15 s')
    """
    return f"{duration:.1f} s" if duration < 60 else f"{int(duration) // 60} min {int(duration) % 60} s"


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what goes on, and when it is done how long it took."""
    begun = time.monotonic()
    print(f"{what} ...", end="" if COLOUR else "\n", flush=True)
    try:
        yield
    except BaseException:
        print("" if COLOUR else f"{what}: failed", flush=True)
        raise
    took = dim(f"({seconds(time.monotonic() - begun)})")
    print(f"\r\033[K{what} {took}" if COLOUR else f"{what}: done {took}", flush=True)
