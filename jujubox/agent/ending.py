"""Ending tasks for certain.

Knows: that `asyncio.wait_for` before Python 3.12 can swallow a cancellation that comes as its wait ends
(https://github.com/python/cpython/issues/86296). Must not know: what the tasks do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 0.5


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks, again and again until all have ended; their results and errors are dropped."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        ended, left = await asyncio.wait(left, timeout=AGAIN)
        for task in ended:
            if not task.cancelled():
                task.exception()
