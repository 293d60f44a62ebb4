"""The tutorial and the guide do what they say."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

from tests.database.pgstore.conftest import Place

DOCS = Path(__file__).parents[3] / "docs"


async def follow(page: Path, place: Place, names: dict[str, Any]) -> None:
    """Run the code of a page, with this machine's servers in place of its own."""
    text = page.read_text(encoding="utf-8")
    text = text.replace("10.1.0.10,10.1.0.11/", f"127.0.0.1:{place.pair.a.port},127.0.0.1:{place.pair.b.port}/")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        code = compile(block, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        ran = eval(code, names)
        if inspect.isawaitable(ran):
            await ran


async def test_the_tutorial_works_as_it_stands(demo: Place) -> None:
    names: dict[str, Any] = {}
    await follow(DOCS / "tutorial" / "pgstore.md", demo, names)
    assert [each["name"] for each in names["found"]] == ["Lighthouse"]
    assert [each["name"] for each in names["buoys"]] == ["Lighthouse"]
    await names["system"].close()


async def test_the_guide_works_as_it_stands(demo: Place) -> None:
    async with demo.system("demo") as system:
        names: dict[str, Any] = {"system": system, "settings": demo.settings()}
        await follow(DOCS / "how-to" / "pgstore.md", demo, names)
        assert names["report"].is_well
        assert names["count"] == 491
        assert names["picture"] == (DOCS / "how-to" / "pgstore-towns.svg").read_text(encoding="utf-8")
        assert await asyncio.to_thread(names["work_in_threads"]) == -8
