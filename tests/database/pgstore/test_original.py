"""The original's cases with their counts, and what it got wrong; tests/README.md has the list."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pgstore import BadRequest, BlockingSystem, Conflict, NotFound, Settings, System
from pgstore.query.builder import QueryBuilder, eq, gt, lt, overlaps_bbox
from tests.database.pgstore.conftest import Place

RESOURCES: list[dict[str, Any]] = [
    {"_id": "admin", "type_": "ActorIdentity", "name": "Admin"},
    {"_id": "other", "type_": "ActorIdentity", "name": "Other"},
    {"_id": "u1", "type_": "UserInfo", "name": "One", "contact": {"email": "one@x"}},
    {"_id": "u2", "type_": "UserInfo", "name": "Two", "contact": {"email": "two@x"}},
    {"_id": "u3", "type_": "UserInfo", "name": "Three", "contact": {"email": "three@x"}},
    {"_id": "i1", "type_": "InstrumentDevice", "name": "CTD1", "lcstate": "DEPLOYED", "availability": "AVAILABLE",
     "keywords": ["sea"], "alt_ids": ["ALT1"], "addl": {"type_": "Bounds"}},
    {"_id": "i2", "type_": "InstrumentDevice", "name": "CTD2", "lcstate": "DEPLOYED", "availability": "AVAILABLE",
     "keywords": ["sea", "ice"], "alt_ids": ["PRE:ALT2"]},
    {"_id": "p1", "type_": "PlatformDevice", "name": "Buoy1", "lcstate": "PLANNED", "availability": "AVAILABLE",
     "alt_ids": ["ALT2"]},
]  # fmt: skip
EDGES = (
    "admin hasInfo u1,admin owns i1,admin owns p1,other hasInfo u2,other owns i2,i1 hasModel p1,i2 hasModel i1".split(
        ","
    )
)


async def count(finding: Any) -> int:
    found = await finding
    return len(found[0] if isinstance(found, tuple) else found)


async def kept(system: System, name: str) -> Any:
    store = await system.create_datastore(name, "RESOURCES")
    await store.create_mult(RESOURCES)
    for edge in EDGES:
        await store.create_association(*edge.split())
    return store


async def test_an_upper_case_store_name_is_refused_by_whatever_takes_one(demo: Place, tmp_path: Any) -> None:
    async with demo.system("demo") as system:
        for call in (
            system.create_datastore("Upper"),
            system.get_datastore("Upper"),
            system.find_datastore("Upper"),
            system.datastore_exists("Upper"),
            system.delete_datastore("Upper"),
            system.clear_datastore("Upper"),
            system.create_view("Upper", "Buoy"),
            system.vacuum("Upper"),
            system.dump(tmp_path, "Upper"),
        ):
            with pytest.raises(BadRequest, match="upper-case"):
                await call
        assert await count(system.list_datastores()) == await count(system.describe())


async def test_a_mixed_bulk_has_the_ids_it_was_given_and_is_found_each_in_its_way(demo: Place) -> None:
    """Ids go to documents by their place in the call, whatever kind stands between (defect k)."""
    async with demo.system("demo") as system:
        store = await system.create_datastore("by_place", "RESOURCES")
        mixed = [
            {"type_": "Org", "name": "Harbour"},
            {"type_": "DirEntry", "org": "ION", "parent": "/a", "key": "b"},
            {"type_": "Association", "s": "r1", "st": "Org", "p": "hasResource", "o": "r2", "ot": "Buoy"},
            {"type_": "Buoy", "name": "Pionier"},
        ]
        assert await store.create_mult(mixed, ["r1", "d1", "a1", "r2"]) == [
            (id_, "1") for id_ in ("r1", "d1", "a1", "r2")
        ]
        assert [(await store.read("r1"))["name"], (await store.read("r2"))["name"]] == ["Harbour", "Pionier"]
        by_parent = await store.find_by_view("directory", "by_parent", key=["ION", "/a"])
        assert [id_ for id_, _, _ in by_parent] == ["d1"]
        assert await store.find_associations(predicate="hasResource") == ["a1"]
        assert await store.find_resources(name="Pionier") == ["r2"]
        assert sorted(await store.list_objects()) == ["a1", "d1", "r1", "r2"]


async def test_an_update_clears_what_the_document_has_no_more(demo: Place) -> None:
    """Columns of a field that is gone are null again (defect k)."""
    async with demo.system("demo") as system:
        store = await system.create_datastore("cleared", "RESOURCES")
        where = {"geospatial_point_center": {"lat": 5, "lon": 5}}
        await store.create({"type_": "Buoy", "name": "Here", "lcstate": "DEPLOYED", **where}, "b")
        around = QueryBuilder().where(overlaps_bbox("ra:geom", 4, 4, 6, 6)).id_only()
        assert await store.find_by_query(around) == ["b"]
        await store.update({"_id": "b", "_rev": "1", "type_": "Buoy"})
        assert await store.find_by_query(around) == []
        assert await store.find_resources(name="Here") == await store.find_resources(lcstate="DEPLOYED") == []
        assert await store.find_resources("Buoy") == ["b"]


async def test_times_and_numbers_compare_as_what_they_are(demo: Place) -> None:
    """As text, 999 comes after 1000 and 9 after 10 (defect i)."""
    async with demo.system("demo") as system:
        store = await system.create_datastore("compared", "RESOURCES")
        await store.create_mult(
            [
                {"ts_created": "999", "depth": 9},
                {"ts_created": "1000", "depth": 10},
                {"ts_created": 1001, "depth": "10"},
            ],
            ["old", "new", "newest"],
        )

        async def ids(expression: Any) -> list[str]:
            found: list[str] = await store.find_by_query(QueryBuilder().where(expression).order_by("id").id_only())
            return found

        assert await ids(lt("ra:ts_created", "1000")) == ["old"]
        assert await ids(gt("ra:ts_created", "999")) == ["new", "newest"]
        assert await ids(gt("depth", 9)) == ["new"]
        assert await ids(eq("depth", "10")) == ["newest"]
        newest_first = QueryBuilder().order_by("ra:ts_created", "desc").id_only()
        assert await store.find_by_query(newest_first) == ["newest", "new", "old"]


async def test_attachments_of_nobody_and_of_old_revisions_are_refused(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("att_cases", "OBJECTS")
        await store.create({"name": "x"}, "x", {"a": {"data": b"1"}})
        old = await store.read("x")
        await store.update(old)
        for call, kind in (
            (store.delete_attachment(old, "a"), Conflict),
            (store.update_attachment(old, "a", b"2"), Conflict),
            (store.read_attachment("nobody", "a"), NotFound),
            (store.update_attachment("nobody", "a", b"2"), NotFound),
            (store.delete_attachment("nobody", "a"), NotFound),
        ):
            with pytest.raises(kind):
                await call
        assert await store.read_attachment(old, "a") == b"1"
        current = await store.read("x")
        await store.delete_attachment(current, "a")
        with pytest.raises(NotFound, match="cannot delete attachment a of x: there is none"):
            await store.delete_attachment(current, "a")
        assert await store.list_attachments("x") == []


async def test_the_original_finds_have_their_counts(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await kept(system, "counted")
        for expected, finding in (
            (3, store.find_objects("admin")),
            (2, store.find_objects("admin", "owns")),
            (1, store.find_objects("admin", "owns", "PlatformDevice")),
            (0, store.find_objects("nobody")),
            (2, store.find_subjects(obj="i1")),
            (1, store.find_subjects(None, "owns", "i1")),
            (1, store.find_subjects("ActorIdentity", "owns", "i1")),
            (0, store.find_subjects(obj="nobody")),
            (8, store.find_resources()),
            (2, store.find_res_by_type("ActorIdentity")),
            (0, store.find_res_by_type("Bogus")),
            (2, store.find_res_by_lcstate("DEPLOYED")),
            (2, store.find_res_by_lcstate("DEPLOYED_AVAILABLE")),
            (1, store.find_res_by_lcstate("AVAILABLE", "PlatformDevice")),
            (1, store.find_res_by_name("CTD1")),
            (1, store.find_res_by_name("CTD1", "InstrumentDevice")),
            (0, store.find_res_by_name("CTD1", "PlatformDevice")),
            (0, store.find_res_by_name("nothing")),
            (1, store.find_associations("admin", "owns", "i1")),
            (1, store.find_associations("admin", obj="i1")),
            (3, store.find_associations("admin")),
            (3, store.find_associations("admin", "*")),
            (2, store.find_associations(obj="p1")),
            (3, store.find_associations(predicate="owns")),
            (3, store.find_associations(anyside="admin")),
            (2, store.find_associations(anyside="admin", predicate="owns")),
            (2, store.find_associations(anyside={"_id": "admin"}, predicate="owns")),
            (4, store.find_associations(anyside=["admin", "u2"])),
            (3, store.find_associations(anyside=[["admin", "owns"], ("other", "hasInfo")])),
            (0, store.find_res_by_keyword("sea", "Bogus")),
            (2, store.find_res_by_keyword("sea")),
            (2, store.find_res_by_keyword("sea", "InstrumentDevice")),
            (1, store.find_res_by_keyword("sea", limit=1)),
            (1, store.find_res_by_keyword("sea", limit=1, skip=1)),
            (0, store.find_res_by_keyword("sea", limit=1, skip=2)),
            (0, store.find_res_by_nested_type("Bounds", "PlatformDevice")),
            (1, store.find_res_by_nested_type("Bounds")),
            (1, store.find_res_by_nested_type("Bounds", "InstrumentDevice")),
            (3, store.find_res_by_attribute("UserInfo", "contact.email")),
            (1, store.find_res_by_attribute("UserInfo", "contact.email", "two@x")),
            (0, store.find_res_by_attribute("UserInfo", "contact.email", "nobody@x")),
            (1, store.find_res_by_alternative_id("ALT1")),
            (2, store.find_res_by_alternative_id("ALT2")),
            (1, store.find_res_by_alternative_id("ALT2", "PRE")),
            (1, store.find_res_by_alternative_id("ALT2", "_")),
            (0, store.find_res_by_alternative_id("ALT2", "BAD")),
            (1, store.find_res_by_alternative_id(None, "PRE")),
            (2, store.find_res_by_alternative_id(None, "_")),
        ):  # fmt: skip
            called = finding.__qualname__, finding.cr_frame.f_locals
            assert await count(finding) == expected, called
        typed, associations = await store.find_objects("admin", "owns", "PlatformDevice")
        assert (typed[0]["type_"], associations[0]["type_"]) == ("PlatformDevice", "Association")


async def test_every_find_can_run_downwards(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await kept(system, "downwards")

        async def ids(finding: Any) -> list[str]:
            found = await finding
            found = found[0] if isinstance(found, tuple) else found
            return [each if isinstance(each, str) else each["_id"] for each in found]

        assert await ids(store.find_objects("admin", descending=True)) == ["u1", "i1", "p1"]
        assert await ids(store.find_objects("admin", order_by=[["name"]], limit=2)) == ["p1", "i1"]
        assert await ids(store.find_objects("admin", order_by=[["type_", "desc"]], limit=1, skip=1)) == ["p1"]
        assert await ids(store.find_subjects(obj="p1", descending=True)) == ["i1", "admin"]
        assert await ids(store.find_objects_mult(["other", "i2"], descending=True)) == ["u2", "i2", "i1"]
        assert await ids(store.find_subjects_mult(["p1", "u2"], order_by=[["name", "desc"]])) == [
            "other",
            "i1",
            "admin",
        ]
        every = await store.find_associations(anyside="admin", id_only=False, descending=True)
        assert [each["o"] for each in every] == ["p1", "i1", "u1"], "the newest first"
        by_object = await store.find_associations("admin", order_by=[["o", "desc"]], limit=2, id_only=False)
        assert [each["o"] for each in by_object] == ["u1", "p1"]
        assert await ids(store.find_resources("UserInfo", descending=True)) == ["u2", "u3", "u1"]
        assert await ids(store.find_res_by_keyword("sea", descending=True)) == ["i2", "i1"]
        assert await ids(store.find_res_by_lcstate("DEPLOYED", descending=True)) == ["i2", "i1"]
        assert await ids(store.find_by_query(QueryBuilder().where(eq("type_", "UserInfo")).order_by("id", "desc"))) == [
            "u3", "u2", "u1",
        ]  # fmt: skip
        by_type = await store.find_by_view("resource", "by_type", key="UserInfo", descending=True)
        assert [id_ for id_, _, _ in by_type] == ["u2", "u3", "u1"]
        await store.register_mult([("/", "a", {}), ("/", "b", {"n": 1}), ("/a", "b", {"n": 1})])
        below = await store.find_child_entries("/", direct_only=False, descending=True)
        assert [entry["parent"] + entry["key"] for entry in below] == ["/ab", "/b", "/a"]
        assert [entry["parent"] for entry in await store.find_by_key("b", descending=True)] == ["/a", "/"]
        assert [entry["parent"] for entry in await store.find_by_value("/", "n", 1, descending=True)] == ["/a", "/"]


async def test_what_is_deleted_or_has_no_state_hides_and_shows_as_it_should(demo: Place) -> None:
    """A null is not a reason to be hidden (e), no find forgets that something is deleted (f), `or` has brackets (d)."""
    async with demo.system("demo") as system:
        store = await kept(system, "hidden")
        (owning,) = await store.find_associations("admin", "owns", "i1")
        (bound,) = await store.find_associations("i1", "hasModel", "p1")
        await store.retire_association(owning)
        await store.delete_association(bound)
        assert await count(store.find_associations(anyside=["admin", "p1"])) == 2, "hasInfo u1 and owns p1"
        assert await count(store.find_associations(anyside=["admin", "p1"], with_retired=True)) == 3, "none deleted"
        assert await count(store.find_objects("admin", with_retired=True)) == 3
        assert await count(store.find_objects("i1", with_retired=True)) == 0, "deleted is not retired"
        await store.delete("u3")
        assert await count(store.find_resources()) == 7
        assert await count(store.find_res_by_type("UserInfo")) == 2
        assert await count(store.find_by_query(QueryBuilder())) == 7
        assert await count(store.find_by_view("resource", "by_type")) == 7
        assert await count(store.find_resources(with_deleted=True)) == 8


async def test_a_user_and_a_database_with_quotes_in_their_names_are_names(demo: Place) -> None:
    """CREATE DATABASE, GRANT and DROP quote what they are given (defect g)."""
    user = 'mal"; DROP TABLE pgstore_stores; --'
    demo.pair.a.sql(f"""CREATE ROLE "{user.replace('"', '""')}" LOGIN PASSWORD 'sesame'""")
    async with System("quoted", _as(demo, user, database='x"; --')) as system:
        assert system.database == 'quoted_x"; --'
        await system.create()
        store = await system.create_datastore("objects")
        await store.create({"name": "well"}, "a")
        assert (await store.read("a"))["name"] == "well"
        assert (await system.check()).is_well
        await system.drop(force=True)
        assert not await system.exists()


