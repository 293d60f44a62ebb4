"""Putting the charm in place: the first time, and on every upgrade.

Source: internal/worker/uniter/operation/deploy.go of Juju.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jujubox.agent import charmdir
from jujubox.agent.download import download
from jujubox.agent.operations import DeployCharm
from jujubox.agent.runtime import Runtime
from jujubox.agent.transitions import deploy_begun, deploy_done


async def deploy_charm(runtime: Runtime, operation: DeployCharm) -> None:
    """Download the charm, unless it is the one in place already, and queue its first hook."""
    if operation.resolve:
        await runtime.calls("unit.clear_resolved")
    await runtime.save(deploy_begun(runtime.state, operation))
    if not operation.upgrade or operation.url != runtime.state.charm_url:
        await _place(runtime, operation)
    await runtime.calls("unit.set_charm", url=operation.url)
    await runtime.save(deploy_done(runtime.state, operation))


async def _place(runtime: Runtime, operation: DeployCharm) -> None:
    archive = runtime.paths.state / "bundles" / f"{operation.sha256 or 'charm'}.charm"

    async def read(offset: int, length: int) -> dict[str, Any]:
        found: dict[str, Any] = await runtime.calls.plain("charm.read", url=operation.url, offset=offset, length=length)
        return found

    runtime.log("INFO", f"deploying charm {operation.url}", "juju.worker.uniter.operation")
    await download(read, archive)
    await asyncio.to_thread(charmdir.deploy, archive, runtime.paths.charm, runtime.paths.state)
    archive.unlink(missing_ok=True)
