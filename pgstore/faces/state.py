"""States: what a process wants to find again after it was restarted.

Knows: codecs. Must not know: what a state means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pgclient import Transaction
from pgstore.documents import LARGEST, check_id, encode
from pgstore.errors import BadRequest, Conflict, NotFound
from pgstore.faces.documents import Documents
from pgstore.sql.keeping import keeping


@dataclass(frozen=True)
class Kept:
    """A state as it was read or put: hand it to the next `put_state`, and nobody else's is overwritten."""

    key: str
    rev: str
    at: datetime | None = None


class States(Documents):
    """Values under keys: JSON, or with `codec="msgpack"` whatever msgpack can hold (bytes, too)."""

    async def put_state(self, key: str, state: Any, prior: Kept | None = None, *, codec: str = "json") -> Kept:
        """Keep a state. With `prior` only if it is still the one that is there; raises `Conflict` otherwise."""
        id_, said = check_id(key), keeping(self._backing.shape)
        doc, packed = _pack(id_, state, codec)
        expected = None if prior is None else int(prior.rev)
        given = said.put.with_(key=id_, doc=doc, codec=codec, state=packed, expected=expected)

        async def work(tx: Transaction) -> int:
            rev = await tx.fetch_value(said.put.text, given)
            if rev is None:
                raise Conflict(f"cannot put the state of {id_}: it is not revision {expected} any more", [id_])
            return int(rev)

        return Kept(id_, str(await self._backing.door.run(work)))

    async def get_state(self, key: str) -> tuple[Any, Kept]:
        """The state, and what `put_state` wants to have as `prior`; raises `NotFound`."""
        id_ = check_id(key)
        rows = await self._backing.door.fetch(keeping(self._backing.shape).get, key=id_)
        if not rows:
            raise NotFound(f"cannot get the state of {id_}: {self._backing.name} has none", [id_])
        rev, doc, codec, packed, at = rows[0]
        return _unpack(id_, doc, codec, packed), Kept(id_, str(rev), at)

    async def delete_state(self, key: str) -> None:
        """Forget a state; raises `NotFound`."""
        id_, said = check_id(key), keeping(self._backing.shape).forget

        async def work(tx: Transaction) -> None:
            if not await tx.fetch(said.text, said.with_(key=id_)):
                raise NotFound(f"cannot delete the state of {id_}: {self._backing.name} has none", [id_])

        await self._backing.door.run(work)


def _pack(key: str, state: Any, codec: str) -> tuple[str, bytes | None]:
    if codec == "json":
        return encode({"name": key, "state": state}), None
    packed: bytes = _msgpack(codec).packb(state)
    if len(packed) > LARGEST:
        raise BadRequest(f"cannot put the state of {key}: {len(packed)} bytes (expected {LARGEST} at most)")
    return "{}", packed


def _unpack(key: str, doc: Any, codec: str | None, packed: bytes | None) -> Any:
    if packed is None:
        return doc.get("state")
    return _msgpack(codec or key).unpackb(packed, strict_map_key=False)


def _msgpack(codec: str) -> Any:
    if codec != "msgpack":
        raise BadRequest(f"cannot use codec {codec!r:.40} (expected json or msgpack)")
    try:
        import msgpack  # type: ignore[import-untyped]
    except ImportError:
        raise BadRequest("cannot use codec msgpack: it is not installed (hint: install the extra msgpack)") from None
    return msgpack
