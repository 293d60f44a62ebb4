"""Options and habits of all tests."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.shared import ByModel

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")  # how long an example takes says how busy the machine is, and nothing else


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--juju PATH` drives another juju, e.g. a real one; `--postgresql-root DIR` takes another Debian's PostgreSQL."""
    parser.addoption(
        "--juju",
        metavar="PATH",
        default=None,
        help="drive this juju command and its current controller, instead of a jujubox of the tests' own",
    )
    parser.addoption(
        "--postgresql-root",
        metavar="DIR",
        default=None,
        help="run the datastore's tests with the PostgreSQL of the Debian in this directory, instead of this machine's",
    )


def pytest_configure(config: pytest.Config) -> None:
    """End a run on SIGTERM as on SIGINT: with all fixtures cleaned up."""
    config.addinivalue_line("markers", "jujubox_only: needs jujubox's own command or files; skipped with --juju")

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModel | None:
    """Several workers share a run by files (`--dist=loadfile`)."""
    return ByModel(config, log) if config.getoption("dist") == "loadfile" else None
