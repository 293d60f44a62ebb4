"""The observer leads the pooler: in which order the file is written and the pooler is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pgcharm.adapters import bouncer
from pgcharm.adapters.bouncer import Bouncer, BouncerError
from pgcharm.adapters.etcd_line import Entry, EtcdLine
from pgcharm.adapters.web import Credentials
from pgcharm.watch.follow import Follower
from pgcharm.watch.leading import Course


@dataclass
class Etcd:
    """What etcd shows, and what was written there."""

    leader: str = "db-0"
    asked: str = ""
    written: dict[str, str] = field(default_factory=dict)

    def read(self, *_: str) -> Mapping[str, Entry]:
        members = {f"db-{n}": json.dumps({"conn_url": f"postgres://10.0.0.{n}:5432/postgres"}) for n in range(2)}
        found = {f"/service/db/members/{name}": Entry(text) for name, text in members.items()}
        found |= {"/service/db/leader": Entry(self.leader)} if self.leader else {}
        return found | ({"/charm/db/hold": Entry("db-0 hands over", self.asked)} if self.asked else {})

    def put(self, key: str, value: str, lease: str) -> None:
        self.written[key] = lease


@dataclass
class Pooler:
    """What the pooler was told, and what its file said then."""

    target: Path
    told: list[str] = field(default_factory=list)
    at_work: int = 0

    def busy(self) -> int:
        return self.at_work

    def pause(self) -> None:
        self.told.append("pause")

    def reload(self) -> None:
        self.told.append("reload " + self.target.read_text().split("host=")[1].split()[0])

    def resume(self) -> None:
        self.told.append("resume")


class Following(Follower):
    """A follower whose primaries say at once that they are."""

    def is_primary(self, host: str) -> bool:
        return True


def following(place: Path) -> tuple[Follower, Etcd, Pooler]:
    (place / "databases").write_text("shop\n")
    etcd, pooler = Etcd(), Pooler(place / "target.ini")
    parts: tuple[Any, ...] = (cast(EtcdLine, etcd), Credentials("", "", ""), cast(Bouncer, pooler))
    return Following("db", "db-1", *parts, str(place / "databases"), str(pooler.target)), etcd, pooler


def test_it_is_led_to_the_new_primary_before_clients_go_on(tmp_path: Path) -> None:
    follower, etcd, pooler = following(tmp_path)
    now = follower.once(Course(held=True))
    assert (now, pooler.told) == (Course("db-0"), ["reload 10.0.0.0", "resume"])
    assert pooler.target.read_text().endswith("[databases]\nshop = host=10.0.0.0 port=5432\n")
    pooler.told.clear()
    etcd.leader = ""
    now = follower.once(now)
    etcd.leader = "db-1"
    assert follower.once(now) == Course("db-1")
    assert pooler.told == ["pause", "reload 10.0.0.1", "resume"]


def test_it_answers_who_asks_once_no_transaction_is_under_way(tmp_path: Path) -> None:
    follower, etcd, pooler = following(tmp_path)
    now = follower.once(Course("db-0"))
    etcd.asked, pooler.at_work = "lease", 1
    now = follower.once(now)
    assert (pooler.told[-1], etcd.written) == ("pause", {})
    pooler.at_work = 0
    follower.once(now)
    assert etcd.written == {"/charm/db/held/db-1": "lease"}


def test_a_database_more_is_led_without_holding_anybody(tmp_path: Path) -> None:
    follower, _, pooler = following(tmp_path)
    now = follower.once(Course("db-0"))
    pooler.told.clear()
    (tmp_path / "databases").write_text("shop\nwiki\n")
    follower.once(now)
    follower.once(now)
    assert pooler.told == ["reload 10.0.0.0"]


def test_no_signal_goes_to_a_pooler_whose_console_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(bouncer, "main_process", lambda _: 1)
    monkeypatch.setattr(bouncer, "os", SimpleNamespace(kill=lambda process, _: sent.append(process)))
    for tell in (Bouncer.pause, Bouncer.resume, Bouncer.reload):
        with pytest.raises(BouncerError, match=r"postgresql-pooler\.service does not answer"):
            tell(Bouncer("postgresql-pooler.service", str(tmp_path), 6432))
    assert sent == []
