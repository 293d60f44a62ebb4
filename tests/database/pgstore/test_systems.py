"""Systems as a whole: checks, transactions, dumps, views, failures."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pgclient import Cluster, Options
from pgstore import BadRequest, Conflict, System, Trouble, Unavailable, from_database_relation, from_url, together
from pgstore.query.builder import QueryBuilder, alt_id, nested
from tests.database.pgclient.servers import Node
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


async def test_the_preflight_says_which_right_on_which_table_is_missing_and_what_mends_it(demo: Place) -> None:
    async with demo.system("righted") as system:
        await system.create()
        await system.create_datastore("kept", "OBJECTS")
        assert "ion may work with 8 tables" in str(await system.preflight())
        connection = demo.pair.a.server.connect("righted")
        connection.autocommit = True
        session = connection.cursor()
        session.execute("REVOKE UPDATE, DELETE ON ion_kept FROM ion; REVOKE SELECT ON pgstore_stores FROM ion")
        wrong = [str(finding) for finding in (await system.preflight()).findings if not finding.is_well]
        assert wrong == [
            "WRONG  rights of the regular user: ion may not SELECT on pgstore_stores "
            '(as admin: GRANT SELECT ON "pgstore_stores" TO "ion")',
            "WRONG  rights of the regular user: ion may not UPDATE, DELETE on ion_kept "
            '(as admin: GRANT UPDATE, DELETE ON "ion_kept" TO "ion")',
        ]
        for told in wrong:
            session.execute(told.partition("as admin: ")[2].rstrip(")"))
        assert (await system.check()).is_well
        session.execute("REVOKE USAGE ON SCHEMA public FROM ion, PUBLIC")
        (unused,) = [finding.seen for finding in (await system.preflight()).findings if not finding.is_well]
        assert "GRANT USAGE ON SCHEMA public" in unused
        session.execute("GRANT USAGE ON SCHEMA public TO ion; DROP TABLE ion_kept_hist")
        (gone,) = [finding.what for finding in (await system.preflight()).findings if not finding.is_well]
        assert gone == "table ion_kept_hist"
        session.execute("REVOKE CONNECT ON DATABASE righted FROM ion, PUBLIC")
        (shut,) = [str(finding) for finding in (await system.preflight(timeout=2)).findings if not finding.is_well]
        assert 'as admin: GRANT CONNECT ON DATABASE "righted" TO "ion"' in shut
        connection.close()
        await system.drop(force=True)


async def test_troubles_of_a_connection_are_told_apart(demo: Place) -> None:
    hurried = Options(patience=2.0, probe_every_unsettled=0.05)
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


async def test_a_full_a_starting_and_a_read_only_server_are_told_apart(demo: Place) -> None:
    hurried = Options(patience=2.0, probe_every_unsettled=0.05)
    port = demo.pair.a.port
    async with demo.system("demo") as system:
        await system.create_datastore("read_only", "BASIC")
    demo.pair.a.sql("""
        CREATE ROLE crowded LOGIN PASSWORD 'sesame' CONNECTION LIMIT 0 IN ROLE ion;
        CREATE ROLE reader LOGIN PASSWORD 'sesame' IN ROLE ion;
        ALTER ROLE reader SET default_transaction_read_only = on;
        GRANT CONNECT ON DATABASE demo TO crowded, reader""")
    async with System("demo", from_url(f"postgresql://crowded:sesame@127.0.0.1:{port}/", options=hurried)) as system:
        with pytest.raises(Unavailable, match="too many connections") as seen:
            await system.list_datastores()
        assert seen.value.trouble is Trouble.TOO_MANY_CONNECTIONS
    async with System("demo", from_url(f"postgresql://reader:sesame@127.0.0.1:{port}/", options=hurried)) as system:
        store = await system.find_datastore("read_only")
        with pytest.raises(Unavailable) as seen:
            await store.create({"name": "refused"})
        assert seen.value.trouble is Trouble.READ_ONLY
    for words, trouble in (
        ("the database system is starting up", Trouble.STARTING_UP),
        ("the database system is shutting down", Trouble.SHUTTING_DOWN),
    ):
        async with _says(words) as closed:
            async with System("demo", from_url(f"postgresql://ion@127.0.0.1:{closed}/", options=hurried)) as system:
                with pytest.raises(Unavailable) as seen:
                    await system.list_datastores()
            assert seen.value.trouble is trouble, str(seen.value)


@contextlib.asynccontextmanager
async def _says(words: str) -> AsyncIterator[int]:
    """The port of a server that turns everybody away with this error."""
    fields = b"SFATAL\0VFATAL\0C57P03\0M" + words.encode() + b"\0\0"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while int.from_bytes((await reader.read(8))[4:], "big") in (80877103, 80877104):  # wants TLS, or GSSAPI
            writer.write(b"N")
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_no_log_and_no_error_has_a_password(demo: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    options = Options(patience=2.0, probe_every_unsettled=0.05)
    url = f"postgresql://ion:open-sesame@127.0.0.1:{demo.pair.a.port}/?sslmode=prefer"
    async with System("demo", from_url(url, options=options)) as system:
        with pytest.raises(Unavailable) as seen:
            await system.list_datastores()
        told = f"{seen.value!r} {system!r} {system.settings!r} {await system.preflight(timeout=2)}"
    assert "wrong password" in told
    assert "open-sesame" not in told + caplog.text


async def test_one_user_of_a_database_relation_makes_and_uses_the_system(demo: Place) -> None:
    """As the charm gives it: a database with its extensions, and a user who takes the owner's role on."""
    demo.pair.a.sql("""
        CREATE ROLE jujuowner_harbour2; CREATE ROLE jujudb_app LOGIN PASSWORD 'sesame' IN ROLE jujuowner_harbour2;
        ALTER ROLE jujudb_app SET role = jujuowner_harbour2""")
    demo.pair.a.sql("CREATE DATABASE harbour2 OWNER jujuowner_harbour2 TEMPLATE template0")
    connection = demo.pair.a.server.connect("harbour2")
    connection.autocommit = True
    connection.cursor().execute("CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist")
    connection.close()
    bag = {
        "endpoints": f"127.0.0.1:{demo.pair.a.port}",
        "read-only-endpoints": f"127.0.0.1:{demo.pair.b.port}",
        "database": "harbour2",
        "sysname": "Harbour-2",
        "secret-user": "secret:1",
    }
    secret = {"username": "jujudb_app", "password": "sesame"}
    settings = from_database_relation(bag, secret, BRISK, sysname="Harbour-2")
    async with System("Harbour-2", settings) as system:
        assert await system.exists()
        await system.create()
        store = await system.get_datastore("objects")
        id_, _ = await store.create({"name": "Pioneer"})
        assert (await store.reading("standby").read(id_))["name"] == "Pioneer"
        report = await system.check()
        assert report.is_well, str(report)


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
        assert len(await one.reading("standby").list_objects()) == 1, "the token of the second phase"


