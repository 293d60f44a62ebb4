"""The controller's two sockets: one for commands on this host, one for agents on the bridge.

Knows: connections, logging in, turning refusals into answers.
Must not know: what a method does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from jujubox.charm import CharmError
from jujubox.controller import agent_api, box_api, client_api
from jujubox.controller.core import Core
from jujubox.machines import MachinesError
from jujubox.model.database import Refused
from jujubox.wire import LINE_LIMIT, CallError, serve

log = logging.getLogger("jujubox.controller")


class Server:
    """Listens and answers."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._servers: list[asyncio.AbstractServer] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on both sockets."""
        box = self._core.box
        with contextlib.suppress(FileNotFoundError):
            box.socket.unlink()
        agents = await asyncio.start_server(self._agent, box.gateway, box.agent_port, limit=LINE_LIMIT)
        commands = await asyncio.start_unix_server(self._command, str(box.socket), limit=LINE_LIMIT)
        box.socket.chmod(0o600)
        self._servers = [agents, commands]

    async def stop(self) -> None:
        """Listen no more and end every connection."""
        for server in self._servers:
            server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            self._core.box.socket.unlink()

    async def _command(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answer(method: str, params: dict[str, Any]) -> Any:
            kind = method.partition(".")[0]
            api = box_api if kind == "box" else client_api
            return await _guarded(lambda: api.call(self._core, method, params), method)

        await self._keep(serve(reader, writer, answer))

    async def _agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        core = self._core
        session: agent_api.Session | None = None

        async def answer(method: str, params: dict[str, Any]) -> Any:
            nonlocal session
            if method == "login":
                known, session = session, None
                if known is not None:
                    core.presence.disconnected(known.key)
                session, result = await _guarded(lambda: _login(core, params), method)
                core.presence.connected(session.key)
                return result
            if session is None:
                raise CallError("not logged in", "unauthorized access")
            current = session
            return await _guarded(lambda: agent_api.call(core, current, method, params), method)

        try:
            await self._keep(serve(reader, writer, answer))
        finally:
            if session is not None:
                core.presence.disconnected(session.key)

    async def _keep(self, connection: Any) -> None:
        task = asyncio.ensure_future(connection)
        self._connections.add(task)
        try:
            await task
        except asyncio.CancelledError:
            task.cancel()
        finally:
            self._connections.discard(task)


async def _login(core: Core, params: dict[str, Any]) -> Any:
    return agent_api.login(core, str(params.get("model")), str(params.get("machine")), str(params.get("token")))


async def _guarded(call: Callable[[], Awaitable[Any]], method: str) -> Any:
    """The result of a call; whatever the caller should see as an error becomes one."""
    try:
        return await call()
    except Refused as error:
        raise CallError(error.message, error.code) from error
    except (CharmError, MachinesError) as error:
        raise CallError(str(error), "bad request") from error
    except CallError:
        raise
    except OSError as error:
        raise CallError(f"cannot answer {method}: {error}", "") from error
    except TypeError as error:
        log.exception("%s", method)
        raise CallError(f"cannot answer {method}: {error}", "bad request") from error
    except Exception as error:
        log.exception("%s", method)
        raise CallError(f"cannot answer {method}: {type(error).__name__}: {error}", "") from error
