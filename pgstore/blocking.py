"""The same systems and stores for code that blocks: every call runs on one event loop in a background thread.

    with BlockingSystem("demo", from_url("postgresql://ion@10.1.0.10")) as system:
        resources = system.get_datastore("resources")
        buoy, revision = resources.create({"type_": "Buoy", "name": "Pioneer"})
        for document in resources.iterate(query):
            ...

There is no second copy of anything: the names, arguments and errors are those of `System` and of its stores. Threads
may share one.

Knows: how threads meet an event loop. Must not know: what is called.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, TypeVar

from pgstore.settings import Settings
from pgstore.store import Store
from pgstore.system import System

T = TypeVar("T")


class Background:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pgstore", daemon=True)
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine. An interrupt (Ctrl-C) cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def iterate(self, things: AsyncIterator[T]) -> Iterator[T]:
        """An asynchronous iteration, from outside; ended properly when its reader stops early."""
        try:
            while (found := self.wait(_next(things))) is not None:
                yield found[0]
        finally:
            aclose = getattr(things, "aclose", None)
            if aclose:
                self.wait(aclose())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Outside:
    """A system or a store, from outside: whatever it has, waiting for what is not there yet."""

    def __init__(self, inside: Any, background: Background) -> None:
        self._inside = inside
        self._background = background

    def __repr__(self) -> str:
        return f"Blocking{self._inside!r}"

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inside, name)
        return functools.wraps(found)(self._calling(found)) if inspect.ismethod(found) else found

    def _calling(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            result = method(*args, **more)
            if inspect.iscoroutine(result):
                result = self._background.wait(result)
            if isinstance(result, AsyncIterator):
                return self._background.iterate(result)
            return Outside(result, self._background) if isinstance(result, Store) else result

        return call


class BlockingSystem(Outside):
    """A `System`, from outside."""

    def __init__(self, sysname: str, settings: Settings, **more: Any) -> None:
        super().__init__(System(sysname, settings, **more), Background())

    def __enter__(self) -> BlockingSystem:
        self._background.wait(self._inside.open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.wait(self._inside.close())
        self._background.stop()


async def _next(things: AsyncIterator[T]) -> tuple[T] | None:
    try:
        return (await things.__anext__(),)
    except StopAsyncIteration:
        return None
