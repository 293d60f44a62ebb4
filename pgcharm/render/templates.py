"""Jinja templates of the charm's templates/ directory, one for each rendered file.

Knows: where templates are and how strictly they are read: a name that a template uses and nobody gave is an error.
Must not know: what goes into them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).resolve().parent.parent.parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    """The text of a template, e.g. `render("pg_ident.conf.j2", application="postgresql")`."""
    return _environment().get_template(template).render(**values)
