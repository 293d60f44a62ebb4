#!/usr/bin/env python3
"""Asks for a sysname, and keeps documents in it when an action says so."""

import asyncio
import json
from pathlib import Path

import ops
from keeping import keep

from pgstore import Unavailable, from_relation

SYSNAME = "Harbour-1"
NOTES = Path("acknowledged.json")
"""Every id that was ever acknowledged, whatever becomes of the databases."""


class StoreKeeper(ops.CharmBase):
    """All it knows of the database is in the relation."""

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on["db"].relation_joined, self._ask)
        framework.observe(self.on.keep_action, self._keep)
        framework.observe(self.on.collect_unit_status, self._status)

    def _ask(self, event: ops.RelationJoinedEvent) -> None:
        event.relation.data[self.unit]["sysname"] = SYSNAME

    def _bags(self) -> list[dict[str, str]]:
        relation = self.model.get_relation("db")
        return [dict(relation.data[unit]) for unit in relation.units] if relation else []

    def _status(self, event: ops.CollectStatusEvent) -> None:
        try:
            from_relation(self._bags(), self.unit.name, sysname=SYSNAME)
        except Unavailable as error:
            event.add_status(ops.WaitingStatus(str(error)))
        else:
            event.add_status(ops.ActiveStatus())

    def _keep(self, event: ops.ActionEvent) -> None:
        settings = from_relation(self._bags(), self.unit.name, sysname=SYSNAME)
        known = json.loads(NOTES.read_text()) if NOTES.exists() else []
        report = asyncio.run(keep(SYSNAME, settings, known, event.params["seconds"]))
        NOTES.write_text(json.dumps(report.acknowledged))
        event.set_results(report.as_results())


if __name__ == "__main__":
    ops.main(StoreKeeper)
