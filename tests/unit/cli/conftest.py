"""A controller that answers from a table, on a real unix socket, and a way to run `juju` against it."""

from __future__ import annotations

import io
import json
import os
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jujubox.cli.__main__ import run


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message, self.code = message, code


@dataclass
class FakeController:
    """Answers `client.*` calls from `answers`: a value, a Refusal, or a function of the parameters."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        method = question["method"].removeprefix("client.")
        params = question["params"]
        self.calls.append((method, params))
        found = self.answers.get(method, Refusal(f"unknown method {method}"))
        if callable(found):
            found = found(**params)
        if isinstance(found, Refusal):
            return {"id": question["id"], "error": {"message": found.message, "code": found.code}}
        return {"id": question["id"], "result": found}


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass
class Juju:
    """The command, its controller and its environment."""

    controller: FakeController
    environment: dict[str, str]

    def __call__(self, *argv: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        code = run(argv, self.environment, out, err)
        return Ran(code, out.getvalue(), err.getvalue())

    def answers(self, **answers: Any) -> None:
        self.controller.answers.update(answers)

    @property
    def last(self) -> tuple[str, dict[str, Any]]:
        return self.controller.calls[-1]


def _handler(controller: FakeController) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                self.wfile.write(json.dumps(controller.answer(json.loads(line))).encode() + b"\n")

    return Handler


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local times are predictable."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "box"


@pytest.fixture
def juju(home: Path) -> Iterator[Juju]:
    home.mkdir()
    controller = FakeController()
    server = socketserver.ThreadingUnixStreamServer(str(home / "controller.sock"), _handler(controller))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
    yield Juju(controller, {"JUJUBOX_HOME": str(home), "JUJU_DATA": str(home / "data"), "HOME": str(home)})
    server.shutdown()
    server.server_close()


@pytest.fixture
def juju_program(juju: Juju, tmp_path: Path) -> str:
    """The path of a `juju` executable that talks to the fake controller."""
    program = tmp_path / "juju"
    variables = " ".join(f"{key}={value}" for key, value in juju.environment.items())
    root = Path(__file__).parents[3]
    program.write_text(f'#!/bin/sh\nexec env {variables} PYTHONPATH={root} {sys.executable} -m jujubox.cli "$@"\n')
    os.chmod(program, 0o755)
    return str(program)


Answer = Callable[..., Any]
