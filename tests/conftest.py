"""Options and habits of all tests."""

from __future__ import annotations

import signal
from types import FrameType

import pytest
from hypothesis import settings

# An example's time says nothing on a machine with other work to do.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--juju PATH` drives another juju, e.g. a real one."""
    parser.addoption(
        "--juju",
        metavar="PATH",
        default=None,
        help="drive this juju command and its current controller, instead of a jujubox of the tests' own",
    )


def pytest_configure(config: pytest.Config) -> None:
    """End a run on SIGTERM as on SIGINT: with all fixtures cleaned up."""
    config.addinivalue_line("markers", "jujubox_only: needs jujubox's own command or files; skipped with --juju")

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
