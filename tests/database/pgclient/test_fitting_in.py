"""Other libraries' ways in: SQLAlchemy, Starlette, Tornado, Momoko's names, and the command."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import tornado.web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import pgclient.sqlalchemy as following
from pgclient import BlockingCluster, Cluster, Unavailable, momoko, web
from pgclient.command.__main__ import main
from tests.database.pgclient.conftest import BRISK, target
from tests.database.pgclient.servers import Pair


def cluster_of(pair: Pair) -> Cluster:
    return Cluster(target(pair.a.port, pair.b.port), options=BRISK)


def dsn(pair: Pair) -> str:
    return f"host=127.0.0.1,127.0.0.1 port={pair.a.port},{pair.b.port} user=app password=sesame dbname=postgres"


async def test_engines_of_sqlalchemy_follow_the_primary(pair: Pair) -> None:
    port = sa.text("SELECT inet_server_port()")
    async with cluster_of(pair) as cluster:
        engine = following.async_engine(cluster, pool_size=2)
        with BlockingCluster(target(pair.a.port, pair.b.port), options=BRISK) as blocking:
            plain = following.engine(blocking)
            reader = following.engine(blocking, to="standby")
            async with engine.begin() as connection:
                assert (await connection.execute(port)).scalar() == pair.a.port
                await connection.execute(sa.text("INSERT INTO numbers VALUES (1)"))

            def ask(one: sa.Engine) -> object:
                with one.begin() as connection:
                    return connection.execute(port).scalar()

            assert await asyncio.to_thread(ask, plain) == pair.a.port
            assert await asyncio.to_thread(ask, reader) == pair.b.port
            await asyncio.to_thread(pair.a.stop, "immediate")
            await asyncio.to_thread(pair.b.promote)
            await cluster.execute("INSERT INTO numbers VALUES (2)")
            async with engine.begin() as connection:
                await connection.execute(sa.text("INSERT INTO numbers VALUES (3)"))
                assert (await connection.execute(port)).scalar() == pair.b.port
            await asyncio.to_thread(blocking.execute, "INSERT INTO numbers VALUES (4)")
            assert await asyncio.to_thread(ask, plain) == pair.b.port
            await asyncio.to_thread(plain.dispose)
            await asyncio.to_thread(reader.dispose)
        await engine.dispose()


async def test_read_only_counts_as_a_disconnect(steady: Pair) -> None:
    async with cluster_of(steady) as cluster:
        engine = following.async_engine(cluster, to="standby", pool_size=1)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            async with engine.begin() as connection:
                await connection.execute(sa.text("INSERT INTO numbers VALUES (1)"))
        assert caught.value.connection_invalidated
        await engine.dispose()


async def test_a_web_application_has_its_cluster_while_it_runs(steady: Pair) -> None:
    async def show(request: Request) -> JSONResponse:
        after = web.token_from(request.cookies.get(web.COOKIE))
        return JSONResponse(await request.state.cluster.fetch_value("SELECT 7", to="prefer-standby", after=after))

    app = Starlette(routes=[Route("/", show)], lifespan=web.lifespan(cluster_of(steady)))
    said: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    async with app.router.lifespan_context(app) as state:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "state": state}
        await app(scope, None, send)  # type: ignore[arg-type]
    assert said[-1]["body"] == b"7"
    assert web.token_from("nonsense") is None
    assert web.token_from(None) is None

    application = tornado.web.Application([])
    async with web.attached(application, cluster_of(steady)):
        assert await application.settings["cluster"].fetch_value("SELECT 8") == 8
    assert "cluster" not in application.settings


async def test_momokos_names(steady: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = momoko.Pool(dsn(steady), size=1, max_size=2, setsession=("SET TIME ZONE 'Asia/Kolkata'",))
    await pool.connect()
    cursor = await pool.execute("SELECT %s::int AS n, current_setting('TimeZone') AS zone", (7,), cursor_factory=dict)
    assert cursor.fetchone() == {"n": 7, "zone": "Asia/Kolkata"}
    assert cursor.fetchone() is None
    assert (await pool.execute("SELECT 'x%'")).fetchall() == [("x%",)]
    assert list(await pool.callproc("pg_catalog.abs", (-3,))) == [(3,)]
    assert await pool.mogrify("SELECT %s, %s", (1, "it's")) == "SELECT 1, 'it''s'"
    insert = "INSERT INTO numbers VALUES (%s)"
    cursors = await pool.transaction([(insert, (950,)), "SELECT count(*) FROM numbers WHERE n = 950"])
    assert [cursors[0].rowcount, cursors[1].fetchone()] == [1, (1,)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        await pool.transaction([(insert, (951,)), (insert, (950,))])
    assert (await pool.execute("DELETE FROM numbers WHERE n >= 950 RETURNING n")).fetchall() == [(950,)]
    connection = await pool.getconn()
    with pool.manage(connection):
        cursors = await connection.transaction(["CREATE TEMP TABLE here (a int)", "INSERT INTO here VALUES (1)"])
        assert (await connection.execute("SELECT a FROM here")).fetchall() == [(1,)]
    assert (await pool.ping()).fetchone() == (1,)
    await asyncio.gather(*(pool.execute("SELECT pg_sleep(0.01)") for _ in range(20)))
    pool.close()
    assert pool.closed
    assert len(Path(momoko.__file__).read_text().splitlines()) < 200
    monkeypatch.setattr(momoko, "_CONNECT", 0.3)
    with pytest.raises(Unavailable, match="cannot reach a primary"):
        await momoko.Pool("host=127.0.0.1 port=1").connect()


Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(steady: Pair, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Runs the command on the pair; its code and what it printed."""
    monkeypatch.setenv("PGCLIENT_DSN", dsn(steady))

    def run(*words: str) -> tuple[int, str]:
        code = main(words)
        out, err = capsysbinary.readouterr()
        return code, (out + err).decode()

    return run


