"""Fetching a file from the controller in chunks, checked by its digest.

Knows: chunks of base64 and sha256. Must not know: what the file is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

CHUNK = 4 * 1024 * 1024


async def download(read: Callable[[int, int], Awaitable[dict[str, Any]]], target: Path) -> str:
    """Write what `read(offset, length)` yields to `target`, complete or not at all; answers the sha256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    digest, offset, expected = hashlib.sha256(), 0, ""
    with part.open("wb") as file:
        while True:
            answer = await read(offset, CHUNK)
            data = base64.b64decode(answer["data"])
            expected = answer.get("sha256") or expected
            file.write(data)
            digest.update(data)
            offset += len(data)
            if not data or offset >= int(answer["size"]):
                break
    if expected and digest.hexdigest() != expected:
        part.unlink()
        raise OSError(f"cannot download {target.name}: sha256 {digest.hexdigest()} (expected {expected})")
    part.replace(target)
    return digest.hexdigest()
