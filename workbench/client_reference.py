"""docs/reference/pgclient.md, from the docstrings of pgclient's public names.

Knows: signatures, docstrings, and how a page looks.
Must not know: what anything does.

`python -m workbench.client_reference` writes the page; a test compares it with the code.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pgclient
from workbench.reference import PAGES

PAGE = PAGES / "pgclient.md"
MODULES = ("rows", "types", "tracing", "metrics", "web", "sqlalchemy", "momoko")
FIRST = ("Cluster", "Transaction", "BlockingCluster", "Options", "Route", "Wanted", "Listening", "Note", "Gap")


def page() -> str:
    """The whole page."""
    lines = [
        "# pgclient",
        "",
        "<!-- Made by `python -m workbench.client_reference`; change the docstrings instead. -->",
        "",
    ]
    lines += [_text(pgclient), ""]
    names = [*FIRST, *(name for name in pgclient.__all__ if name not in FIRST)]
    for name in names:
        lines += _entry(name, getattr(pgclient, name))
    for name in MODULES:
        module = importlib.import_module(f"pgclient.{name}")
        lines += [f"## pgclient.{name}", "", _text(module), ""]
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str, thing: Any) -> list[str]:
    lines = [f"## {name}", "", f"    {_signature(name, thing)}", "", _text(thing), ""]
    if dataclasses.is_dataclass(thing) or (inspect.isclass(thing) and issubclass(thing, (Enum, tuple))):
        lines[2] = f"    {name}"
        lines += _fields(thing)  # type: ignore[arg-type]
    if inspect.isclass(thing):
        for member, function in _methods(thing):
            text = _text(function)
            lines += [f"- `{_signature(member, function)}`" + (f"  \n  {_joined(text)}" if text else "")]
        if lines[-1]:
            lines.append("")
    return lines


def _methods(thing: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(thing).items():
        function = getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function) and not issubclass(thing, tuple):
            yield name, function


def _signature(name: str, thing: Any) -> str:
    """Without the types, which the code and its py.typed have."""
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return name
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return name
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters if one.name != "self"]
    text = name + str(inspect.Signature(bare))
    text = re.sub(r"<function (\w+?)(?:_row)? at 0x[0-9a-f]+>", r"\1", text)
    return re.sub(r"<Wanted\.(\w+)[^>]*>|<factory>", lambda found: found[1] or "...", text)


def _fields(thing: type) -> Iterator[str]:
    """The fields of a dataclass with the words below them, which only the source has."""
    body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    assert isinstance(body, ast.ClassDef)
    for one, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(one, (ast.AnnAssign, ast.Assign)):
            said = after.value if isinstance(after, ast.Expr) else None
            words = inspect.cleandoc(str(said.value)) if isinstance(said, ast.Constant) else ""
            yield f"- `{ast.unparse(one)}`" + (f"  \n  {_joined(words)}" if words else "")


def _text(thing: Any) -> str:
    """The docstring without what is said to those who work on the module."""
    text = inspect.getdoc(thing) or ""
    if text.startswith(f"{getattr(thing, '__name__', '')}("):
        return ""  # a dataclass without words of its own
    return re.sub(r"\n*(?:Needs[^.]*\. )?(?<!\w)Knows:.*", "", text, flags=re.DOTALL).strip()


def _joined(text: str) -> str:
    return text.replace("\n", "\n  ")


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
