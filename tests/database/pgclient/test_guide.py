"""The pages about the client do what they say."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

from tests.database.pgclient.servers import Pair

DOCS = Path(__file__).parents[3] / "docs"


def blocks(page: Path, pair: Pair) -> list[str]:
    """The code, with this machine's servers in place of the guide's."""
    text = page.read_text(encoding="utf-8")
    hosts = ("127.0.0.1", pair.a.port, "127.0.0.1", pair.b.port)
    text = text.replace("10.1.0.10,10.1.0.11/", "{}:{},{}:{}/".format(*hosts))
    text = text.replace("host=10.1.0.10,10.1.0.11", "host={0},{2} port={1},{3}".format(*hosts))
    text = text.replace("host=10.1.0.10", f"host=127.0.0.1 port={pair.a.port}")
    text = text.replace("host=10.1.0.11", f"host=127.0.0.1 port={pair.b.port}")
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]


async def run(page: str, pair: Pair) -> dict[str, Any]:
    """All its code, in its order; the names that are there afterwards."""
    names: dict[str, Any] = {"__name__": __name__}
    path = DOCS / page
    for block in blocks(path, pair):
        code = compile(block, str(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        ran = eval(code, names)
        if inspect.isawaitable(ran):
            await ran
    return names


async def test_the_guide_works_as_it_stands(steady: Pair) -> None:
    names = await run("how-to/pgclient.md", steady)
    assert len(names["rows"]) == 10
    assert names["job"] == "17"
    assert names["total"] == 50005000
    assert names["first"].id == names["same"]["id"] == 1
    assert names["waiting"] == ["order 17"]
    assert names["fiftieth"] == (50,)
    assert await asyncio.to_thread(names["work_in_threads"]) == 10
    assert steady.a.sql("DELETE FROM numbers WHERE n >= 1000 RETURNING n")


async def test_the_page_about_frameworks_works_as_it_stands(steady: Pair) -> None:
    names = await run("how-to/pgclient-fitting-in.md", steady)
    assert names["count"] == names["total"] == 10
    assert names["row"]["amount"] > 0
    assert await asyncio.to_thread(names["in_threads"]) == 10


async def test_the_tutorials_writer_writes(steady: Pair) -> None:
    names = await run("tutorial/pgclient.md", steady)
    steady.a.sql("GRANT ALL ON SCHEMA public TO app")
    try:
        assert await names["main"](0.5) >= 1
    finally:
        steady.a.sql("DROP TABLE IF EXISTS visits; REVOKE ALL ON SCHEMA public FROM app")
