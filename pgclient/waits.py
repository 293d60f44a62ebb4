"""Waiting for a time at most, without losing a cancellation.

`asyncio.wait_for` before Python 3.12 forgets that its task was cancelled if what it waits for ends in the same moment
(https://github.com/python/cpython/issues/86296): a task that is told to stop in a loop would go on for ever.

Knows: asyncio. Must not know: what is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def happened(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set within so many seconds."""
    if event.is_set():
        return True
    waiter = asyncio.create_task(event.wait())
    try:
        done, _ = await asyncio.wait({waiter}, timeout=max(0.0, seconds))
        return bool(done)
    finally:
        waiter.cancel()


async def within(seconds: float, work: Coroutine[Any, Any, T], discard: Callable[[T], None]) -> T:
    """The result of `work`; raises `asyncio.TimeoutError` once time is up. A result that nobody takes is discarded."""
    task = asyncio.create_task(work)

    def end(ended: asyncio.Task[T]) -> None:
        if not ended.cancelled() and ended.exception() is None:
            discard(ended.result())

    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        task.add_done_callback(end)
        raise
    if not done:
        task.cancel()
        task.add_done_callback(end)
        raise asyncio.TimeoutError
    return task.result()
