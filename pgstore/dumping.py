"""A system on disk: a directory a store, numbered files of JSON lines in it, and a note of how far it came.

    dump/resources/store.json              profile, reference system
    dump/resources/resource-000001.jsonl   {"id": ..., "rev": ..., "doc": {...}} a line
    dump/resources/attachments/<id in base64>.jsonl
    dump/resources/progress.json           {"resource": last id, "resource files": 1}: what a later call goes on from

Knows: the files. Must not know: how documents are read or kept.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgclient import Transaction
from pgstore.documents import Kind
from pgstore.errors import BadRequest
from pgstore.faces.documents import ORDER
from pgstore.rows import array, as_arrays, as_row
from pgstore.schema.profiles import Profile, StoreShape
from pgstore.sql import dumping, writing
from pgstore.store import Store

Progress = Callable[[str, int], None]
"""Called with the store and the number of documents so far."""
BATCH = 2000
_DONE = "progress.json"
_STORE = "store.json"


@dataclass(frozen=True)
class Described:
    """A store on disk."""

    path: Path
    shape: StoreShape


async def dump_store(store: Store, directory: Path, tell: Progress) -> int:
    """Write a store, or what is missing of it; the number of documents written now."""
    shape, path = store._backing.shape, directory / store._backing.shape.name
    path.mkdir(parents=True, exist_ok=True)
    about = {"profile": shape.profile.value, "srid": shape.srid, "search": shape.search}
    _write(path / _STORE, about)
    count = 0
    for kind in ORDER if shape.profile.has_resources else ORDER[:1]:
        async for lines, last in _documents(store, kind, _noted(path).get(kind.value, "")):
            noted = _noted(path)
            number = int(noted.get(f"{kind.value} files", 0)) + 1
            _write_lines(path / f"{kind.value}-{number:06}.jsonl", lines)
            _write(path / _DONE, {**noted, kind.value: last, f"{kind.value} files": number})
            count += len(lines)
            tell(shape.name, count)
    if shape.profile.has_attachments:
        await _dump_attachments(store, path)
    return count


async def _documents(store: Store, kind: Kind, after: str) -> AsyncIterator[tuple[list[dict[str, Any]], str]]:
    said = dumping.page(store._backing.shape, kind)
    while rows := await store._backing.door.fetch(said, after=after, page=BATCH):
        after = rows[-1][0]
        yield [_line(row) for row in rows], after


def _line(row: Sequence[Any]) -> dict[str, Any]:
    id_, rev, doc, created, updated, deleted, codec, state = row
    line = {"id": id_, "rev": rev, "doc": doc, "created": created.isoformat(), "updated": updated.isoformat()}
    if deleted:
        line["deleted"] = deleted.isoformat()
    if codec:
        line |= {"codec": codec, "state": None if state is None else base64.b64encode(state).decode()}
    return line


async def _dump_attachments(store: Any, path: Path) -> None:
    """One file a document that has any; those that are there are left."""
    (path / "attachments").mkdir(exist_ok=True)
    for (id_,) in await store._backing.door.fetch(dumping.holders(store._backing.shape)):
        target = path / "attachments" / f"{base64.urlsafe_b64encode(id_.encode()).decode()}.jsonl"
        if target.exists():
            continue
        kept = []
        for about in await store.list_attachments(id_):
            data = base64.b64encode(await store.read_attachment(id_, about.name)).decode()
            kept.append({"id": id_, "name": about.name, "content_type": about.content_type, "data": data})
        _write_lines(target, kept)


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
    for file in sorted((path / "attachments").glob("*.jsonl")):
        for line in _lines(file):
            if line["name"] not in {one.name for one in await store.list_attachments(line["id"])}:
                data = base64.b64decode(line["data"])
                await store.create_attachment(line["id"], line["name"], data, line["content_type"])
    return count


async def _keep(store: Any, kind: Kind, lines: list[dict[str, Any]]) -> None:
    backing = store._backing
    if backing.shape.profile is Profile.STATE:
        said = dumping.keep_states(backing.shape)
        arrays = dumping.state_arrays(lines)
    else:
        rules, srid = backing.rules_for(kind), backing.shape.srid
        rows = [
            as_row(line["doc"], line["id"], rules, srid=srid, rev=line["rev"], deleted_at=line.get("deleted"))
            for line in lines
        ]
        said = writing.create(backing.shape, kind, keep=True)
        arrays = as_arrays(rows, (*writing.columns(backing.shape, kind), "rev", "deleted_at"))
        for name, key in (("ts_created_", "created"), ("ts_updated_", "updated")):
            arrays[name] = array(line[key] for line in lines)

    async def work(tx: Transaction) -> None:
        await tx.execute(said.text, said.with_(**arrays))

    await backing.door.run(work)


def _noted(path: Path) -> dict[str, Any]:
    noted: dict[str, Any] = json.loads((path / _DONE).read_text(encoding="utf-8")) if (path / _DONE).exists() else {}
    return noted


def _write(path: Path, value: Any) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value) + "\n", encoding="utf-8")
    part.replace(path)


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.replace(path)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
