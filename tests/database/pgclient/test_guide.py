"""The guide in docs/how-to/pgclient.md does what it says."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

from tests.database.pgclient.servers import Pair

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "pgclient.md"


def blocks(pair: Pair) -> list[str]:
    """The code, with this machine's servers in place of the guide's."""
    text = GUIDE.read_text(encoding="utf-8")
    text = text.replace("10.1.0.10,10.1.0.11/", f"127.0.0.1:{pair.a.port},127.0.0.1:{pair.b.port}/")
    text = text.replace("host=10.1.0.10", f"host=127.0.0.1 port={pair.a.port}")
    text = text.replace("host=10.1.0.11", f"host=127.0.0.1 port={pair.b.port}")
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]


async def test_the_guide_works_as_it_stands(steady: Pair) -> None:
    names: dict[str, Any] = {}
    for block in blocks(steady):
        code = compile(block, str(GUIDE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        ran = eval(code, names)
        if inspect.isawaitable(ran):
            await ran
    assert len(names["rows"]) == 10
    assert names["job"] == "17"
    assert names["total"] == 50005000
    assert await asyncio.to_thread(names["work_in_threads"]) == 10
    assert steady.a.sql("DELETE FROM numbers WHERE n >= 1000 RETURNING n")
