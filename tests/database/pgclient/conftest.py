"""Servers for the client to work with: one pair for tests that break nothing, a fresh one for each that does."""

from __future__ import annotations

import asyncio
import inspect
import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from pgclient import Address, Options, Target
from tests.database.pgclient.servers import Node, Pair, make_pair, make_template

BRISK = Options(probe_every=0.3, probe_every_unsettled=0.05, patience=20.0, heartbeat=1.0, pool_size=8)
"""Paces for tests."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that is a coroutine runs in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


def target(*ports: int, user: str = "app") -> Target:
    options = {"user": user, "password": "sesame", "dbname": "postgres"}
    return Target(tuple(Address("127.0.0.1", port) for port in ports), options)


async def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for what other tasks, or a server, bring about."""
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.01)


def _home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="pgclient-test-", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home


@pytest.fixture(scope="session")
def template() -> Iterator[Node]:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("no PostgreSQL server is installed here")
    home = _home()
    try:
        yield make_template(home, installed[-1].parent)
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def steady(template: Node) -> Iterator[Pair]:
    """A running pair that no test breaks."""
    yield from _running(template, synchronous=False)


@pytest.fixture
def pair(template: Node) -> Iterator[Pair]:
    """A running pair to break."""
    yield from _running(template, synchronous=False)


@pytest.fixture
def synchronous(template: Node) -> Iterator[Pair]:
    """A pair to break whose primary waits for the standby at every commit."""
    yield from _running(template, synchronous=True)


def _running(template: Node, synchronous: bool) -> Iterator[Pair]:
    home = _home()
    pair = make_pair(template, home)
    try:
        pair.start(synchronous)
        yield pair
    finally:
        pair.stop()
        shutil.rmtree(home)
