#!/usr/bin/env python3
"""All hooks: after every change it writes on the primary, reads on every standby, and says so in its status."""

import os
import sys

sys.path.insert(0, os.environ["CHARM_DIR"] + "/lib")

import psycopg2
from charmhelpers.core import hookenv

DATABASE = "classic"
WAYS = "host={host} port={port} dbname={database} user={user} password={password} connect_timeout=5"
hooks = hookenv.Hooks()


@hooks.hook("install", "start", "config-changed", "stop", "leader-elected", "upgrade-charm")
def nothing():
    hookenv.log("nothing to do")


@hooks.hook("db-relation-joined")
def joined():
    hookenv.relation_set(database=DATABASE)


@hooks.hook("db-relation-changed", "db-relation-departed", "update-status")
def changed():
    primary, standbys = None, []
    related = hookenv.relation_ids("db")
    if not related:
        broken()  # update-status comes after relation-broken as well
        return
    for relation in related:
        for unit in hookenv.related_units(relation):
            bag = hookenv.relation_get(unit=unit, rid=relation)
            if bag.get("database") != DATABASE:
                continue  # it has not seen what we ask for
            if hookenv.local_unit() not in (bag.get("allowed-units") or "").split():
                continue  # it does not let us in yet
            if bag["state"] in ("master", "standalone"):
                primary = WAYS.format(**bag)
            elif bag["state"] == "hot standby":
                standbys.append(WAYS.format(**bag))
    use(primary, standbys)


def use(primary, standbys):
    try:
        rows = run(primary, "CREATE TABLE IF NOT EXISTS seen (at timestamptz)", "INSERT INTO seen VALUES (now())")
        reads = [run(standby, "SELECT pg_is_in_recovery()") for standby in standbys]
    except psycopg2.Error as error:
        hookenv.status_set("waiting", str(error).strip().replace("\n", " "))
        return
    state = "active" if primary else "waiting"
    hookenv.status_set(state, f"{'writes' if rows is not None else 'no primary'}, reads from {reads.count([(True,)])}")


def run(where, *statements):
    if where is None:
        return None
    connection = psycopg2.connect(where)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@hooks.hook("db-relation-broken")
def broken():
    hookenv.status_set("blocked", "no database any more")


if __name__ == "__main__":
    hooks.execute(sys.argv)
