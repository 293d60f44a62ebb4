"""From threads, and from the command line."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pgstore import BlockingSystem, Conflict
from pgstore.command.__main__ import main
from pgstore.query.builder import QueryBuilder, eq
from tests.database.pgstore.conftest import Place


def test_threads_share_a_system(demo: Place) -> None:
    with BlockingSystem("demo", demo.settings()) as system:
        store = system.get_datastore("threads", "RESOURCES")
        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(lambda n: store.create({"type_": "Buoy", "n": n}), range(12)))
        assert len({id_ for id_, _ in made}) == 12
        document = store.read(made[0][0])
        store.update(document)
        with pytest.raises(Conflict):
            store.update(document)
        assert sum(1 for _ in store.iterate(QueryBuilder().where(eq("type_", "Buoy")), 5)) == 12
        store.create_attachment(made[0][0], "a", b"abc")
        assert b"".join(store.stream_attachment(made[0][0], "a")) == b"abc"
        assert len(store.reading("standby").list_objects()) == 12


def test_the_command_looks_after_a_system(
    demo: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = f"127.0.0.1:{demo.pair.a.port},127.0.0.1:{demo.pair.b.port}"
    monkeypatch.setenv("PGSTORE_URL", f"postgresql://ion:sesame@{hosts}/")
    monkeypatch.setenv("PGSTORE_ADMIN_URL", f"postgresql://postgres@{hosts}/")

    def said(*words: str, code: int = 0) -> str:
        assert main(words) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert "is there and up to date" in said("create", "demo")
    assert said("create", "demo", "commanded", "--profile", "objects") == "demo_commanded is there, OBJECTS\n"

    async def fill() -> None:
        async with demo.system("demo") as system:
            await (await system.find_datastore("commanded")).create_mult([{"n": n} for n in range(9)])

    asyncio.run(fill())
    rows = json.loads(said("list", "demo", "--json"))
    assert {"store": "commanded", "profile": "OBJECTS", "srid": 4326} in rows
    assert {"database": "demo"} in json.loads(said("list", "--json"))
    assert said("dump", "demo", str(tmp_path), "--store", "commanded").startswith("9 documents")
    assert "Nothing was dropped" in said("drop", "demo", "commanded", code=1)
    assert "is gone" in said("drop", "demo", "commanded", "--yes")
    assert said("load", "demo", str(tmp_path)).startswith("9 documents")
    assert "ion_commanded_hist" in said("vacuum", "demo", "commanded")
    assert "ms)" in said("explain", "demo", "commanded", '["op:eq", ["n", 5]]')
    assert "WRONG" not in said("check", "demo")
    assert "cannot find store demo_nothing" in said("vacuum", "demo", "nothing", code=1)
    monkeypatch.delenv("PGSTORE_URL")
    assert "PGSTORE_URL is not set" in said("list", code=1)