async def test_a_second_phase_is_finished_on_the_next_primary_and_by_a_task_that_was_cancelled(
    fragile: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is prepared is on the standby too; the primary dies when the first database has committed."""
    pair = fragile.pair
    pair.a.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'")
    pair.a.sql("SELECT pg_reload_conf()")
    commit, calls, second_phase = Cluster.commit_prepared, [], asyncio.Event()

    async def die_before_the_second(cluster: Cluster, name: str, **more: Any) -> Any:
        calls.append(name)
        second_phase.set()
        if len(calls) == 2:
            await asyncio.to_thread(pair.a.stop, "immediate")
            await asyncio.to_thread(pair.b.promote)
        return await commit(cluster, name, **more)

    async with fragile.system("demo") as here, fragile.system("other") as there:
        one, two = await here.get_datastore("lasting", "BASIC"), await there.get_datastore("lasting", "BASIC")

        async def work(id_: str) -> None:
            async with together(one, two) as (in_one, in_two):
                await in_one.create({}, id_)
                await in_two.create({}, id_)

        monkeypatch.setattr(Cluster, "commit_prepared", die_before_the_second)
        task = asyncio.create_task(work("a"))
        await asyncio.wait_for(second_phase.wait(), 20)
        task.cancel()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        assert len(calls) == 2
        assert await one.list_objects() == await two.list_objects() == ["a"]
        assert pair.b.sql("SELECT gid FROM pg_prepared_xacts") == []
        await work("b")
        assert await one.list_objects() == await two.list_objects() == ["a", "b"]


async def test_a_first_phase_that_fails_leaves_nothing_prepared(demo: Place) -> None:
    async with demo.system("demo") as here, demo.system("other") as there:
        one, two = await here.get_datastore("undone", "BASIC"), await there.get_datastore("undone", "BASIC")
        taken = "CREATE TABLE taken (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); GRANT ALL ON taken TO ion"
        connection = demo.pair.a.server.connect("demo")
        connection.autocommit = True
        connection.cursor().execute(taken)

        async def work() -> None:
            """The second of the databases is prepared first; then the first one refuses."""
            async with together(one, two) as (in_one, in_two):
                await in_one.create({}, "a")
                await in_one._backing.door.tx.execute("INSERT INTO taken VALUES (1), (1)")
                await in_two.create({}, "a")

        with pytest.raises(BadRequest, match="duplicate|taken|cannot create"):
            await work()
        connection.cursor().execute("DROP TABLE taken")
        connection.close()
        assert await one.list_objects() == await two.list_objects() == []
        assert demo.pair.a.sql("SELECT gid FROM pg_prepared_xacts") == []


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


async def test_a_failover_in_the_middle_of_one_bulk_call_is_a_pause_and_nothing_is_half_written(fragile: Place) -> None:
    """The server dies while it works on the one statement of each bulk call; the caller sees only the time it took."""
    pair = fragile.pair
    pair.a.sql("ALTER SYSTEM SET synchronous_standby_names = 'b'")
    pair.a.sql("SELECT pg_reload_conf()")
    async with fragile.system("demo") as system:
        store = await system.create_datastore("bulky", "RESOURCES")
        ids = [f"{n:05}" for n in range(20_000)]
        documents = [{"type_": "Buoy", "name": id_, "text": "x" * 100} for id_ in ids]
        creating = asyncio.create_task(store.create_mult(documents, ids))
        await _until_busy(pair.a, "INSERT")
        await asyncio.to_thread(pair.a.stop, "immediate")
        assert not creating.done()
        await asyncio.to_thread(pair.b.promote)
        assert await creating == [(id_, "1") for id_ in ids]
        assert await store.list_objects() == ids
        now = await store.read_mult(ids)
        updating = asyncio.create_task(store.update_mult([{**each, "n": 1} for each in now]))
        await _until_busy(pair.b, "UPDATE")
        await asyncio.to_thread(pair.b.stop, "immediate")
        await asyncio.to_thread(pair.b.start)
        assert await updating == [(id_, "2") for id_ in ids]
        assert {each["_rev"] for each in await store.read_mult(ids)} == {"2"}
        deleting = asyncio.create_task(store.delete_mult(ids, purge=True))
        await _until_busy(pair.b, "DELETE")
        await asyncio.to_thread(pair.b.stop, "immediate")
        await asyncio.to_thread(pair.b.start)
        await deleting
        assert await store.list_objects() == []


async def _until_busy(node: Node, verb: str) -> None:
    """Until the server works on such a statement about the table."""
    question = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND usename = 'ion'"
    for _ in range(2000):
        seen = [str(query) for (query,) in await asyncio.to_thread(node.sql, question)]
        if any(verb in query and "ion_bulky" in query for query in seen):
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"no {verb} was seen")


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
