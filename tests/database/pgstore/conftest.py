"""A server with PostGIS, and a system of its own for each file of tests."""

from __future__ import annotations

import asyncio
import inspect
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pgclient import Options
from pgstore import Settings, System, from_url
from tests.database.pgclient.servers import Node, Pair, make_pair, make_template

BRISK = Options(probe_every=0.5, probe_every_unsettled=0.05, patience=20.0, pool_size=6)
USERS = """
CREATE ROLE ion LOGIN PASSWORD 'sesame';
CREATE ROLE ion_admin LOGIN CREATEDB PASSWORD 'sesame';
"""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that is a coroutine runs in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@dataclass(frozen=True)
class Place:
    """Where a test's systems are."""

    pair: Pair

    def settings(self, user: str = "ion", password: str = "sesame", admin: str = "postgres") -> Settings:
        hosts = f"127.0.0.1:{self.pair.a.port},127.0.0.1:{self.pair.b.port}"
        return from_url(
            f"postgresql://{user}:{password}@{hosts}/postgres",
            admin=f"postgresql://{admin}:sesame@{hosts}/postgres",
            options=BRISK,
        )

    def system(self, sysname: str, **more: object) -> System:
        return System(sysname, self.settings(), **more)  # type: ignore[arg-type]


def _home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="pgstore-test-", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home


@pytest.fixture(scope="session")
def stocked(request: pytest.FixtureRequest) -> Iterator[Node]:
    """A stopped server with two systems, to be copied: PostGIS takes seconds to make."""
    root = request.config.getoption("--postgresql-root")
    below = Path(root) if root else Path("/")
    installed = sorted(below.glob("usr/lib/postgresql/*/bin/initdb"))
    if not installed:
        pytest.skip("no PostgreSQL server is installed here")
    home = _home()
    try:
        node = make_template(home, Path("/") / installed[-1].parent.relative_to(below), below if root else None)
        node.start()
        node.sql(USERS)
        node.sql("ALTER SYSTEM SET max_prepared_transactions = 10")
        hba = node.data / "pg_hba.conf"
        hba.write_text(f"host all ion 127.0.0.1/32 scram-sha-256\n{hba.read_text()}")
        node.sql("SELECT pg_reload_conf()")
        asyncio.run(_make_systems(node))
        node.stop()
        yield node
    finally:
        shutil.rmtree(home)


async def _make_systems(node: Node) -> None:
    for sysname in ("demo", "other"):
        async with Place(Pair(node, node)).system(sysname) as system:
            await system.create()


@pytest.fixture(scope="session")
def demo(stocked: Node) -> Iterator[Place]:
    """A primary and a standby that no test breaks."""
    yield from _running(stocked)


@pytest.fixture
def fragile(stocked: Node) -> Iterator[Place]:
    """A primary and a standby to break."""
    yield from _running(stocked)


def _running(stocked: Node) -> Iterator[Place]:
    home = _home()
    pair = make_pair(stocked, home)
    try:
        pair.start()
        yield Place(pair)
    finally:
        pair.stop()
        shutil.rmtree(home)
