"""Patroni's words for the state and the role of a member.

Knows: which states a member's PostgreSQL answers in. Must not know: who is in one.
Source: patroni/postgresql/misc.py and patroni/api.py, 4.1.
"""

from __future__ import annotations

CLONING = "creating replica"
"""The primary's data is being copied to it."""
STREAMING = frozenset(("streaming", "in archive recovery"))
"""A standby that receives what the primary writes."""
STANDBYS = ("synchronous standby", "quorum standby", "standby")
"""Patroni's names for the role of a standby, best first: those that commits wait for have all of them."""
SERVING = STREAMING | {"running"}
"""A member whose PostgreSQL answers."""
