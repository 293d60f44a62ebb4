"""Systems as a whole: checks, transactions, dumps, views, failures."""

from __future__ import annotations

import asyncio

import pytest

from pgclient import Options
from pgstore import BadRequest, Conflict, System, Trouble, Unavailable, from_url, together
from pgstore.query.builder import QueryBuilder, alt_id, nested
from tests.database.pgstore.conftest import BRISK, Place


async def test_the_preflight_says_which_of_the_two_users_is_wrong(demo: Place) -> None:
    well = await System("demo", demo.settings()).preflight()
    assert well.is_well, str(well)
    wrong = await System("demo", demo.settings(password="guess")).preflight(timeout=2)
    assert [finding.what for finding in wrong.findings if not finding.is_well] == ["regular user"]
    assert "wrong password" in str(wrong)
    poor = await System("notyet", demo.settings(admin="ion_admin")).preflight(timeout=2)
    assert [finding.what for finding in poor.findings if not finding.is_well] == ["extension postgis"]
    assert (await System("demo", demo.settings()).check()).is_well


async def test_troubles_of_a_connection_are_told_apart(demo: Place) -> None:
    hurried = Options(patience=1.0, probe_every_unsettled=0.05)
    port = demo.pair.a.port
    for url, trouble in (
        (f"postgresql://ion:guess@127.0.0.1:{port}/", Trouble.WRONG_PASSWORD),
        ("postgresql://ion:sesame@127.0.0.1:1/", Trouble.REFUSED),
        (f"postgresql://ion:sesame@127.0.0.1:{demo.pair.b.port}/", Trouble.UNREACHABLE),
    ):
        async with System("demo", from_url(url, options=hurried)) as system:
            with pytest.raises(Unavailable) as seen:
                await system.list_datastores()
            assert seen.value.trouble is trouble, str(seen.value)
            assert "sesame" not in str(seen.value)
    regular = from_url(f"postgresql://ion:sesame@127.0.0.1:{port}/", options=hurried)
    async with System("nowhere", regular) as nowhere:
        with pytest.raises(Unavailable) as seen:
            await nowhere.list_datastores()
        assert seen.value.trouble is Trouble.NO_SUCH_DATABASE


async def test_the_regular_user_changes_no_table(demo: Place) -> None:
    hosts = f"127.0.0.1:{demo.pair.a.port}"
    only = from_url(f"postgresql://ion:sesame@{hosts}/postgres", options=BRISK)
    async with System("demo", only) as system:
        with pytest.raises(BadRequest, match="as this user"):
            await system.create_datastore("forbidden")