def _as(place: Place, user: str, database: str) -> Settings:
    found = place.settings()
    options = {**found.regular.options, "user": user}
    return replace(found, regular=replace(found.regular, options=options), database=database)


async def test_errors_say_the_id_and_what_was_seen(demo: Place) -> None:
    """No text is left unformatted (defect n)."""
    async with demo.system("demo") as system:
        store = await system.create_datastore("told", "RESOURCES")
        await store.create({"name": "x"}, "x")
        await store.delete("x")
        for call, words in (
            (store.read("nobody"), "cannot read nobody: demo_told has no such document"),
            (store.read("x", "7"), "x: demo_told has no such document with revision 7"),
            (store.read_mult(["a", "b"]), "cannot read a, b: demo_told has no such documents"),
            (store.update({"_id": "x", "_rev": "1"}), "cannot update x: demo_told has no such documents"),
            (store.delete("nobody"), "cannot delete nobody"),
            (store.undelete("nobody"), "cannot undelete nobody: demo_told has no deleted document of this id"),
            (store.create({"name": "x"}, "x"), "cannot create x: there is a document of this id, perhaps a deleted"),
            (store.find_by_stored("nothing"), "nothing"),
            (store.create_association("x", "is", "nobody"), "cannot associate x with nobody: there is no x, nobody"),
            (system.delete_datastore("nothing"), "cannot find store demo_nothing in demo"),
        ):  # fmt: skip
            with pytest.raises((NotFound, BadRequest)) as seen:
                await call
            assert words in str(seen.value)
            assert "%" not in str(seen.value)


