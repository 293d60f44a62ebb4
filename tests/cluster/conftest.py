"""A box for the session, a model for each module, packed test charms, and what to print when a test fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import jubilant
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from driving import box as boxes
from driving.packing import CHARMS, pack, pack_with_packages, pack_with_pgstore

from tests.shared import MODELS

_WATCH = "postgresql-watch"
ModelConfig = Mapping[str, jubilant.ConfigValue]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what only jujubox can do when another juju is driven."""
    if config.getoption("--juju") is None:
        return
    for item in items:
        if item.get_closest_marker("jujubox_only"):
            item.add_marker(pytest.mark.skip(reason="needs jujubox; another juju is driven"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put `juju status`, what woke the charms, and the last log lines beside a failure."""
    report = yield
    given = getattr(item, "funcargs", {})
    juju, box = given.get("juju"), given.get("box")
    if report.failed and isinstance(juju, jubilant.Juju):
        with contextlib.suppress(Exception):
            report.sections.append(("juju status --relations", juju.cli("status", "--relations")))
        with contextlib.suppress(Exception):
            if isinstance(box, boxes.Box):
                report.sections += [(f"{_WATCH} on {instance}", text) for instance, text in _watching(juju, box)]
        with contextlib.suppress(Exception):
            report.sections.append(("juju debug-log", juju.cli("debug-log", "--limit", "40")))
    return report


def _watching(juju: jubilant.Juju, box: boxes.Box) -> Iterator[tuple[str, str]]:
    """The machines that can be asked, and what the watching service of each said last."""
    for machine in juju.status().machines.values():
        with contextlib.suppress(Exception):
            argv = ("journalctl", "--no-pager", "--lines=15", "--output=short", f"--unit={_WATCH}")
            yield machine.instance_id, box.in_machine(machine.instance_id, *argv)


@pytest.fixture(scope="session")
def box(request: pytest.FixtureRequest) -> Iterator[boxes.Box | None]:
    """The running jujubox; None when `--juju` names another juju."""
    other = request.config.getoption("--juju")
    if other is not None:
        os.environ["TEST_JUJU"] = other
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="jujubox-tests-"))
    os.environ["JUJUBOX_HOME"] = str(home)
    try:
        yield boxes.start(home)
    finally:
        boxes.stop(boxes.Box(home))


class Models:
    """The models that are open, by the name that files know them by."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[jubilant.Juju, contextlib.ExitStack]] = {}

    def enter(self, name: str, config: ModelConfig) -> jubilant.Juju:
        """The model as the file before has left it, or a fresh one."""
        if name not in self._open:
            stack = contextlib.ExitStack()
            self._open[name] = stack.enter_context(boxes.fresh_model(name, config)), stack
        return self._open[name][0]

    def leave(self, name: str) -> None:
        """Nobody needs it any more: a cluster that idles slows down whatever comes next."""
        self._open.pop(name)[1].close()

    def leave_all(self) -> None:
        """At the end of a run, also one of a few files only."""
        for name in list(self._open):
            self.leave(name)


@pytest.fixture(scope="session")
def models(box: boxes.Box | None) -> Iterator[Models]:
    """What files hand on to each other; those that were not handed on to the end are left now."""
    models = Models()
    yield models
    models.leave_all()


@pytest.fixture(scope="module")
def juju(models: Models, request: pytest.FixtureRequest) -> Iterator[jubilant.Juju]:
    """A fresh model for the module. `MODEL_CONFIG` in the module configures it; `KEEP_MODELS=1` keeps it.

    Modules that share one (`tests/shared.py`) find in it what was deployed for the first of them.
    """
    module = request.module.__name__.rpartition(".")[2]
    name = MODELS.get(module, module.removeprefix("test_").replace("_", "-"))
    yield models.enter(name, getattr(request.module, "MODEL_CONFIG", {}))
    if module == max((file for file, model in MODELS.items() if model == name), default=module):
        models.leave(name)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory for packed charms."""
    path = Path(tempfile.mkdtemp(prefix="jujubox-charms-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def recorder(scratch: Path) -> Path:
    """The recorder charm, packed."""
    return pack(CHARMS / "recorder", scratch / "recorder.charm", {"revision-marker": "first"})


@pytest.fixture(scope="session")
def recorder_refreshed(scratch: Path) -> Path:
    """The recorder charm again, in a later revision."""
    return pack(CHARMS / "recorder", scratch / "later" / "recorder.charm", {"revision-marker": "second"})


@pytest.fixture(scope="session")
def opscharm(scratch: Path) -> Path:
    """The ops charm, packed with the published ops."""
    return pack_with_packages(CHARMS / "opscharm", scratch / "opscharm.charm", "ops>=3,<4")


@pytest.fixture(scope="session")
def classic(scratch: Path) -> Path:
    """The charmhelpers charm, packed with the published charmhelpers."""
    return pack_with_packages(CHARMS / "classic", scratch / "classic.charm", "--no-deps", "charmhelpers>=1.2,<2")


PGSTORE = (
    "alembic", "geoalchemy2", "mako", "markupsafe", "packaging", "psycopg", "psycopg-binary", "psycopg-pool",
    "sqlalchemy", "tomli", "typing-extensions",
)  # fmt: skip
OPS = ("importlib-metadata", "ops", "opentelemetry-api", "pip", "pyyaml", "websocket-client", "zipp")


@pytest.fixture(scope="session")
def storekeeper(scratch: Path) -> Path:
    """The charm that keeps a sysname, packed with pgstore as a wheel."""
    return pack_with_pgstore(CHARMS / "storekeeper", scratch / "storekeeper", *PGSTORE, *OPS)
