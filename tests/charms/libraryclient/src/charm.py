#!/usr/bin/env python3
"""A client that leaves both interfaces to their published libraries."""

import json
from typing import Any

import ops
import pgsql
import psycopg2
from dpcharmlibs.interfaces import RequirerCommonModel, ResourceProviderModel, ResourceRequirerEventHandler

DATABASE = "bylibrary"


class LibraryClient(ops.CharmBase):
    """Keeps what the libraries tell, and every event of theirs."""

    kept = ops.StoredState()

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.kept.set_default(master="", standbys=[], modern={}, events=[])
        self.db = pgsql.PostgreSQLClient(self, "db")
        framework.observe(self.db.on.database_relation_joined, self._ask)
        for name in ("master_changed", "standby_changed", "database_available", "database_gone"):
            framework.observe(getattr(self.db.on, name), self._hear)
        wish = RequirerCommonModel(resource="modern")
        self.database = ResourceRequirerEventHandler(self, "database", [wish], ResourceProviderModel)
        for name in ("resource_created", "endpoints_changed", "read_only_endpoints_changed", "authentication_updated"):
            framework.observe(getattr(self.database.on, name), self._hear_modern)
        framework.observe(self.on.told_action, self._told)
        framework.observe(self.on.query_action, self._query)
        framework.observe(self.on.collect_unit_status, self._status)

    def _ask(self, event: Any) -> None:
        """As the library's own documentation has it."""
        if self.unit.is_leader():
            event.database, event.roles, event.extensions = DATABASE, ["readers"], ["pg_trgm"]
        elif event.database != DATABASE:
            event.defer()

    def _hear(self, event: Any) -> None:
        self.kept.events.append(type(event).__name__)
        self.kept.master = str(event.master or "")
        self.kept.standbys = [str(standby) for standby in event.standbys]

    def _hear_modern(self, event: Any) -> None:
        self.kept.events.append(type(event).__name__)
        told = event.response
        secrets = {
            name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
            for name in ("username", "password", "uris", "tls_ca")
            if (value := getattr(told, name)) is not None
        }
        plain = {"endpoints": told.endpoints, "read-only-endpoints": told.read_only_endpoints, "version": told.version}
        self.kept.modern = {**dict(self.kept.modern), **secrets, **{k: v for k, v in plain.items() if v}}

    def _told(self, event: ops.ActionEvent) -> None:
        told = {
            "master": self.kept.master,
            "standbys": list(self.kept.standbys),
            "modern": dict(self.kept.modern),
            "events": list(self.kept.events),
        }
        event.set_results({"told": json.dumps(told)})

    def _query(self, event: ops.ActionEvent) -> None:
        ways = {
            "master": lambda: self.kept.master,
            "standby": lambda: self.kept.standbys[0],
            "modern": lambda: self.kept.modern["uris"],
        }
        try:
            connection = psycopg2.connect(ways[event.params["where"]](), connect_timeout=5)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(event.params["sql"])
                answer: Any = cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            answer = str(error).strip()
        event.set_results({"answer": json.dumps(answer)})

    def _status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus())


if __name__ == "__main__":
    ops.main(LibraryClient)
