"""`python3 -m jujubox.agent <agent.conf>`: runs the agents of one machine until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from jujubox.agent.conf import AgentConf
from jujubox.agent.machine import MachineAgent


async def _serve(conf: AgentConf) -> None:
    task = asyncio.ensure_future(MachineAgent(conf).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main() -> int:
    """Exit code 0 after SIGTERM, 2 for a wrong call."""
    if len(sys.argv) != 2:
        print("usage: python3 -m jujubox.agent <agent.conf>", file=sys.stderr)
        return 2
    asyncio.run(_serve(AgentConf.read(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
