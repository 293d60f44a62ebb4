"""What resources, events, states and files have of their own."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pgstore import Access, BadRequest, Conflict, NotFound
from pgstore.query.builder import QueryBuilder, eq, gt
from tests.database.pgstore.conftest import Place

RESOURCES: list[dict[str, Any]] = [
    {"_id": "ann", "type_": "ActorIdentity", "name": "Ann", "contact": {"type_": "Contact", "email": "ann@x"}},
    {"_id": "bob", "type_": "ActorIdentity", "name": "Bob", "contact": {"type_": "Contact", "email": "bob@x"}},
    {"_id": "org", "type_": "Org", "name": "Org", "lcstate": "DEPLOYED", "availability": "AVAILABLE"},
    {"_id": "b1", "type_": "Buoy", "name": "One", "lcstate": "DEPLOYED", "availability": "PRIVATE", "keywords": ["k"]},
    {"_id": "b2", "type_": "Buoy", "name": "Two", "lcstate": "DRAFT", "visibility": 3, "keywords": ["k", "l"]},
    {"_id": "b3", "type_": "Buoy", "name": "Three", "visibility": 4, "alt_ids": ["PRE:1", "2"]},
]
EDGES = "b3 hasOwner ann,org hasResource b2,org hasMembership bob,org hasResource b1,b1 hasOwner bob"


async def stocked(system: Any, name: str) -> Any:
    store = await system.create_datastore(name, "RESOURCES")
    await store.create_mult(RESOURCES)
    for edge in EDGES.split(","):
        await store.create_association(*edge.split())
    return store


async def test_resources_are_found_by_whatever_they_have(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await stocked(system, "finds")
        assert len(await store.find_resources()) == 6
        assert len(await store.find_res_by_type("ActorIdentity")) == 2
        assert await store.find_res_by_type("Bogus") == []
        assert sorted(await store.find_resources(lcstate="DEPLOYED")) == ["b1", "org"]
        assert await store.find_resources(lcstate="DEPLOYED_AVAILABLE") == ["org"]
        assert await store.find_resources("Buoy", "PRIVATE") == ["b1"]
        assert await store.find_resources(name="Two") == ["b2"]
        assert await store.find_resources("Org", name="Two") == []
        assert len(await store.find_resources(keyword="k")) == 2
        assert len(await store.find_resources(keyword="k", limit=1)) == 1
        assert await store.find_resources(keyword="k", order_by=[["name", "asc"]], limit=1, skip=1) == ["b2"]
        assert await store.find_resources("Buoy", descending=True) == ["b2", "b3", "b1"]
        assert len(await store.find_res_by_nested_type("Contact")) == 2
        assert len(await store.find_res_by_attribute("ActorIdentity", "contact.email")) == 2
        (ann,) = await store.find_res_by_attribute("ActorIdentity", "contact.email", "ann@x")
        assert ann == {**RESOURCES[0], "_rev": "1"}
        assert [row["_id"] for row in await store.find_res_by_alternative_id("1", "PRE")] == ["b3"]
        assert [row["_id"] for row in await store.find_res_by_alternative_id(alt_id_ns="_")] == ["b3"]
        await store.delete("b3")
        assert await store.find_res_by_alternative_id("2") == []
        assert await store.find_resources(alt_id="2", with_deleted=True) == ["b3"]
        assert await store.count(QueryBuilder().where(eq("type_", "Buoy"))) == 2
        with pytest.raises(BadRequest):
            await store.find_res_by_type(None)


async def test_associations_are_followed_either_way(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await stocked(system, "bound")
        assert sorted((await store.find_objects("org", id_only=True))[0]) == ["b1", "b2", "bob"]
        assert sorted((await store.find_objects("org", "hasResource", id_only=True))[0]) == ["b1", "b2"]
        far, associations = await store.find_objects("org", "hasMembership", "ActorIdentity")
        assert far == [{**RESOURCES[1], "_rev": "1"}]
        assert [(one["s"], one["p"], one["o"]) for one in associations] == [("org", "hasMembership", "bob")]
        assert (await store.find_subjects("Buoy", "hasOwner", "bob", id_only=True))[0] == ["b1"]
        assert await store.find_subjects(obj="nobody") == ([], [])
        assert len((await store.find_objects_mult(["org", "b3"], id_only=True))[0]) == 4
        assert len((await store.find_subjects_mult(["b1", "bob"], id_only=True))[0]) == 3
        (one,) = await store.find_associations("org", "hasResource", "b1")
        assert len(await store.find_associations(predicate="hasOwner")) == 2
        assert len(await store.find_associations(anyside="b1")) == 2
        assert len(await store.find_associations(anyside={"_id": "b1"}, predicate="hasOwner")) == 1
        assert len(await store.find_associations(anyside=["b1", "ann"])) == 3
        assert len(await store.find_associations(anyside=[("b1", "hasOwner"), ["org", "hasResource"]])) == 3
        await store.retire_association(one)
        assert len(await store.find_associations(anyside=["b1", "ann"])) == 2
        assert len(await store.find_associations(anyside=["b1", "ann"], with_retired=True)) == 3
        assert (await store.find_objects("org", "hasResource", id_only=True))[0] == ["b2"]
        assert len((await store.find_objects("org", "hasResource", with_retired=True))[0]) == 2
        await store.create_association("org", "hasResource", "b1")
        await store.delete("b1", purge=True)
        assert len(await store.find_associations(anyside="b1", with_retired=True)) == 0
        for bad in (
            store.find_objects("org", object_type="Buoy"),
            store.find_objects(None),
            store.find_objects("org", id_only="yes"),
            store.find_associations(),
            store.find_associations("a", anyside="b"),
            store.find_associations(predicate="p", anyside=["b"]),
            store.create_association("org", "hasResource", "b2"),
        ):
            with pytest.raises(BadRequest):
                await bad
        with pytest.raises(NotFound):
            await store.create_association("org", "hasResource", "nobody")


async def test_everybody_sees_what_they_may(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await stocked(system, "seen")

        async def buoys(access: Access | None) -> list[str]:
            return sorted(await store.find_resources("Buoy", access=access))

        assert await buoys(None) == await buoys(Access(superuser=True)) == ["b1", "b2", "b3"]
        assert await buoys(Access()) == ["b1"]
        assert await buoys(Access("ann")) == ["b1", "b3"]
        assert await buoys(Access("bob")) == ["b1", "b2"]
        assert (await store.find_objects("org", "hasResource", id_only=True, access=Access()))[0] == ["b1"]


async def test_attachments_belong_to_a_document_and_are_streamed(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("attached", "OBJECTS")
        big = bytes(range(256)) * 4096

        async def parts() -> AsyncIterator[bytes]:
            for at in range(0, len(big), 100_000):
                yield big[at : at + 100_000]

        given = {"a.txt": {"data": "hé", "content_type": "text/plain"}, "b": {"data": io.BytesIO(big)}}
        await store.create({"name": "x"}, "x", given)
        assert await store.read_attachment("x", "a.txt") == "hé".encode()
        assert await store.read_attachment("x", "b") == big
        assert await store.update_attachment("x", "a.txt", parts()) == "2"
        about = await store.list_attachments("x")
        assert [(one.name, one.size, one.rev) for one in about] == [("a.txt", len(big), "2"), ("b", len(big), "1")]
        assert about[0].sha256 == about[1].sha256
        document = await store.read("x")
        await store.update(document)
        for failing, kind in (
            (store.create_attachment(document, "c", b""), Conflict),
            (store.create_attachment("x", "b", b""), BadRequest),
            (store.create_attachment("x", "c", None), BadRequest),
            (store.create_attachment("x", None, b""), BadRequest),
            (store.create_attachment("nobody", "c", b""), NotFound),
            (store.read_attachment("x", "c"), NotFound),
            (store.update_attachment("x", "c", b""), NotFound),
            (store.delete_attachment("x", "c"), NotFound),
            (store.create({"name": "y"}, "y", {"a": {"data": b"1"}, "b": {"data": 5}}), BadRequest),
        ):
            with pytest.raises(kind):
                await failing
        assert await store.list_objects() == ["x"]
        await store.delete_attachment("x", "b")
        assert [one.name for one in await store.list_attachments("x")] == ["a.txt"]


async def test_directory_entries_are_a_tree(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("directory")
        assert await store.register("/", "agents", of="ION") is None
        assert await store.register("//agents/", "a1", port=1) is None
        assert await store.register("/agents", "a1", port=2) == {"port": 1}
        assert await store.register("/agents", "a1", create_only=True, port=3) == {"port": 2}
        await store.register_mult([("/agents/a1", "x", {"port": 2}), ("/agents/a1", "y", {})])
        assert await store.lookup("/agents", "a1") == await store.lookup("/agents/a1") == {"port": 2}
        assert await store.lookup("/agents", "a2") is None
        assert await store.lookup_mult("/agents/a1", ["y", "z", "x"]) == [{}, None, {"port": 2}]
        assert [entry["key"] for entry in await store.find_child_entries("/agents")] == ["a1"]
        assert len(await store.find_child_entries("/", direct_only=False)) == 4
        assert len(await store.find_by_value("/", "port", 2)) == 2
        assert len(await store.find_by_key("x")) == 1
        keys = await store.find_by_view("directory", "by_parent", key=["ION", "/agents/a1"])
        assert [key for _, key, _ in keys] == [["ION", "/agents/a1", "x"], ["ION", "/agents/a1", "y"]]
        assert len(await store.find_by_view("directory", "by_attribute", key=["port", 2])) == 2
        with pytest.raises(BadRequest, match="there is one"):
            await store.register_mult([("/agents", "a1", {})])
        assert await store.unregister("/agents", "a1") == {"port": 2}
        assert await store.unregister("/agents", "a1") is None
        assert await store.remove_child_entries("/agents/a1") == 2


async def test_events_are_found_by_origin_and_time(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("events")
        for n in range(6):
            await store.publish_event("Alarm" if n % 2 else "Reading", f"buoy{n % 3}", at=1000 * n, value=n)
        assert [event["value"] for event in await store.find_events(start=2000, end="4000")] == [2, 3, 4]
        assert [event["value"] for event in await store.find_events("Alarm", descending=True, limit=2)] == [5, 3]
        assert [event["value"] for event in await store.find_events(origin="buoy0")] == [0, 3]
        by_origin = await store.find_by_view(
            "event", "by_origin", start_key=["buoy1"], end_key=["buoy1", 1000], id_only=False
        )
        assert [row["value"] for _, _, row in by_origin] == [1]
        assert len(await store.find_by_view("event", "by_time", start_key=3000)) == 3
        asked = QueryBuilder().where(gt("value", 3)).order_by("ts_created", "desc")
        assert [event["value"] for event in await store.find_by_query(asked)] == [5, 4]
        assert await store.purge_events(3000) == 3


async def test_views_give_ids_keys_and_documents(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await stocked(system, "viewed")
        everything = await store.find_by_view("_all_docs", keys=["b1", "org"], id_only=False)
        assert [(id_, key) for id_, key, _ in everything] == [("b1", ["b1"]), ("org", ["org"])]
        buoys = await store.find_by_view("resource", "by_type", key="Buoy", limit=2, descending=True)
        assert buoys == [("b2", ["Buoy", "Two"], None), ("b3", ["Buoy", "Three"], None)]
        between = await store.find_by_view("resource", "by_type", start_key=["Buoy", "P"], end_key=["Buoy", "Tk"])
        assert [id_ for id_, _, _ in between] == ["b3"]
        await store.create({"type_": "Attachment", "name": "photo", "keywords": ["sea"], "ts_created": "5000"}, "at1")
        await store.create_association("b1", "hasAttachment", "at1")
        ((id_, key, _),) = await store.find_by_view("attachment", "by_resource", key="b1")
        assert (id_, key[0], key[2]) == ("at1", "b1", ["sea"])
        for design in (("resource", "by_nothing"), ("event", "by_origin"), ("", "")):
            with pytest.raises(BadRequest):
                await store.find_by_view(*design)


async def test_stored_queries_have_parameters_with_defaults(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await stocked(system, "kept")
        await store.save_query("named", QueryBuilder().where(eq("ra:name", "$(name)")).id_only(), {"name": "One"})
        assert await store.find_by_stored("named") == ["b1"]
        assert await store.find_by_stored("named", parameters={"name": "Two"}) == ["b2"]
        assert [one.name for one in await store.list_queries()] == ["named"]
        with pytest.raises(BadRequest):
            await store.save_query("bad", {"QUERYEXP": "qexp_v1.0", "where": ["op:nope", []]})
        await store.delete_query("named")
        with pytest.raises(NotFound):
            await store.find_by_stored("named")


async def test_a_state_is_not_overwritten_by_whoever_comes_with_an_old_one(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("state")
        first = await store.put_state("process", {"step": 1})
        second = await store.put_state("process", {"step": 2, "text": "é"}, first)
        with pytest.raises(Conflict):
            await store.put_state("process", {"step": 99}, first)
        state, kept = await store.get_state("process")
        assert (state, kept.rev, second.rev) == ({"step": 2, "text": "é"}, "2", "2")
        await store.put_state("process", {b"raw": b"\x00\xff", 5: None}, codec="msgpack")
        assert (await store.get_state("process"))[0] == {b"raw": b"\x00\xff", 5: None}
        await store.put_state("process", "plain again")
        assert (await store.get_state("process"))[0] == "plain again"
        await store.delete_state("process")
        with pytest.raises(NotFound):
            await store.get_state("process")


async def test_files_are_written_whole(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("files")
        await store.write_file("data/a_1.bin", b"x" * 700_000, "application/octet-stream", owner="ann")
        await store.write_file("data/a_1.bin", b"y" * 300_000)
        await store.write_file("datb", "text")
        assert await store.list_files("data/a_") == ["data/a_1.bin"]
        assert sum([len(piece) async for piece in store.stream_file("data/a_1.bin")]) == 300_000
        assert (await store.stat_file("datb")).size == 4

        async def broken() -> AsyncIterator[bytes]:
            yield b"half"
            raise OSError("the disk went away")

        with pytest.raises(OSError, match="went away"):
            await store.write_file("datb", broken())
        assert await store.read_file("datb") == b"text"
        await store.delete_file("datb")
        with pytest.raises(NotFound):
            await store.read_file("datb")
