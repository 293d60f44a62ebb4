"""From a client's databag to a login that works, on a real server."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest

from pgcharm.clients import ClientRelation
from pgcharm.clients.databases import InUse, drop_database, read_databases
from pgcharm.clients.reading import Connect, read_catalogue
from tests.database.clients.server import Server
from tests.database.clients.serving import ADDRESS, Serve, client, login, run


def test_after_apply_nothing_is_left_to_do_and_the_keys_appear(serve: Serve) -> None:
    decision = serve(client(database="shop_db", roles="readers,writers", extensions="pg_trgm,hstore:contrib"))
    assert decision.changes == ()
    assert decision.waits == ()
    told = decision.publications[1]
    assert told["database"] == "shop_db"
    assert told["roles"] == "readers,writers"
    assert told["extensions"] == "pg_trgm,hstore:contrib"
    assert told["allowed-units"] == "shop/0"
    assert told["allowed-subnets"] == "127.0.0.1/32"
    assert told["state"] == "standalone"


def test_a_plain_user_logs_in_and_creates_tables(server: Server, serve: Serve) -> None:
    decision = serve(client(database="shop_db"))
    with closing(login(server, decision, 1)) as connection:
        run(connection, "CREATE TABLE orders (id int)")
        run(connection, "CREATE SCHEMA own")
    with closing(login(server, decision, 1, schema=True)) as connection:
        assert run(connection, "SELECT current_user") == [("jujuowner_shop_db",)]
        run(connection, "CREATE TABLE made_by_schema_user (id serial)")
        run(connection, "SET ROLE none; ALTER TABLE orders ADD note text")
    with closing(login(server, decision, 1)) as connection:
        run(connection, "INSERT INTO made_by_schema_user DEFAULT VALUES")


def test_the_user_of_a_system_works_with_data_but_does_not_define_it(
    server: Server, serve: Serve, connect: Connect
) -> None:
    decision = serve(client(sysname="Demo-System"))
    with closing(login(server, decision, 1, schema=True)) as connection:
        run(connection, "CREATE TABLE places (id serial, at geometry(point, 4326))")
        run(connection, "CREATE SCHEMA more; CREATE TABLE more.things (id int)")
    with closing(login(server, decision, 1)) as connection:
        run(connection, "INSERT INTO places (at) VALUES (st_setsrid(st_makepoint(1, 2), 4326))")
        run(connection, "INSERT INTO more.things VALUES (1)")
        for refused in ("CREATE TABLE mine (id int)", "DROP TABLE places", "CREATE SCHEMA mine", "TRUNCATE places"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                run(connection, refused)
        extensions = {row[0] for row in run(connection, "SELECT extname FROM pg_extension")}
    assert extensions >= {"postgis", "pg_trgm", "btree_gist"}
    assert decision.publications[1]["sysname"] == "Demo-System"


def test_a_user_reaches_no_other_database(server: Server, serve: Serve) -> None:
    decision = serve(client(1, "shop", database="one"), client(2, "wiki", database="two"))
    with pytest.raises(psycopg2.OperationalError, match="no pg_hba"):
        login(server, decision, 1, database="two")
    server.hba_file.write_text("local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    server.reload()
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        login(server, decision, 1, database="two")


def test_a_client_that_leaves_loses_its_login_and_its_sessions_but_not_its_data(
    server: Server, serve: Serve, connect: Connect
) -> None:
    first = serve(client(database="shop_db"))
    session = login(server, first, 1)
    run(session, "CREATE TABLE orders AS SELECT 1 AS id")
    decision = serve()
    assert decision.changes == ()
    with pytest.raises(psycopg2.Error):
        run(session, "SELECT 1")
    facts = read_catalogue(connect).roles
    assert not facts["juju_shop"].login
    assert not facts["jujuschema_shop"].login
    with closing(connect("shop_db")) as connection:
        assert run(connection, "SELECT id FROM orders") == [(1,)]
    again = serve(client(7, database="shop_db"))
    with closing(login(server, again, 7)) as connection:
        assert run(connection, "SELECT id FROM orders") == [(1,)]


def test_a_role_that_is_no_longer_asked_for_is_revoked(serve: Serve, connect: Connect) -> None:
    serve(client(roles="readers,writers"))
    serve(client(roles="readers"))
    fact = read_catalogue(connect).roles["juju_shop"]
    assert "readers" in fact.member_of
    assert "writers" not in fact.member_of


def test_an_administrator_is_superuser_in_every_database(server: Server, serve: Serve) -> None:
    decision = serve(client(1, "shop"), client(2, "ops-tool", "db-admin"))
    with closing(login(server, decision, 2, database="shop")) as connection:
        assert run(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(True,)]
    assert decision.publications[2].get("schema_user") is None


def test_a_changed_password_is_noticed_and_put_right(server: Server, serve: Serve, connect: Connect) -> None:
    serve(client())
    with closing(connect("postgres")) as connection:
        run(connection, "ALTER ROLE juju_shop PASSWORD 'guess'")
    decision = serve(client())
    login(server, decision, 1).close()


def test_a_role_that_grants_power_is_refused_by_name(serve: Serve, connect: Connect) -> None:
    with closing(connect("postgres")) as connection:
        run(
            connection,
            "CREATE ROLE boss SUPERUSER; CREATE ROLE friend IN ROLE boss; CREATE ROLE peeker IN ROLE pg_monitor",
        )
    for role in ("boss", "friend", "peeker"):
        decision = serve(client(roles=role))
        assert role in str(decision.refusals[0])
        assert decision.publications[1] == {}


def test_an_extension_that_is_not_there_is_refused_and_the_others_are_served(serve: Serve) -> None:
    decision = serve(client(1, extensions="no_such"), client(2, "wiki"))
    assert "no_such" in str(decision.refusals[0])
    assert decision.publications[1] == {}
    assert decision.publications[2]["allowed-units"] == "wiki/0"


def test_a_wish_that_is_withdrawn_by_refusal_takes_the_keys_back(serve: Serve) -> None:
    told = {key: value for key, value in serve(client()).publications[1].items() if value}
    bad = replace(client(extensions="plpython3u"), published=told)
    withdrawn = serve(bad).publications[1]
    assert withdrawn.keys() == told.keys()
    assert not any(withdrawn.values())


@pytest.mark.parametrize(
    "name",
    ["semi;colon", 'quo"te', "apo'strophe", "back\\slash", "new\nline", "nul\0", "../up", "a" * 10_000, "postgres"],
)
def test_hostile_names_reach_no_server(serve: Serve, connect: Connect, name: str) -> None:
    before = read_catalogue(connect)
    for wish in ({"database": name}, {"roles": name}, {"extensions": name}, {"extensions": f"hstore({name})"}):
        if wish.get("extensions") != "hstore(postgres)":
            assert serve(client(**wish)).refusals
    assert read_catalogue(connect).databases.keys() - {"shop"} == before.databases.keys()


def database_client(number: int = 1, application: str = "shop", **wish: str) -> ClientRelation:
    asked = {key.replace("_", "-"): text for key, text in wish.items()}
    units = {f"{application}/0": ADDRESS}
    return ClientRelation(number, "database", application, units=units, application_bag=asked)


def answer(serve: Serve, *relations: ClientRelation) -> dict[int, dict[str, str]]:
    """What the leader answers, when all is done."""
    serve(*relations)
    decision = serve(*relations)
    assert decision.changes == ()
    return {number: {key: text or "" for key, text in told.keys.items()} for number, told in decision.answers.items()}


def test_a_database_client_owns_its_database_and_what_it_makes_survives_it(server: Server, serve: Serve) -> None:
    relation = database_client(database="pages", extensions="hstore(own)")
    told = answer(serve, relation)[1]
    with closing(psycopg2.connect(told["uris"])) as connection:
        connection.autocommit = True
        run(connection, "CREATE SCHEMA more; CREATE TABLE more.page (tags own.hstore)")
        assert run(connection, "SELECT current_user, session_user") == [("jujuowner_pages", "jujudb_shop")]
        for refused in ("CREATE ROLE mine", "CREATE DATABASE mine", "SET ROLE postgres", "ALTER ROLE juju_x LOGIN"):
            with pytest.raises(psycopg2.Error):
                run(connection, refused)
    serve()
    other = answer(serve, database_client(2, "wiki", database="pages"))[2]
    with closing(psycopg2.connect(other["uris"])) as connection:
        connection.autocommit = True
        run(connection, "ALTER TABLE more.page ADD title text")


def test_several_applications_share_a_database_over_all_endpoints(server: Server, serve: Serve) -> None:
    shop, wiki = client(1, "shop", database="d"), client(2, "wiki", database="d", extensions="hstore")
    pages = database_client(3, "pages", database="d")
    told = answer(serve, shop, wiki, pages)[3]
    decision = serve(shop, wiki, pages)
    with closing(psycopg2.connect(told["uris"])) as connection:
        connection.autocommit = True
        run(connection, "CREATE TABLE shared (id int)")
    for relation in (1, 2):
        with closing(login(server, decision, relation)) as connection:
            run(connection, "INSERT INTO shared VALUES (1)")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                run(connection, "ALTER TABLE shared ADD note text")


def test_two_applications_of_one_name_in_two_models_are_two(server: Server, serve: Serve) -> None:
    here, there = client(1, "shop"), replace(client(2, "shop", database="other"), remote_model="ab12cd34-ef56-7890")
    decision = serve(here, there)
    users = {str(decision.publications[number]["user"]) for number in (1, 2)}
    assert users == {"juju_shop", "juju_shop__ab12cd34ef56"}
    with closing(login(server, decision, 2)) as connection:
        assert run(connection, "SELECT current_database()") == [("other",)]
    with pytest.raises(psycopg2.OperationalError, match="no pg_hba"):
        login(server, decision, 2, database="shop")


def test_an_extension_of_a_chosen_schema_is_there_and_stays_when_the_client_goes(
    serve: Serve, connect: Connect
) -> None:
    serve(client(extensions="postgis(geo),hstore:own,pg_trgm"))
    serve()
    found = read_catalogue(connect, ("shop",)).databases["shop"].extensions
    assert (found["postgis"], found["hstore"], found["pg_trgm"]) == ("geo", "own", "public")


def test_public_may_neither_connect_nor_create(server: Server, serve: Serve, connect: Connect) -> None:
    serve(client(database="d"))
    with closing(connect("postgres")) as connection:
        run(connection, "CREATE ROLE stranger LOGIN PASSWORD 'x'")
        assert run(connection, "SELECT has_database_privilege('stranger', 'd', 'CONNECT')") == [(False,)]
    with closing(connect("d")) as connection:
        assert run(connection, "SELECT has_schema_privilege('stranger', 'public', 'CREATE')") == [(False,)]
        assert run(connection, "SELECT has_schema_privilege('stranger', 'public', 'USAGE')") == [(False,)]


def test_what_one_user_makes_does_not_change_what_another_calls(server: Server, serve: Serve) -> None:
    """The search path is safe: no client can put a function of its own before another client's in their database."""
    decision = serve(client(1, "shop", sysname="demo"))
    with closing(login(server, decision, 1)) as connection:
        for sql in ("CREATE FUNCTION public.upper(text) RETURNS text AS '' LANGUAGE sql", "CREATE SCHEMA juju_shop"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                run(connection, sql)


def test_a_database_is_dropped_with_its_roles_when_nobody_is_connected(
    server: Server, serve: Serve, connect: Connect
) -> None:
    decision = serve(client(database="d"))
    with closing(login(server, decision, 1)), pytest.raises(InUse, match=r"juju_shop from 127.0.0.1 \(1\)"):
        drop_database(connect, "d", force=False)
    assert [found.name for found in read_databases(connect)] == ["d"]
    session = login(server, decision, 1)
    assert drop_database(connect, "d", force=True)
    assert not drop_database(connect, "d", force=True)
    with pytest.raises(psycopg2.Error):
        run(session, "SELECT 1")
    assert not [role for role in read_catalogue(connect).roles if role.endswith("_d")]


def test_the_databases_of_systems_are_listed_with_size_owner_and_extensions(serve: Serve, connect: Connect) -> None:
    serve(client(1, "shop", sysname="Demo-System"), client(2, "wiki"))
    demo, wiki = read_databases(connect)
    assert (demo.name, demo.sysname, demo.owner) == ("demosystem", "Demo-System", "jujuowner_demosystem")
    assert {"postgis", "pg_trgm", "btree_gist"} <= set(demo.extensions)
    assert (wiki.sysname, wiki.extensions) == ("", ())
    assert wiki.size > 1 << 20
