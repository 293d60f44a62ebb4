"""A context over a controller that answers from a table, and one call of a hook tool as a charm makes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jujubox.agent.context.action import ActionRun
from jujubox.agent.context.calls import UnitCalls
from jujubox.agent.context.context import Context
from jujubox.agent.context.relations import ContextRelation, MemberCache, Relations
from jujubox.agent.state import Hook
from jujubox.hooktools.registry import tools_of
from jujubox.hooktools.tool import Answer, StdinWanted, answer
from jujubox.protocol import HookChanges, StorageView, UnitFacts
from jujubox.wire import CallError

FACTS = UnitFacts("m", "uuid-1", "4.0.15", "4.0", "0", "", "", ("10.0.0.1:17070",), "", False)
DB = ContextRelation(1, "db", "mysql", False, ("mysql/0", "mysql/1"), False)
DB2 = ContextRelation(3, "db", "pgsql", False, ("pgsql/0",), False)
ENDED = ContextRelation(5, "db", "old", False, (), True)
PEERS = ContextRelation(2, "peers", "u", True, ("u/1",), False)


@dataclass
class Desk:
    """Unit `u/0` in relations db:1, peers:2 and db:3; the hook's relation is given, or none."""

    relation: ContextRelation | None = None
    remote_unit: str = ""
    leader: bool = True
    action: ActionRun | None = None
    hook: Hook | None = None
    directory: Path = Path("/")
    storage: tuple[StorageView, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    logged: list[tuple[str, str]] = field(default_factory=list)
    cache: MemberCache = field(default_factory=MemberCache)

    def __post_init__(self) -> None:
        calls = UnitCalls(self._answer, "u/0")
        self.context = Context(
            id="u/0-x-1",
            facts=FACTS,
            calls=calls,
            log=lambda level, message, module="": self.logged.append((level, message)),
            resources=self.directory / "resources",
            hook_name="x",
            relations=Relations(calls, (DB, PEERS, DB2, ENDED), self.cache),
            hook=self.hook,
            relation=self.relation,
            remote_unit=self.remote_unit,
            remote_application=self.relation.remote_application if self.relation is not None else "",
            storage=self.storage,
            action=self.action,
        )

    async def _answer(self, method: str, **params: Any) -> Any:
        self.asked.append((method, params))
        if method == "unit.is_leader":
            return self.leader
        found = self.answers.get(method)
        if isinstance(found, CallError):
            raise found
        return found(**params) if isinstance(found, Callable) else found  # type: ignore[arg-type]

    def call(self, tool: str, *argv: str, stdin: bytes | None = None, personality: str = "4.0") -> Answer:
        async def run() -> Answer:
            found = tools_of(personality)[tool]
            try:
                return await answer(found, self.context, argv, self.directory, None)
            except StdinWanted:
                return await answer(found, self.context, argv, self.directory, stdin or b"")

        return asyncio.run(run())

    def printed(self, tool: str, *argv: str, **options: Any) -> str:
        """What a call that succeeds prints."""
        found = self.call(tool, *argv, **options)
        assert (found.code, found.stderr) == (0, ""), found
        return found.stdout

    def loaded(self, tool: str, *argv: str) -> Any:
        """What a call prints as JSON."""
        return json.loads(self.printed(tool, *argv, "--format", "json"))

    def refused(self, tool: str, *argv: str, **options: Any) -> tuple[int, str]:
        """Exit code and message of a call that fails."""
        found = self.call(tool, *argv, **options)
        assert found.code != 0, found
        assert found.stdout == ""
        return found.code, found.stderr.removeprefix("ERROR ").removesuffix("\n")

    def changes(self) -> HookChanges:
        return asyncio.run(self.context.changes())

    def asked_of(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in self.asked if name == method]