async def test_an_older_database_is_told_of_and_brought_up_to_date(demo: Place) -> None:
    """The function of the first migration, put back with its version, is the second one's again."""
    from pgstore.schema.migrating import script

    terms = QueryBuilder().where(nested("Contact") & alt_id("ID1") & alt_id(None, "PRE") & alt_id("2", "_")).id_only()
    async with demo.system("old") as system:
        await system.create()
        first = script("database", None, "pgstore_version", regular="ion", extensions=False)
        before = first[first.index("CREATE FUNCTION pgstore_terms") : first.index("CREATE FUNCTION pgstore_texts")]
        session = demo.pair.a.server.connect("old").cursor()
        session.execute(before.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        session.execute("UPDATE pgstore_version SET version_num = '0001'")
        store = await system.create_datastore("resources")
        await store.create({"alt_ids": ["PRE:ID1", "2"], "a": {"type_": "Contact"}, "b": [{"type_": "No"}]}, "then")
        assert [each.what for each in (await system.check()).findings if not each.is_well] == ["pgstore_version"]
        await system.create()
        assert (await system.check()).is_well
        await store.create({"alt_ids": ["PRE:ID1", "2"], "a": {"type_": "Contact"}, "b": [{"type_": "No"}]}, "now")
        assert sorted(await store.find_by_query(terms)) == ["now", "then"]
        assert await store.find_resources(nested_type="No") == []
        await system.drop(force=True)


async def test_a_transaction_holds_in_all_stores_or_in_none(demo: Place) -> None:
    async with demo.system("demo") as system:
        one, two = await system.get_datastore("tx_one", "OBJECTS"), await system.get_datastore("tx_two", "BASIC")

        async def fail() -> None:
            async with system.transaction() as tx:
                await one.within(tx).create({}, "a")
                await two.within(tx).create({}, "a")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await one.list_objects() == await two.list_objects() == []
        async with system.transaction() as tx:
            await one.within(tx).create({}, "a")
            with pytest.raises(BadRequest):
                await one.within(tx).create({}, "a")  # undone alone
            await two.within(tx).create({}, "a")
        assert await one.list_objects() == await two.list_objects() == ["a"]


async def test_two_phases_hold_in_two_databases_or_in_none(demo: Place) -> None:
    async with demo.system("demo") as here, demo.system("other") as there:
        one, two = await here.get_datastore("phases", "BASIC"), await there.get_datastore("phases", "BASIC")
        await two.create({}, "taken")
        async with together(one, two) as (in_one, in_two):
            await in_one.create({}, "a")
            await in_two.create({}, "a")
        assert await one.list_objects() == ["a"]
        assert await two.list_objects() == ["a", "taken"]

        async def fail() -> None:
            async with together(one, two) as (in_one, in_two):
                await in_one.create({}, "b")
                await in_two.create({}, "taken")

        with pytest.raises(BadRequest):
            await fail()
        assert await one.list_objects() == ["a"]
        assert (await here.check()).is_well


async def test_a_view_of_a_type_is_for_people_and_other_programs(demo: Place) -> None:
    async with demo.system("demo") as system:
        store = await system.get_datastore("shown", "RESOURCES")
        await store.create({"type_": "DataProduct", "name": "Sea", "contact": {"email": "a@b"}, "it's": 5}, "p")
        view = await system.create_view("shown", "DataProduct", ["contact.email", "it's", "lcstate"])
        assert view == "ion_shown__data_product"
        rows = await system.query("""SELECT id, name, "contact.email", "it's", lcstate FROM ion_shown__data_product""")
        assert rows == [("p", "Sea", "a@b", "5", None)]


async def test_tables_are_as_the_library_believes(demo: Place) -> None:
    """What the migrations made, against what statements are compiled from."""
    from pgstore.schema.profiles import Profile, StoreShape
    from pgstore.schema.tables import tables

    async with demo.system("demo") as system:
        for profile in Profile:
            shape = StoreShape(f"shape_{profile.value.lower()}", profile)
            await system.create_datastore(shape.name, profile)
            made = tables(shape)
            wanted = {made.main}
            wanted |= {made.associations, made.entries} if profile.has_resources else set()
            wanted |= {made.history} if profile.has_history else set()
            wanted |= {made.attachments, made.chunks} if profile.has_attachments else set()
            for table in wanted:
                rows = await system.query(
                    "SELECT column_name, is_nullable = 'YES', is_generated = 'ALWAYS' FROM information_schema.columns "
                    "WHERE table_name = %s",
                    [table.name],
                )
                believed = {(c.name, bool(c.nullable), c.computed is not None) for c in table.columns}
                assert set(rows) == believed, table.name


async def test_a_bulk_create_survives_a_failover_whole(fragile: Place) -> None:
    """The primary dies in the middle; callers wait, and everything acknowledged is there exactly once."""
    pair = fragile.pair
    pair.a.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'")
    pair.a.sql("SELECT pg_reload_conf()")
    async with fragile.system("demo") as system:
        store = await system.create_datastore("failing", "RESOURCES")
        acknowledged: list[str] = []
        begun = asyncio.Event()

        async def write(number: int) -> None:
            ids = [f"{number:02}-{n:03}" for n in range(150)]
            await store.create_mult([{"type_": "Buoy", "name": id_} for id_ in ids], ids)
            acknowledged.extend(ids)
            begun.set()

        async def fail_over() -> None:
            await begun.wait()
            await asyncio.to_thread(pair.a.stop, "immediate")
            await asyncio.to_thread(pair.b.promote)

        await asyncio.gather(fail_over(), *(write(number) for number in range(24)))
        assert sorted(await store.list_objects()) == sorted(acknowledged)
        assert len(acknowledged) == 24 * 150


async def test_a_restart_of_the_database_is_no_more_than_a_pause(fragile: Place) -> None:
    pair = fragile.pair
    async with fragile.system("demo") as system:
        store = await system.create_datastore("restarted", "OBJECTS")
        await store.create({"n": 0}, "counter")
        for _ in range(2):
            await asyncio.to_thread(pair.a.stop, "immediate")
            await asyncio.to_thread(pair.a.start)
            documents = await asyncio.gather(*(store.read("counter") for _ in range(12)))
            assert len({document["n"] for document in documents}) == 1
            await store.update({**documents[0], "n": documents[0]["n"] + 1})
        with pytest.raises(Conflict):
            await store.update({**documents[0], "n": 99})
        assert (await store.read("counter"))["n"] == 2
