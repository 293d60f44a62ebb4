"""A TCP proxy that refuses, delays, freezes, cuts and corrupts."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Stands before one port, in the event loop of the test."""

    behind: int
    port: int = 0
    delay: float = 0.0
    """Seconds by which every piece is late."""
    cut_on: bytes = b""
    """Cut a connection once the client has sent this, which still gets through; no answer to it does."""
    swallow_on: bytes = b""
    """Cut a connection once the client has sent this, which does not get through."""
    corrupt: int = 0
    """So many pieces from the server, from now on, begin with rubbish."""
    _forgotten: int = 0
    _count: int = 0
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Nobody listens any more, and what was connected is cut."""
        if self._server:
            self._server.close()
            self._server = None
        self.cut()

    def freeze(self) -> None:
        """Connections are accepted and stay; nothing moves."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def forget(self) -> None:
        """Whatever is connected now is half-open from here on: nothing moves, nobody hears why. New ones work."""
        self._forgotten = self._count

    def cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def stop(self) -> None:
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        self._count += 1
        number = self._count
        try:
            await self._flows.wait()
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.behind)
            self._writers.add(there_writer)
            try:
                await asyncio.gather(
                    self._pump(number, reader, there_writer, there_writer, writer),
                    self._pump(number, there_reader, writer),
                )
            finally:
                self._writers.discard(there_writer)
                there_writer.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(
        self,
        number: int,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        server: asyncio.StreamWriter | None = None,
        client: asyncio.StreamWriter | None = None,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await asyncio.sleep(self.delay)
                await self._flows.wait()
                if number <= self._forgotten:
                    continue
                if not client and self.corrupt:
                    self.corrupt -= 1
                    data = b"\xff" * 5 + data[5:]
                if client and self.swallow_on and self.swallow_on in data:
                    client.transport.abort()
                    break
                if server and client and self.cut_on and self.cut_on in data:
                    client.transport.abort()
                    server.write(data)
                    await server.drain()
                    await asyncio.sleep(0.3)
                    break
                sink.write(data)
                await sink.drain()
        sink.close()
