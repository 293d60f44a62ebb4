"""Whether the unit leads, as one context sees it.

Knows: that a True holds for half a lease more, and that a False stays False for the rest of the context.
Must not know: how the lease is kept.

Source: internal/worker/uniter/runner/context/leader.go of Juju.
"""

from __future__ import annotations

from jujubox.agent.context.calls import ToolError, UnitCalls

NOT_LEADER = "this unit is not the leader"


class Leadership:
    """is-leader for one context."""

    def __init__(self, calls: UnitCalls) -> None:
        self._calls = calls
        self._was_minion = False

    async def leads(self) -> bool:
        """Whether the unit is the leader now; asks the controller until it once says no."""
        if self._was_minion:
            return False
        leads = bool(await self._calls("unit.is_leader"))
        self._was_minion = not leads
        return leads

    async def require(self, refusal: str = NOT_LEADER) -> None:
        """Raises ToolError with `refusal` unless the unit leads."""
        if not await self.leads():
            raise ToolError(refusal)
