"""A system on disk: a directory a store, numbered files of JSON lines in it, and a note of how far it came.

    dump/resources/store.json                profile, reference system
    dump/resources/resource-000001.jsonl     {"id": ..., "rev": ..., "doc": {...}} a line
    dump/resources/history-000001.jsonl      what updates replaced
    dump/resources/queries.json              stored queries
    dump/resources/attachments/<digest>      contents; beside it, <digest>.json, whose they are, and at which revision
    dump/resources/progress.json             {"resource": ["last id"], "resource files": 1}: where a later call goes on

Others may write meanwhile. What points at documents is written before them, so that whatever it points at is there when
it is loaded; histories are written after them, and loaded as far as they are older than the documents.

Knows: the files. Must not know: how documents are read or kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgclient import Transaction
from pgstore.documents import Kind
from pgstore.errors import BadRequest
from pgstore.faces.attachments import fill
from pgstore.faces.documents import ORDER
from pgstore.rows import array, as_arrays, as_row
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.sql import dumping, writing
from pgstore.sql.attaching import attaching
from pgstore.sql.sentences import Sentence
from pgstore.store import Store

Progress = Callable[[str, int], None]
"""Called with the store and the number of documents so far."""
BATCH = 2000
_DONE = "progress.json"
_STORE = "store.json"
_QUERIES = "queries.json"
_HISTORY = "history"


@dataclass(frozen=True)
class Described:
    """A store on disk."""

    path: Path
    shape: StoreShape


def is_finished(directory: Path, name: str) -> bool:
    """Whether a whole dump of this store is there."""
    return bool(_noted(directory / name).get("finished"))


async def dump_store(store: Store, directory: Path, tell: Progress) -> int:
    """Write a store, or what is missing of it; the number of documents written now."""
    shape, path = store._backing.shape, directory / store._backing.shape.name
    if is_finished(directory, shape.name):
        return 0
    path.mkdir(parents=True, exist_ok=True)
    _write(path / _STORE, {"profile": shape.profile.value, "srid": shape.srid, "search": shape.search})
    count = 0
    for kind in reversed(ORDER) if shape.profile.has_resources else ORDER[:1]:
        async for written in _write_pages(store, path, kind.value, dumping.page(shape, kind), ("id",)):
            count += written
            tell(shape.name, count)
    if shape.profile.has_history:
        async for _ in _write_pages(store, path, _HISTORY, dumping.history_page(shape), dumping.HISTORY_KEY):
            tell(shape.name, count)
    if shape.profile.has_attachments:
        await _dump_attachments(store, path, tell, count)
    _write(path / _QUERIES, [vars(query) for query in await store.list_queries()])
    _write(path / _DONE, {**_noted(path), "finished": True})
    return count


async def _write_pages(store: Store, path: Path, what: str, said: Sentence, key: Sequence[str]) -> AsyncIterator[int]:
    """A file a page, after the last one that is noted; how many lines each has."""
    while True:
        noted = _noted(path)
        after = noted.get(what, [""] * len(key))
        places = {
            f"after_{name}": place or (0 if name == "rev" else "") for name, place in zip(key, after, strict=True)
        }
        rows = await store._backing.door.fetch(said, page=BATCH, **places)
        if not rows:
            return
        number = int(noted.get(f"{what} files", 0)) + 1
        _write_lines(path / f"{what}-{number:06}.jsonl", [row[-1] for row in rows])
        _write(path / _DONE, {**noted, what: list(rows[-1][:-1]), f"{what} files": number})
        yield len(rows)


async def _dump_attachments(store: Any, path: Path, tell: Progress, count: int) -> None:
    """Two files each, the note of whose it is being the second; those that are there are left."""
    (path / "attachments").mkdir(exist_ok=True)
    door, said = store._backing.door, dumping.attachments_page(store._backing.shape)
    after = ("", "")
    while rows := await door.fetch(said, page=BATCH, after_docid=after[0], after_name=after[1]):
        for id_, name in rows:
            data = path / "attachments" / hashlib.sha256(f"{id_}\0{name}".encode()).hexdigest()
            if not data.with_suffix(".json").exists():
                await _dump_attachment(store, id_, name, data)
            tell(store._backing.shape.name, count)
        after = rows[-1]


async def _dump_attachment(store: Any, id_: str, name: str, target: Path) -> None:
    """As it is at one moment; nothing if it has gone meanwhile."""
    shape = store._backing.shape
    about, pieces = dumping.attachment(shape), attaching(shape).pieces
    async with store._backing.door.snapshot() as tx:
        found = await tx.fetch_one(about.text, about.with_(docid=id_, name=name))
        if found is None:
            return
        with target.open("wb") as file:
            async for row in tx.stream(pieces.text, pieces.with_(docid=id_, name=name), batch=4):
                file.write(row[0])
    note = {"id": id_, "name": name, "content_type": found[0], "rev": found[1], "ts_updated": found[2]}
    _write(target.with_suffix(".json"), note)


def described(directory: Path) -> list[Described]:
    """The stores in a dump."""
    found = []
    for path in sorted(directory.glob(f"*/{_STORE}")):
        about = json.loads(path.read_text(encoding="utf-8"))
        shape = StoreShape(path.parent.name, Profile(about["profile"]), about["srid"], about["search"])
        found.append(Described(path.parent, shape))
    if not found:
        raise BadRequest(f"cannot load {directory}: there is no store in it (expected what a dump wrote)")
    return found


async def load_store(store: Any, path: Path, tell: Progress) -> int:
    """Read a store back. Ids that exist are passed over, so that an interrupted load can be begun again."""
    count = 0
    for kind in ORDER:
        for file in sorted(path.glob(f"{kind.value}-*.jsonl")):
            lines = list(_lines(file))
            await _keep(store, kind, lines)
            count += len(lines)
            tell(store._backing.shape.name, count)
    for file in sorted(path.glob(f"{_HISTORY}-*.jsonl")):
        await _keep_history(store, list(_lines(file)))
        tell(store._backing.shape.name, count)
    for note in sorted((path / "attachments").glob("*.json")):
        await _load_attachment(store, json.loads(note.read_text(encoding="utf-8")), note.with_suffix(""))
    await _load_queries(store, path / _QUERIES)
    return count


async def _load_attachment(store: Any, about: dict[str, Any], contents: Path) -> None:
    """At the revision that it had. One that exists is passed over, and one whose document is not in the dump."""
    shape = store._backing.shape
    said = dumping.keep_attachment(shape)
    given = {"rev": about.get("rev", 1), "content_type": about["content_type"], "ts_updated": about.get("ts_updated")}

    async def work(tx: Transaction) -> None:
        if await tx.fetch(said.text, said.with_(docid=about["id"], name=about["name"], **given)):
            with contents.open("rb") as file:
                await fill(tx, attaching(shape), about["id"], about["name"], file)

    await store._backing.door.run(work)


async def _load_queries(store: Any, path: Path) -> None:
    known = {query.name for query in await store.list_queries()}
    for query in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        if query["name"] not in known:
            await store.save_query(query["name"], query["query"], query["parameters"], query["description"])


async def _keep(store: Any, kind: Kind, lines: list[dict[str, Any]]) -> None:
    backing = store._backing
    if backing.shape.profile is Profile.STATE:
        said = dumping.keep_states(backing.shape)
        arrays = dumping.state_arrays(lines)
    else:
        rules, srid = backing.rules_for(kind), backing.shape.srid
        rows = [
            as_row(line["doc"], line["id"], rules, srid=srid, rev=line["rev"], deleted_at=line.get("deleted_at"))
            for line in lines
        ]
        said = writing.create(backing.shape, kind, keep=True)
        arrays = as_arrays(rows, (*writing.columns(backing.shape, kind), "rev", "deleted_at"))
        for name in ("ts_created", "ts_updated"):
            arrays[f"{name}_"] = array(line[name] for line in lines)
    await _execute(store, said, arrays)


async def _keep_history(store: Any, lines: list[dict[str, Any]]) -> None:
    for kind in ORDER:
        if mine := [line for line in lines if line["kind"] == kind.value]:
            await _execute(store, dumping.keep_history(store._backing.shape, kind), dumping.history_arrays(mine))


async def _execute(store: Any, said: Sentence, arrays: dict[str, str]) -> None:
    async def work(tx: Transaction) -> None:
        await tx.execute(said.text, said.with_(**arrays))

    await store._backing.door.run(work)


def _noted(path: Path) -> dict[str, Any]:
    noted: dict[str, Any] = json.loads((path / _DONE).read_text(encoding="utf-8")) if (path / _DONE).exists() else {}
    return noted


def _write(path: Path, value: Any) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value) + "\n", encoding="utf-8")
    part.replace(path)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    part = path.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(path)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
