#!/usr/bin/env python3
"""A client of the postgresql charm on three endpoints; its actions change its wishes and run SQL."""

import json
import time
from typing import Any

import ops
import psycopg2

SECRETS = ["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]
"""What data_interfaces asks to be told as secrets."""


class DataClient(ops.CharmBase):
    """Asks as soon as it is related, and uses what it is told when an action says so."""

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        framework.observe(self.on["database"].relation_created, self._ask_for_database)
        framework.observe(self.on["db"].relation_joined, self._poll)
        framework.observe(self.on.wish_action, self._wish)
        framework.observe(self.on.told_action, self._told)
        framework.observe(self.on.query_action, self._query)
        framework.observe(self.on.work_action, self._work)
        framework.observe(self.on.collect_unit_status, self._status)

    def _ask_for_database(self, event: ops.RelationCreatedEvent) -> None:
        if self.unit.is_leader():
            wish = {"database": "pages", "requested-secrets": json.dumps(SECRETS), "extensions": "pg_trgm,hstore(own)"}
            event.relation.data[self.app].update(wish)

    def _poll(self, event: ops.RelationJoinedEvent) -> None:
        event.relation.data[self.unit].update({"database": "polled", "roles": "readers"})

    def _status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus())

    def _wish(self, event: ops.ActionEvent) -> None:
        relation = self._relation(event.params["endpoint"])
        mine = self.app if event.params["endpoint"] == "database" else self.unit
        relation.data[mine][event.params["key"]] = event.params["value"]

    def _told(self, event: ops.ActionEvent) -> None:
        endpoint = event.params["endpoint"]
        event.set_results({"told": json.dumps(self._what_is_told(endpoint, self._relation(endpoint)))})

    def _query(self, event: ops.ActionEvent) -> None:
        event.set_results(
            {"answers": json.dumps([self._answer(each) for each in json.loads(event.params["questions"])])}
        )

    def _work(self, event: ops.ActionEvent) -> None:
        """Short transactions, one after the other, on one connection for as long as that lasts.

        They go on until a second after another server was met, or until the seconds have passed.
        """
        told = self._what_is_told("database", self._relation("database"))
        one = {"host": event.params["through"], "port": "6432"} if "through" in event.params else {}
        begun, done, longest, refusals, servers = time.monotonic(), 0, 0.0, [], []
        end = begun + event.params["seconds"]
        connection = None
        while time.monotonic() < end:
            asked = time.monotonic()
            try:
                connection = connection or psycopg2.connect(told["uris"], connect_timeout=20, sslmode="require", **one)
                with connection, connection.cursor() as cursor:
                    cursor.execute("INSERT INTO page VALUES ('work')")
                    cursor.execute("SELECT inet_server_addr()::text, pg_sleep(0.02)")
                    server = cursor.fetchone()[0]
                done += 1
                if server not in servers:
                    servers.append(server)
                    end = min(end, time.monotonic() + 1) if len(servers) == 2 else end
            except psycopg2.Error as error:
                refusals.append(f"{time.monotonic() - begun:.1f}: {str(error).strip()}")
                connection = None
            longest = max(longest, time.monotonic() - asked)
        event.set_results(
            {
                "done": str(done),
                "longest": f"{longest:.2f}",
                "refusals": json.dumps(refusals),
                "servers": json.dumps(servers),
            }
        )

    def _answer(self, question: dict[str, str]) -> list[Any] | str:
        """Rows, or the text with which the server refused."""
        told = self._what_is_told(question["endpoint"], self._relation(question["endpoint"]))
        prefix = "schema_" if "schema" in question else ""
        words = {
            "user": told.get("username") or told[f"{prefix}user"],
            "password": question.get("password") or told[f"{prefix}password"],
            "dbname": question.get("database") or told["database"],
            "host": question.get("host") or told["endpoints"].split(":")[0],
            "port": question.get("port") or told["endpoints"].split(":")[1],
        }
        try:
            connection = psycopg2.connect(**words, connect_timeout=5, sslmode="require")
            connection.autocommit = True
            with connection.cursor() as cursor:
                if "before" in question:
                    cursor.execute(question["before"])
                cursor.execute(question["sql"])
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            return str(error).strip()

    def _relation(self, endpoint: str) -> ops.Relation:
        relation = self.model.get_relation(endpoint)
        assert relation is not None
        return relation

    def _is_let_in(self, relation: ops.Relation, bag: dict[str, str]) -> bool:
        """By its name, or by its subnets, as ops-lib-pgsql goes: a server in another model does not know the name."""
        mine = [subnet for subnet in relation.data[self.unit].get("egress-subnets", "").split(",") if subnet]
        by_subnets = bool(mine) and set(mine) <= set(bag.get("allowed-subnets", "").split(","))
        return by_subnets or self.unit.name in bag.get("allowed-units", "").split()

    def _what_is_told(self, endpoint: str, relation: ops.Relation) -> dict[str, Any]:
        """The bag with its secrets; on the endpoints of pgsql, the bag of the unit that says it is the primary."""
        if endpoint == "database":
            told = dict(relation.data[relation.app])
            for key in ("secret-user", "secret-tls"):
                if key in told:
                    told.update(self.model.get_secret(id=told[key]).get_content(refresh=True))
            return told
        bags = {unit.name: dict(relation.data[unit]) for unit in relation.units}
        ready = [bag for bag in bags.values() if self._is_let_in(relation, bag)]
        primary = next((bag for bag in ready if bag["state"] in ("master", "standalone")), None)
        return {} if primary is None else {**primary, "endpoints": f"{primary['host']}:{primary['port']}"}


if __name__ == "__main__":
    ops.main(DataClient)
