"""What happens because time passes: leases lapse, secrets are due, forced removals are carried out.

Knows: the next moment at which there is something to do; sleeps until then.
Must not know: what each of them means.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from jujubox.controller.core import Core
from jujubox.model import leases, models, removal, secret_events, topics

LONGEST = 300.0
RETRY = 5.0
log = logging.getLogger("jujubox.timers")
GRACE = 0.05
"""Seconds after the due time at which to look, so that it has passed."""


async def run(core: Core) -> None:
    """Look whenever something is due, for ever."""
    since = 0.0
    while True:
        try:
            since = _tick(core, since)
        except Exception:  # leadership must not stop because of one odd row
            log.exception("cannot carry out what is due")
            await asyncio.sleep(RETRY)
        await core.bell.wait([topics.TIMERS], max(GRACE, _next(core) - core.db.now() + GRACE))


def _tick(core: Core, since: float) -> float:
    with core.db.transaction():
        now = core.db.now()
        leases.lapse(core.db, lambda model: models.by_id(core.db, model).lease_seconds, core.unit_present)
        secret_events.touch_due(core.db, since)
        removal.force_due(core.db)
    return now


def _next(core: Core) -> float:
    due = [leases.next_lapse(core.db), secret_events.next_due(core.db), removal.next_force(core.db)]
    with contextlib.suppress(ValueError):
        return min(min(when for when in due if when is not None), core.db.now() + LONGEST)
    return core.db.now() + LONGEST
