"""Which files of tests use one deployment, one after the other, and what keeps them together when workers share a run.

Knows: names of files. Must not know: what is deployed, or what a test does with it.
"""

from __future__ import annotations

from pathlib import PurePath

from xdist.scheduler import LoadFileScheduling

MODELS = {
    "test_failover": "three-under-proof",
    "test_quorum": "three-under-proof",
    "test_postgresql_actions": "three-and-ledger",
    "test_postgresql_refresh": "three-and-ledger",
    "test_postgresql_rejoin": "three-and-ledger",
}
"""The name of the model that a file shares with others. They run in the order of their names."""


class ByModel(LoadFileScheduling):  # type: ignore[misc, unused-ignore]
    """A file goes to one worker as a whole, and so do all that share a model."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return MODELS.get(PurePath(file).stem, file)
