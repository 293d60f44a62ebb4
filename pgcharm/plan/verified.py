"""Which backups have been verified, by any unit.

Knows: the key of the peer bag. Must not know: how a backup is verified.
"""

from __future__ import annotations

import json
from contextlib import suppress

from pgcharm.plan.backup import looked
from pgcharm.plan.situation import Situation

VERIFIED = "backups-verified"
"""The key of a unit's peer bag with what it has found of each backup, as JSON."""


def verified(s: Situation) -> dict[str, str]:
    """When each backup was last found well, or what is wrong with it; by its id."""
    found: dict[str, str] = {}
    for bag in s.o.juju.others.values():
        with suppress(ValueError, TypeError):
            found |= {str(key): str(value) for key, value in dict(json.loads(bag.get(VERIFIED, "{}"))).items()}
    return found | dict(s.o.runs.verified)


def word(s: Situation) -> str | None:
    """What this unit has found of backups that are there still."""
    seen = looked(s)
    there = {backup.id for backup in seen.stanza.backups} if seen else set(s.o.runs.verified)
    found = {key: value for key, value in s.o.runs.verified.items() if key in there}
    return json.dumps(found, sort_keys=True) if found else None
