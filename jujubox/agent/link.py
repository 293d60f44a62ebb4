"""The agent's link to its controller: one connection that is made again and again, and calls that outlive it.

Knows: logging in, back-off, noticing a silent peer, repeating a call whose answer was lost.
Must not know: what any method but `login` means. Repeating is safe because a commit carries its own id.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from jujubox.agent.conf import AgentConf
from jujubox.agent.logs import Logger
from jujubox.wire import LINE_LIMIT, Caller, CallError, Disconnected

Call = Callable[..., Awaitable[Any]]
"""`await call("unit.config", unit="a/0")`."""

FIRST_WAIT, LONGEST_WAIT = 0.2, 2.0
POLL_GRACE = 20.0
"""Seconds beyond a long poll's timeout after which the connection counts as lost."""


class Link:
    """Calls to the controller that wait while it is away."""

    def __init__(self, conf: AgentConf, log: Logger) -> None:
        self._conf = conf
        self._log = log
        self._caller: Caller | None = None
        self._connected = asyncio.Event()
        self._lost = asyncio.Event()

    async def keep(self, greet: Callable[[Caller, str], Awaitable[None]]) -> None:
        """Connect, log in, `greet`, and do so again for ever when the connection ends."""
        wait = FIRST_WAIT
        while True:
            try:
                caller, address = await asyncio.wait_for(self._connect(), 10)
                await asyncio.wait_for(greet(caller, address), 30)
            except (OSError, CallError, asyncio.TimeoutError) as error:
                self._log("DEBUG", f"cannot reach the controller: {error or type(error).__name__}")
                await asyncio.sleep(wait * random.uniform(0.8, 1.2))
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            wait = FIRST_WAIT
            await self._use(caller)

    async def _use(self, caller: Caller) -> None:
        self._caller = caller
        self._lost.clear()
        self._connected.set()
        await self._lost.wait()
        self._connected.clear()
        self._caller = None
        await caller.close()
        self._log("WARNING", "connection to the controller lost")

    async def _connect(self) -> tuple[Caller, str]:
        conf = self._conf
        reader, writer = await asyncio.open_connection(conf.controller_host, conf.controller_port, limit=LINE_LIMIT)
        sock = writer.get_extra_info("socket")
        _notice_silence(sock)
        address = str(sock.getsockname()[0])
        caller = Caller(reader, writer)
        try:
            await caller.call("login", model=conf.model_uuid, machine=conf.machine, token=conf.token)
        except BaseException:
            await caller.close()
            raise
        return caller, address

    async def call(self, method: str, **params: Any) -> Any:
        """The controller's answer, however long that takes. Raises CallError only."""
        while True:
            await self._connected.wait()
            caller = self._caller
            if caller is None:
                await asyncio.sleep(0)
                continue
            try:
                return await self._ask(caller, method, params)
            except (Disconnected, OSError, asyncio.TimeoutError):
                if self._caller is caller:
                    self._connected.clear()
                    self._lost.set()

    async def _ask(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        if "timeout" not in params:
            return await caller.call(method, **params)
        return await asyncio.wait_for(caller.call(method, **params), params["timeout"] + POLL_GRACE)


def _notice_silence(sock: socket.socket) -> None:
    """Have the kernel end a connection whose other side does not answer for about 20 seconds."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 8)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000)
