"""etcd 3 through its HTTP gateway.

Knows: members, status, keys. Must not know: which member ought to exist.
The gateway writes 64-bit numbers as text and bytes in base64. Its path is /v3 since etcd 3.4, /v3beta in 3.3.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pgcharm.adapters.web import Credentials, WebError, ask
from pgcharm.observation import EtcdMember


class EtcdError(RuntimeError):
    """etcd refused. The text is its own."""

    @property
    def not_caught_up(self) -> bool:
        """Whether the refusal is that a learner has not everything yet."""
        return "in sync with leader" in str(self)

    @property
    def another_learns(self) -> bool:
        """Whether the refusal is that another member is being added."""
        return "too many learner members" in str(self)


@dataclass(frozen=True)
class EtcdEndpoint:
    """One member's client address, e.g. `https://10.0.0.2:2379`."""

    url: str
    credentials: Credentials

    def call(self, path: str, body: Any = None, timeout: float = 3) -> Any:
        """An answer of the gateway. Raises WebError where nobody answers, EtcdError for a refusal."""
        try:
            return ask("POST", f"{self.url}/v3/{path}", self.credentials, body or {}, timeout)
        except WebError as error:
            if error.status == 404 and path.startswith(("cluster", "kv", "lease", "maintenance")):
                return ask("POST", f"{self.url}/v3beta/{path}", self.credentials, body or {}, timeout)
            if error.status:
                raise EtcdError(error.body or str(error)) from error
            raise

    def status(self) -> dict[str, Any]:
        """A member answers this at once, or never."""
        return dict(self.call("maintenance/status", timeout=2))

    def members(self) -> tuple[EtcdMember, ...]:
        found = self.call("cluster/member/list")
        return tuple(_member(member) for member in found.get("members", ()))

    def known_members(self) -> tuple[EtcdMember, ...]:
        """The members as this one has them, from the address where the others reach it: it answers there at once."""
        found = ask("GET", f"{self.url}/members", self.credentials)
        return tuple(_member({**member, "ID": member["id"]}) for member in found)

    def get(self, prefix: str, serializable: bool = False) -> dict[str, str]:
        """Keys below a prefix, read with a quorum; or, serializable, as this member has them, which may be stale."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        body = {"key": _coded(prefix), "range_end": _coded(end), "serializable": serializable}
        found = self.call("kv/range", body)
        return {_plain(pair["key"]): _plain(pair.get("value", "")) for pair in found.get("kvs", ())}

    def hold(self, key: str, value: str, ttl: int, taker: str) -> str:
        """Write a key that goes with its lease, where there is none or where it is `taker`'s own; the lease, or "".

        A value begins with its taker's name and a space; what one holder wrote another never overwrites.
        """
        lease = str(self.call("lease/grant", {"TTL": ttl})["ID"])
        put = {"requestPut": {"key": _coded(key), "value": _coded(f"{taker} {value}"), "lease": lease}}
        absent = {"key": _coded(key), "target": "VERSION", "result": "EQUAL", "version": "0"}
        found = self.call("kv/txn", {"compare": [absent], "success": [put], "failure": [_range(key)]})
        if not found.get("succeeded") and (pairs := found["responses"][0]["response_range"].get("kvs")):
            seen = pairs[0]
            mine = _plain(seen.get("value", "")).split(" ")[0] == taker
            same = {"key": _coded(key), "target": "MOD", "result": "EQUAL", "mod_revision": seen["mod_revision"]}
            found = self.call("kv/txn", {"compare": [same], "success": [put]}) if mine else {}
        if found.get("succeeded"):
            return lease
        self.release(lease)
        return ""

    def put(self, key: str, value: str) -> None:
        self.call("kv/put", {"key": _coded(key), "value": _coded(value)})

    def replace(self, gone: Iterable[str], key: str, value: str) -> None:
        """Delete keys and write another, all of it or nothing."""
        deletes = [{"requestDeleteRange": {"key": _coded(each)}} for each in gone]
        put = {"requestPut": {"key": _coded(key), "value": _coded(value)}}
        self.call("kv/txn", {"success": [*deletes, put]})

    def delete(self, key: str) -> None:
        self.call("kv/deleterange", {"key": _coded(key)})

    def leases(self) -> tuple[str, ...]:
        """All leases there are."""
        found = self.call("lease/leases")
        return tuple(str(lease["ID"]) for lease in found.get("leases", ()))

    def renew(self, lease: str) -> None:
        self.call("lease/keepalive", {"ID": lease})

    def release(self, lease: str) -> None:
        """End a lease; the keys that it holds go with it."""
        self.call("lease/revoke", {"ID": lease})

    def add_learner(self, peer_url: str) -> None:
        """Register a member that does not vote before it is promoted, so that it cannot cost the quorum."""
        self.call("cluster/member/add", {"peerURLs": [peer_url], "isLearner": True}, timeout=10)

    def promote(self, member: str) -> None:
        self.call("cluster/member/promote", {"ID": member}, timeout=10)

    def update(self, member: str, peer_url: str) -> None:
        self.call("cluster/member/update", {"ID": member, "peerURLs": [peer_url]}, timeout=10)

    def hand_on_lead(self, member: str) -> None:
        """Let another member lead; only the one that leads can do so."""
        self.call("maintenance/transfer-leadership", {"targetID": member}, timeout=10)

    def remove(self, member: str) -> None:
        self.call("cluster/member/remove", {"ID": member}, timeout=10)


def until(deadline: float, attempt: Any, pause: float = 0.3) -> Any:
    """The result of `attempt()` once it is not None; None when the seconds have passed. Errors count as not yet."""
    end = time.monotonic() + deadline
    while True:
        try:
            if (result := attempt()) is not None:
                return result
        except (WebError, EtcdError):
            pass
        if time.monotonic() >= end:
            return None
        time.sleep(pause)


def _member(found: dict[str, Any]) -> EtcdMember:
    return EtcdMember(
        id=str(found["ID"]),
        name=str(found.get("name", "")),
        peer_url=(found.get("peerURLs") or [""])[0],
        client_url=next((url for url in found.get("clientURLs") or [] if "127.0.0.1" not in url), ""),
        learner=bool(found.get("isLearner", False)),
    )


def _range(key: str) -> dict[str, Any]:
    return {"requestRange": {"key": _coded(key)}}


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _plain(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")
