"""Length-prefixed lists of byte strings, for the programs on the machine that must start quickly.

Knows: `<length>\\n` and fields separated by NUL. Must not know: what the fields mean.
"""

from __future__ import annotations

import asyncio

FRAME_LIMIT = 16 * 1024 * 1024


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """One frame's content. Raises ValueError, IncompleteReadError."""
    size = int(await reader.readline())
    if not 0 <= size <= FRAME_LIMIT:
        raise ValueError(f"cannot read frame: {size} bytes (expected at most {FRAME_LIMIT})")
    return await reader.readexactly(size)