def test_the_command_shows_the_topology(steady: Pair, command: Command) -> None:
    code, out = command("topology", "--once", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["primary"] == f"127.0.0.1:{steady.a.port}"
    assert [host["role"] for host in shown["hosts"]] == ["primary", "standby"]
    code, out = command("topology", "--once", "--colour", "always")
    assert "\x1b[32mprimary" in out


def test_the_command_pings_copies_and_measures(command: Command, tmp_path: Path) -> None:
    code, out = command("ping", "--count", "2", "--interval", "0.01", "--write")
    assert (code, len(out.splitlines())) == (0, 2)
    (tmp_path / "rows").write_bytes(b"960\n961\n")
    code, out = command("copy", "in", "numbers", str(tmp_path / "rows"))
    assert (code, out.split(",")[0]) == (0, "2 rows")
    assert command("copy", "out", "SELECT n FROM numbers WHERE n >= 960", "--format", "csv") == (0, "960\n961\n")
    assert command("copy", "out", "DELETE FROM numbers WHERE n >= 960 RETURNING n") == (0, "960\n961\n")
    code, out = command("bench", "--seconds", "0.3", "--tasks", "20", "--connections", "2", "--json")
    assert code == 0
    assert json.loads(out)["in_company"] > 0
    code, out = command("copy", "out", "nowhere")
    assert code == 1
    assert "nowhere" in out


def test_the_command_runs_as_a_program_and_says_what_it_takes() -> None:
    done = subprocess.run([sys.executable, "-m", "pgclient.command", "--help"], capture_output=True, check=True)
    assert all(word in done.stdout.decode() for word in ("topology", "ping", "listen", "copy", "bench"))


async def test_the_command_listens(steady: Pair, command: Command) -> None:
    listening = asyncio.create_task(asyncio.to_thread(command, "listen", "jobs", "--count", "1", "--json"))
    async with cluster_of(steady) as cluster:
        while not listening.done():
            await cluster.notify("jobs", "17")
            await asyncio.sleep(0.05)
    code, out = await listening
    note = json.loads(out)
    assert (code, note["channel"], note["payload"]) == (0, "jobs", "17")
