"""The SQL that takes a database or a store from one version to the newest: written by Alembic, run by somebody else.

Alembic works without a connection here (its offline mode): it puts the migrations in order and writes the script,
its own version table included, which the schema user then runs in one transaction through pgclient.

Knows: Alembic. Must not know: connections, or which version a database has.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgstore.errors import Inconsistent

if TYPE_CHECKING:  # whoever only reads and writes should not wait for Alembic's import
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_HERE = Path(__file__).parent / "migrations"
DATABASE = "database"
STORE = "store"
DATABASE_VERSION_TABLE = "pgstore_version"


@lru_cache(maxsize=4)
def _scripts(line: str) -> tuple[Config, ScriptDirectory]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_HERE / line))
    return config, ScriptDirectory.from_config(config)


def newest(line: str) -> str:
    """The version that this library works with."""
    head = _scripts(line)[1].get_current_head()
    assert head is not None
    return head


def is_behind(line: str, version: str | None) -> bool:
    """Whether migrations are missing; raises `Inconsistent` for a version from the future."""
    known = {script.revision for script in _scripts(line)[1].walk_revisions()}
    if version is not None and version not in known:
        raise Inconsistent(
            f"cannot use the {line}: it has version {version} (expected {newest(line)} at most)\n"
            "hint: it was made by a newer pgstore; install that"
        )
    return version != newest(line)


def script(line: str, version: str | None, versions: str, **arguments: Any) -> str:
    """SQL from `version` (None: nothing is there) to the newest; `versions` is the version table."""
    from alembic.runtime.environment import EnvironmentContext

    config, scripts = _scripts(line)
    written = io.StringIO()

    def steps(_from: Any, _context: Any) -> Any:
        return scripts._upgrade_revs("head", version or "base")

    environment = EnvironmentContext(config, scripts, fn=steps, as_sql=True, starting_rev=version)
    with environment:
        environment.configure(
            dialect_name="postgresql",
            output_buffer=written,
            version_table=versions,
            transactional_ddl=False,
            dialect_opts={"paramstyle": "named"},
        )
        environment.run_migrations(**arguments)
    return written.getvalue()
