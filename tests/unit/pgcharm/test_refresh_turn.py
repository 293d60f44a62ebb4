"""The turn in etcd: who takes it, who does not; and the launcher, which keeps environments that are in use."""

from __future__ import annotations

import base64
import importlib.machinery
import importlib.util
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgcharm.adapters.etcd import EtcdEndpoint
from pgcharm.adapters.web import Credentials

KEY = "/charm/postgresql/turn"


@dataclass(frozen=True)
class Memory(EtcdEndpoint):
    """etcd's keys and leases, as its gateway answers for them."""

    keys: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """Value, lease and revision by key, value and key as the gateway writes them."""

    def call(self, path: str, body: Any = None, timeout: float = 3) -> Any:
        if path == "lease/grant":
            return {"ID": str(len(self.keys) + 100 + hash(str(body)) % 7)}
        if path == "lease/revoke":
            for key in [key for key, (_, lease, _) in self.keys.items() if lease == body["ID"]]:
                del self.keys[key]
            return {}
        assert path == "kv/txn"
        return self._transaction(body)

    def _transaction(self, body: Any) -> Any:
        (compare,) = body["compare"]
        value, lease, revision = self.keys.get(compare["key"], ("", "", 0))
        holds = revision == 0 if compare["target"] == "VERSION" else str(revision) == compare["mod_revision"]
        if holds:
            put = body["success"][0]["requestPut"]
            self.keys[put["key"]] = (put["value"], put["lease"], revision + 1)
            return {"succeeded": True}
        found = [{"value": value, "mod_revision": str(revision), "lease": lease}]
        return {"responses": [{"response_range": {"kvs": found}}]}


def etcd() -> Memory:
    return Memory("https://10.0.0.1:2379", Credentials("", "", ""))


def held(endpoint: Memory) -> list[str]:
    return [base64.b64decode(value).decode() for value, _, _ in endpoint.keys.values()]


def test_who_comes_first_has_it_and_nobody_else_until_it_is_given_back() -> None:
    endpoint = etcd()
    lease = endpoint.hold(KEY, "restart PostgreSQL", 20, "postgresql-1")
    assert held(endpoint) == ["postgresql-1 restart PostgreSQL"]
    assert endpoint.hold(KEY, "restart PostgreSQL", 20, "postgresql-2") == ""
    assert endpoint.hold(KEY, "restart PostgreSQL", 20, "postgresql-10") == ""
    endpoint.release(lease)
    assert endpoint.hold(KEY, "restart PostgreSQL", 20, "postgresql-2") != ""


def test_a_unit_that_was_cut_short_in_its_turn_takes_it_again() -> None:
    endpoint = etcd()
    endpoint.hold(KEY, "restart PostgreSQL", 20, "postgresql-1")
    assert endpoint.hold(KEY, "upgrade", 20, "postgresql-1") != ""
    assert held(endpoint) == ["postgresql-1 upgrade"]


def launcher() -> Any:
    loader = importlib.machinery.SourceFileLoader("launch", str(Path(__file__).parents[3] / "hooks" / "launch"))
    spec = importlib.util.spec_from_loader("launch", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_launcher_forgets_environments_but_not_those_in_use(tmp_path: Path) -> None:
    places = [tmp_path / f"venv-{name}" for name in ("used", "old", "current", "before", "new")]
    for when, place in enumerate(places):
        (place / "bin").mkdir(parents=True)
        os.utime(place, (when, when))
    (places[0] / "bin" / "sleep").symlink_to("/bin/sleep")
    os.utime(places[0], (0, 0))
    with subprocess.Popen([places[0] / "bin" / "sleep", "60"]) as patroni:
        while not Path(f"/proc/{patroni.pid}/cmdline").read_bytes():
            time.sleep(0.001)  # it runs already, and has no name yet
        launcher().forget_old(tmp_path, places[2])
        patroni.kill()
    assert sorted(place.name for place in tmp_path.iterdir()) == [
        "venv-before",
        "venv-current",
        "venv-new",
        "venv-used",
    ]
