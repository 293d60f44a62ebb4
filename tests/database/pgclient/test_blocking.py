"""The same cluster, from code that blocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import psycopg
import pytest

from pgclient import BlockingCluster, BlockingTransaction, Note
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Pair


def test_everything_works_from_threads(steady: Pair) -> None:
    with BlockingCluster(target(steady.a.port, steady.b.port), options=BRISK) as cluster:
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda n: cluster.fetch_value("SELECT %s::int", (n,)), range(20))) == list(
                range(20)
            )
        assert cluster.fetch_value("SELECT pg_is_in_recovery()", to="standby") is True
        assert [n for (n,) in islice(cluster.stream("SELECT generate_series(1, 9000)"), 3)] == [1, 2, 3]
        assert cluster.copy_in("COPY numbers FROM STDIN", [b"700\n"]) == 1
        assert list(cluster.copy_out("COPY (SELECT 7) TO STDOUT")) == [b"7\n"]

        def work(tx: BlockingTransaction) -> int:
            with pytest.raises(psycopg.errors.UniqueViolation), tx.savepoint():
                tx.execute("INSERT INTO numbers VALUES (700)")
            return tx.execute("DELETE FROM numbers WHERE n = 700")

        assert cluster.run(work) == 1
        with cluster.transaction() as tx:
            tx.execute("UPDATE accounts SET amount = amount WHERE id = 1")
        assert tx.token is not None
        notes = cluster.listen("threads")
        cluster.notify("threads", "hello")
        note = next(notes)
        assert isinstance(note, Note)
        assert note.payload == "hello"


def test_an_error_in_a_block_rolls_back_and_goes_through(steady: Pair) -> None:
    with BlockingCluster(target(steady.a.port, steady.b.port), options=BRISK) as cluster:

        def fail() -> None:
            with cluster.transaction() as tx:
                tx.execute("INSERT INTO numbers VALUES (701)")
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert cluster.fetch_value("SELECT count(*) FROM numbers WHERE n = 701") == 0
