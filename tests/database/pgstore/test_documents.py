"""Create, read, update and delete: revisions, history, all or none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgstore import BadRequest, Conflict, NotFound, System
from tests.database.pgstore.conftest import Place

KINDS = [
    {"_id": "a", "type_": "Org", "name": "A"},
    {"_id": "e", "type_": "DirEntry", "org": "ION", "parent": "/", "key": "a"},
    {"_id": "ab", "type_": "Association", "s": "a", "st": "Org", "p": "hasResource", "o": "b", "ot": "Buoy"},
    {"_id": "b", "type_": "Buoy", "name": "B"},
]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(-(2**53), 2**53)
TEXTS = st.text("aé\\\"\n\t%😀'{},")
JSON = st.recursive(
    SCALARS | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab "), inner), max_leaves=8
)
DOCUMENTS = st.dictionaries(st.text('abc\\"', max_size=3), JSON, max_size=4)


async def refused(kind: type[Exception], *calls: Any) -> None:
    for call in calls:
        with pytest.raises(kind):
            await call


async def test_a_document_lives_and_dies_by_its_revisions(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("life", "RESOURCES")
        id_, rev = await store.create({"type_": "Buoy", "name": "Pionier"}, "buoy")
        assert (id_, rev) == ("buoy", "1")
        document = await store.read("buoy")
        assert document == {"type_": "Buoy", "name": "Pionier", "_id": "buoy", "_rev": "1"}
        assert await store.update({**document, "name": "Pioneer"}) == ("buoy", "2")
        await refused(Conflict, store.update(document), store.delete(document))
        assert (await store.read("buoy"))["name"] == "Pioneer"
        assert (await store.read("buoy", "1"))["name"] == "Pionier"
        await refused(NotFound, store.read("buoy", "3"))
        await store.delete("buoy")
        await refused(NotFound, store.read("buoy"), store.delete("buoy"), store.update({**document, "_rev": "2"}))
        assert await store.list_objects() == []
        assert await store.list_object_revisions("buoy") == []
        kept = await store.list_object_revisions("buoy", with_deleted=True)
        assert [(revision.rev, revision.is_deletion) for revision in kept] == [("3", True), ("2", False), ("1", False)]
        assert (await store.read_mult(["buoy"], with_deleted=True))[0]["_deleted"] is True
        assert await store.undelete("buoy") == ("buoy", "4")
        assert (await store.read("buoy"))["name"] == "Pioneer"
        await store.delete("buoy", purge=True)
        assert await store.list_object_revisions("buoy", with_deleted=True) == []


async def test_a_mixed_bulk_is_created_changed_and_deleted_as_one(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("mixed", "RESOURCES")
        assert await store.create_mult(KINDS) == [("a", "1"), ("e", "1"), ("ab", "1"), ("b", "1")]
        assert sorted(await store.list_objects()) == ["a", "ab", "b", "e"]
        found = await store.read_mult(["b", "a", "b"])
        assert [document["name"] for document in found] == ["B", "A", "B"]
        assert await store.read_mult(["b", "x"], strict=False) == [found[0], None]
        with pytest.raises(NotFound) as missing:
            await store.read_mult(["b", "x", "y"])
        assert missing.value.ids == ("x", "y")
        assert (await store.read("ab", object_type="Association"))["p"] == "hasResource"
        both = [{**found[0], "name": "B2"}, {**found[1], "name": "A2", "_rev": "9"}]
        with pytest.raises(Conflict, match=r"a has revision 1 \(expected 9\)"):
            await store.update_mult(both)
        assert (await store.read("b"))["name"] == "B"
        both[1]["_rev"] = "1"
        assert await store.update_mult(both) == [("b", "2"), ("a", "2")]
        await refused(NotFound, store.delete_mult(["a", "x"]))
        gone = await store.update_mult([{**both[0], "_rev": "2", "_deleted": True}])
        assert gone == [("b", "3")]
        await refused(NotFound, store.read("b"))


async def test_bad_requests_leave_nothing_behind(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("strict", "RESOURCES")
        await store.create_mult(KINDS)
        await refused(
            BadRequest,
            store.create({"name": "A"}, "a"),
            store.create({"_id": "c", "_rev": "1"}),
            store.create({"_id": "c"}, "d"),
            store.create("no dict"),
            store.create({"value": float("nan")}),
            store.create({"value": "a\0b"}),
            store.create({"name": "c"}, "x" * 300),
            store.create({"type_": "Buoy", "boundary": "POLYGON (("}),
            store.create_mult({"name": "c"}),
            store.create_mult([{"name": "c"}], ["c", "d"]),
            store.create_mult([{"name": "c"}, {"name": "d"}], ["c", "c"]),
            store.create_mult([{"name": "c"}, {"name": "A"}], ["c", "a"]),
            store.create_mult([{"name": "c", "_id": "c"}, {**KINDS[2], "_id": "cx", "o": "nobody"}]),
            store.create({**KINDS[2], "_id": "again"}),
            store.create({**KINDS[1], "_id": "again"}),
            store.update({"name": "A"}),
            store.update({"_id": "a", "_rev": "one"}),
            store.update_mult([{"_id": "a", "_rev": "1"}] * 2),
            store.read("a\0"),
            store.read(5),
        )
        assert sorted(await store.list_objects()) == ["a", "ab", "b", "e"]
        assert await store.create_mult([]) == []
        assert await store.read_mult([]) == []


async def test_two_writers_and_one_revision(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("race", "OBJECTS")
        await store.create({"n": 0}, "counter")

        async def add() -> int:
            tries = 0
            while True:
                tries += 1
                document = await store.read("counter")
                try:
                    await store.update({**document, "n": document["n"] + 1})
                    return tries
                except Conflict:
                    continue

        tries = await asyncio.gather(*(add() for _ in range(8)))
        document = await store.read("counter")
        assert document["n"] == 8
        assert document["_rev"] == "9"
        assert sum(tries) >= 8
        assert len(await store.list_object_revisions("counter")) == 9


async def test_opposite_bulk_updates_do_not_lose_a_change(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("crossing", "BASIC")
        ids = [f"{n:02}" for n in range(40)]
        await store.create_mult([{"n": 0} for _ in ids], ids)
        documents = await store.read_mult(ids)

        async def change(order: list[Any]) -> bool:
            try:
                await store.update_mult([{**document, "n": 1} for document in order])
            except Conflict:
                return False
            return True

        done = await asyncio.gather(change(documents), change(documents[::-1]))
        assert sorted(done) == [False, True]
        assert {document["_rev"] for document in await store.read_mult(ids)} == {"2"}


async def test_a_standby_shows_what_was_written_before_and_writes_nothing(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("copies", "BASIC")
        for n in range(5):
            id_, _ = await store.create({"n": n})
            assert (await store.reading("prefer-standby").read(id_))["n"] == n
        token = store.token
        assert len(await store.reading("any", after=token).list_objects()) == 5
        await refused(BadRequest, store.reading("standby").create({"n": 6}))


async def test_stores_are_named_listed_cleared_and_dropped_one_by_one(demo: Place) -> None:
    async with demo.system("demo") as system:
        await refused(
            BadRequest,
            system.create_datastore("Upper"),
            system.get_datastore("Upper"),
            system.delete_datastore("Upper"),
            system.clear_datastore("Upper"),
            system.datastore_exists("Upper"),
            system.create_datastore("res", "NOTHING"),
        )
        res, more = await system.get_datastore("res", "RESOURCES"), await system.get_datastore("res_more", "OBJECTS")
        assert {"demo_res", "demo_res_more"} <= set(await system.list_datastores())
        await refused(BadRequest, system.create_datastore("res"), system.get_datastore("res", "EVENTS"))
        await res.create_mult(KINDS)
        await more.create({"name": "stays"}, "stays")
        await system.clear_datastore("demo_res")
        assert await res.list_objects() == []
        await system.delete_datastore("res")
        assert not await system.datastore_exists("res")
        assert await more.list_objects() == ["stays"]
        await refused(NotFound, system.delete_datastore("res"))


async def test_a_second_system_is_a_second_database(demo: Place) -> None:
    async with demo.system("Demo-2") as other, demo.system("demo") as system:
        assert other.database == "demo2"
        assert not await other.exists()
        await other.create()
        await other.create()
        assert await other.exists()
        assert await other.list_datastores() == []
        mine = await other.get_datastore("objects")
        yours = await system.get_datastore("objects")
        await mine.create({"of": "demo2"}, "same")
        await yours.create({"of": "demo"}, "same")
        assert (await mine.read("same"))["of"] == "demo2"
        intruder = System("demo2", demo.settings())
        async with intruder:
            await intruder.list_datastores()
            with pytest.raises(BadRequest, match="in use by ion from 127.0.0.1"):
                await other.drop()
            await other.drop(force=True)
        assert not await demo.system("demo2").exists()


LIVES = st.lists(
    st.tuples(st.sampled_from(["create", "update", "delete", "undelete", "purge"]), st.integers(0, 2), DOCUMENTS),
    max_size=12,
)


async def test_lives_of_documents_are_as_in_plain_python(demo: Place) -> None:
    """Any sequence of writes, and after each: what is read, in every revision, and what is refused."""
    lives: list[Any] = []

    @settings(max_examples=15, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(LIVES)
    def gather(life: Any) -> None:
        lives.append(life)

    gather()
    async with demo.system("demo") as system:
        store = await system.create_datastore("lives", "OBJECTS")
        for number, life in enumerate(lives):
            model = Model()
            for verb, which, document in life:
                id_ = f"{number}-{which}"
                doing = _do(store, verb, id_, document, model.revision(id_))
                if refusal := model.refusal(verb, id_):
                    await refused(refusal, doing)
                else:
                    await doing
                    model.do(verb, id_, document)
            for id_, revisions in model.kept.items():
                shown = (await store.read_mult([id_], strict=False))[0]
                assert shown == model.shown(id_)
                for rev, document in enumerate(revisions, 1):
                    assert await store.read(id_, str(rev)) == {**document, "_id": id_, "_rev": str(rev)}


async def _do(store: Any, verb: str, id_: str, document: dict[str, Any], rev: int) -> None:
    if verb == "create":
        await store.create(document, id_)
    elif verb == "update":
        await store.update({**document, "_id": id_, "_rev": str(max(rev, 1))})
    elif verb == "undelete":
        await store.undelete(id_)
    else:
        await store.delete(id_, purge=verb == "purge")


class Model:
    """What a store should hold: all revisions of each document, and which are deleted."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.deleted: set[str] = set()

    def revision(self, id_: str) -> int:
        return len(self.kept.get(id_, []))

    def refusal(self, verb: str, id_: str) -> type[Exception] | None:
        there, gone = id_ in self.kept, id_ in self.deleted
        if verb == "create":
            return BadRequest if there else None
        if verb == "undelete":
            return None if gone else NotFound
        return NotFound if not there or (gone and verb != "purge") else None

    def do(self, verb: str, id_: str, document: dict[str, Any]) -> None:
        if verb == "purge":
            del self.kept[id_]
            self.deleted.discard(id_)
            return
        revisions = self.kept.setdefault(id_, [])
        revisions.append(document if verb in ("create", "update") else revisions[-1])
        (self.deleted.add if verb == "delete" else self.deleted.discard)(id_)

    def shown(self, id_: str) -> dict[str, Any] | None:
        if id_ in self.deleted:
            return None
        return {**self.kept[id_][-1], "_id": id_, "_rev": str(self.revision(id_))}


async def test_three_hundred_megabytes_are_no_document_and_leave_nothing(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("heavy", "OBJECTS")
        kept = await store.read((await store.create({"n": 1}, "kept"))[0])
        large = {"text": "x" * 65 * 2**20}
        for call in (
            store.create_mult([{"n": 2}, {"text": "x" * 300 * 2**20}], ["light", "huge"]),
            store.update_mult([{**kept, "n": 2}, {**large, "_id": "other", "_rev": "1"}]),
        ):
            with pytest.raises(BadRequest, match="put large contents into an attachment"):
                await call
        assert await store.list_objects() == ["kept"]
        assert await store.read("kept") == kept
