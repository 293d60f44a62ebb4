"""Dumps: everything comes back, whatever was killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pgstore import BadRequest, NotFound
from pgstore.query.builder import QueryBuilder, eq
from tests.database.pgstore.conftest import Place


async def test_everything_of_a_store_comes_back_in_another_system(demo: Place, tmp_path: Path) -> None:
    told: list[Any] = []
    async with demo.system("demo") as here, demo.system("other") as there:
        store = await here.create_datastore("dumped", "RESOURCES")
        ids = [f"r{n:03}" for n in range(30)]
        await store.create_mult([{"type_": "Buoy", "name": f"é{n}\t\\", "big": 2**80} for n in range(30)], ids)
        await store.create_association("r001", "next", "r002")
        long_name = "n" * 200
        await store.create({"name": "long"}, "x" * 255, {long_name: {"data": b"\xff\xd8" * 300_000}})
        await store.update_attachment("x" * 255, long_name, b"\xff\xd8" * 300_000, "image/jpeg")
        await store.create_attachment("r004", "kept", b"though its document is deleted")
        document = await store.read("r003")
        await store.update({**document, "geospatial_point_center": {"lat": 1, "lon": 2}})
        await store.update({**document, "_rev": "2", "name": "third"})
        await store.delete("r004")
        await store.save_query("named", QueryBuilder().where(eq("name", "$(name)")).id_only(), {"name": "third"})
        state = await here.create_datastore("dumped_state", "STATE")
        await state.put_state("s", b"\x00" * 200, codec="msgpack")
        assert await here.dump(tmp_path, "dumped", lambda *seen: told.append(seen)) == 32
        assert told[-1] == ("dumped", 32)
        await here.dump(tmp_path, "dumped_state")
        with pytest.raises(BadRequest, match="a whole dump is there"):
            await here.dump(tmp_path, "dumped")
        for _ in range(2):  # the second time nothing is to do
            assert await there.load(tmp_path) == 33
        copy = await there.get_datastore("dumped")
        assert await copy.read("r003") == {**document, "_rev": "3", "name": "third"}
        assert await copy.read("r003", "2") == await store.read("r003", "2")
        assert await copy.list_object_revisions("r003") == await store.list_object_revisions("r003")
        assert await copy.list_objects() == await store.list_objects()
        assert await copy.undelete("r004") == ("r004", "3")
        assert await copy.read_attachment("r004", "kept") == b"though its document is deleted"
        assert await copy.read_attachment("x" * 255, long_name) == b"\xff\xd8" * 300_000
        assert await copy.list_attachments("x" * 255) == await store.list_attachments("x" * 255)
        assert [(one.rev, one.content_type) for one in await copy.list_attachments("x" * 255)] == [("2", "image/jpeg")]
        analyzed = "SELECT relname FROM pg_stat_user_tables WHERE relname LIKE 'ion_dumped%' AND last_analyze IS NULL"
        assert [row for row in await there.query(analyzed) if not row[0].endswith("_version")] == []
        assert (await copy.find_objects("r001", id_only=True))[0] == ["r002"]
        assert await copy.find_by_stored("named") == ["r003"]
        assert (await (await there.get_datastore("dumped_state")).get_state("s"))[0] == b"\x00" * 200


async def test_a_dump_beside_writers_can_be_loaded(demo: Place, tmp_path: Path) -> None:
    """What is bound, changed and purged while it is written breaks nothing when it is read."""
    async with demo.system("demo") as here, demo.system("other") as there:
        store = await here.create_datastore("moving", "RESOURCES")
        await store.create_mult([{"type_": "Buoy", "n": 0}] * 50, [f"a{n:02}" for n in range(50)])
        await store.create_association("a00", "next", "a01")

        def meddle(_name: str, count: int) -> None:
            """After the associations, before anything else: what the other writers did until then."""
            if count == 1:
                meddling = [sys.executable, "-c", _MEDDLE, str(demo.settings().regular.addresses[0].port)]
                subprocess.run(meddling, check=True, timeout=60)

        await here.dump(tmp_path, "moving", meddle)
        await there.load(tmp_path)
        copy = await there.get_datastore("moving")
        before, now = await store.find_associations("a00", "next", "a01"), await store.find_associations("a00")
        assert set(before) <= set(await copy.find_associations("a00")) <= set(now), "what came meanwhile may be in it"
        assert (await copy.read("a02"))["n"] == 1
        assert [one.rev for one in await copy.list_object_revisions("a02")] == ["2", "1"]
        with pytest.raises(NotFound):
            await copy.read("a49")


_MEDDLE = """
import sys
from pgstore import BlockingSystem, from_url
with BlockingSystem("demo", from_url(f"postgresql://ion:sesame@127.0.0.1:{sys.argv[1]}/")) as system:
    store = system.find_datastore("moving")
    store.create({"type_": "Buoy"}, "new")
    store.create_association("a00", "next", "new")
    store.create_attachment("new", "photo", b"of what is not in the dump")
    store.update({**store.read("a02"), "n": 1})
    store.delete("a49", purge=True)
"""


async def test_a_dump_and_a_load_that_are_killed_are_finished_by_the_next(demo: Place, tmp_path: Path) -> None:
    async with demo.system("demo") as here, demo.system("other") as there:
        store = await here.create_datastore("killed", "OBJECTS")
        ids = [f"k{n:05}" for n in range(12_000)]
        for first in range(0, len(ids), 4000):
            await store.create_mult([{"name": id_} for id_ in ids[first : first + 4000]], ids[first : first + 4000])
        await store.update_mult([{**each, "again": True} for each in await store.read_mult(ids[:3000])])
        _kill_when(_begin(demo, "dump", "demo", tmp_path), lambda: (tmp_path / "killed/resource-000002.jsonl").exists())
        assert not (tmp_path / "killed/history-000002.jsonl").exists()
        assert 0 < await here.dump(tmp_path, "killed") < len(ids)
        await there.create_datastore("killed", "OBJECTS")
        copy = await there.get_datastore("killed")

        def some_are_there() -> bool:
            return _count(demo) > 0

        _kill_when(_begin(demo, "load", "other", tmp_path), some_are_there)
        assert 0 < _count(demo) < len(ids)
        assert await there.load(tmp_path) == len(ids)
        assert await copy.list_objects() == ids
        assert await copy.read("k00001", "1") == await store.read("k00001", "1")
        assert len(list(await copy.list_object_revisions("k02999"))) == 2


def _begin(place: Place, verb: str, sysname: str, directory: Path) -> subprocess.Popen[bytes]:
    port = place.pair.a.port
    urls = {"PGSTORE_URL": f"postgresql://ion:sesame@127.0.0.1:{port}/"}
    urls["PGSTORE_ADMIN_URL"] = f"postgresql://postgres@127.0.0.1:{port}/"
    words = [sys.executable, "-m", "pgstore.command", verb, sysname, str(directory), "--store", "killed"]
    return subprocess.Popen(words, env={**os.environ, **urls})


def _kill_when(process: subprocess.Popen[bytes], seen: Any) -> None:
    while not seen():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _count(place: Place) -> int:
    connection = place.pair.a.server.connect("other")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ion_killed")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()