async def test_states_put_at_the_same_time_are_whole_and_none_is_overwritten_unseen(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("state")
        first = await store.put_state("flushed", {"by": "nobody", "filler": "x" * 5000})

        async def flush(number: int) -> bool:
            try:
                await store.put_state("flushed", {"by": number, "filler": str(number) * 5000}, first)
            except Conflict:
                return False
            return True

        won = [number for number, did in enumerate(await asyncio.gather(*map(flush, range(9)))) if did]
        assert len(won) == 1
        state, now = await store.get_state("flushed")
        assert state == {"by": won[0], "filler": str(won[0]) * 5000}
        assert now.rev == "2"
    async with demo.system("demo") as restarted:
        assert (await (await restarted.get_datastore("state")).get_state("flushed"))[0] == state


async def test_transactions_side_by_side_each_have_their_own(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.create_datastore("side", "OBJECTS")
        all_there = asyncio.Barrier(3) if hasattr(asyncio, "Barrier") else None

        async def work(number: int, fails: bool) -> None:
            async with system.transaction() as tx:
                for n in range(3):
                    await store.within(tx).create({"by": number}, f"{number}-{n}")
                    if all_there:
                        await all_there.wait()
                if fails:
                    raise ZeroDivisionError

        ended = await asyncio.gather(work(0, False), work(1, True), work(2, False), return_exceptions=True)
        assert [type(each) for each in ended] == [type(None), ZeroDivisionError, type(None)]
        assert await store.list_objects() == ["0-0", "0-1", "0-2", "2-0", "2-1", "2-2"]
        assert not any(host.in_use for host in system.statistics())


def test_a_blocking_store_has_pages_with_a_picture(demo: Place) -> None:
    with BlockingSystem("demo", demo.settings()) as system:
        store = system.create_datastore("pictured", "RESOURCES")
        here = {"geospatial_point_center": {"lat": 1, "lon": 2}}
        store.create_mult([{"type_": "Buoy", "name": f"<{n}>", **here} for n in range(5)])
        page = store.find_page(QueryBuilder().order_by("name"), 3)
        assert (len(page), [each["name"] for each in page]) == (3, ["<0>", "<1>", "<2>"])
        shown = page._repr_html_()
        assert "<svg" in shown
        assert "<td>&lt;0&gt;</td>" in shown
        assert shown.endswith("<p>3 found, another page follows</p>")
        last = store.find_page(QueryBuilder().order_by("name"), 3, page.next)
        assert last._repr_html_().endswith("<p>2 found, the last page</p>")
        assert len(page.items.to_geojson()["features"]) == 3
