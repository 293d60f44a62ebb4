"""How a migration says SQL: to the letter, without Alembic's looking for parameters in it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import DDL


def run(sql: str) -> None:
    """Put a script into the migration."""
    op.execute(DDL(sql.rstrip().rstrip(";").replace("%", "%%")))  # type: ignore[no-untyped-call]
