"""Behind PgBouncer, with one server connection for each transaction."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import sleep

import psycopg
import pytest

from pgclient import Cluster, TimedOut, Transaction
from tests.database.clients.server import free_port
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Node, Pair

PROGRAM = Path("/usr/sbin/pgbouncer")
SETTINGS = """
[databases]
postgres = host=127.0.0.1 port={server} pool_size=4
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
"""


@contextlib.contextmanager
def bouncer(node: Node) -> Iterator[int]:
    """A PgBouncer in front of one server; its port."""
    port, users = free_port(), node.server.home / "users"
    settings = node.server.home / f"bouncer-{port}.ini"
    users.write_text('"app" "sesame"\n')
    settings.write_text(SETTINGS.format(server=node.port, port=port, users=users))
    command = [str(PROGRAM), "--quiet", str(settings)]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, "PgBouncer did not start"
            sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def test_everything_but_listening_works_behind_pgbouncer(steady: Pair) -> None:
    async def insert(tx: Transaction) -> None:
        await tx.execute("INSERT INTO numbers VALUES (730)")

    async def ask(cluster: Cluster, n: int) -> object:
        if n % 5 == 0:
            return await cluster.fetch_value("SELECT 1 / %s::int", (0,))
        return await cluster.fetch_value("SELECT %s::int", (n,))

    unprepared = replace(BRISK, prepare_threshold=None)
    with bouncer(steady.a) as port:
        async with Cluster(target(port), options=unprepared) as cluster:
            for _ in range(3):  # more than once on each server connection
                answers = await asyncio.gather(*(ask(cluster, n) for n in range(200)), return_exceptions=True)
                for n, answer in enumerate(answers):
                    assert isinstance(answer, psycopg.errors.DivisionByZero) if n % 5 == 0 else answer == n
            assert next(host.counts.in_company for host in cluster.statistics()) > 100
            await cluster.run(insert)
            async with cluster.transaction(isolation="serializable") as tx:
                assert await tx.execute("DELETE FROM numbers WHERE n = 730") == 1
            assert tx.token is not None
            assert await cluster.copy_rows_in("COPY numbers FROM STDIN", [(731,), (732,)]) == 2
            assert len([row async for row in cluster.copy_rows_out("COPY accounts TO STDOUT")]) == 10
            assert [n async for (n,) in cluster.stream("SELECT generate_series(1, 50)", batch=7)] == list(range(1, 51))
            with pytest.raises(TimedOut):
                await cluster.execute("SELECT pg_sleep(30)", timeout=0.3)
            assert await cluster.execute("DELETE FROM numbers WHERE n > 730") == 2
            assert cluster.topology.primary is not None


async def test_of_two_pgbouncers_one_may_die(steady: Pair) -> None:
    """Two ways to one server are one primary; another is taken when the first is gone."""

    async def touch(tx: Transaction) -> int:
        return await tx.execute("UPDATE accounts SET amount = amount")

    with bouncer(steady.a) as second, contextlib.ExitStack() as mortal:
        first = mortal.enter_context(bouncer(steady.a))
        async with Cluster(target(first, second), options=replace(BRISK, prepare_threshold=None)) as cluster:
            async with contextlib.aclosing(cluster.changes()) as changes:
                async for topology in changes:
                    if all(view.reachable for view in topology.hosts):
                        break
            assert (await cluster.locate()).address.port == first
            assert await cluster.run(touch) == 10
            mortal.close()
            assert await cluster.run(touch) == 10
            assert (await cluster.locate()).address.port == second
