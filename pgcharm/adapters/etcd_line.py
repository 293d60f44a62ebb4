"""One connection to etcd that is kept: for who asks several times a second.

Knows: one question, which reads everything below some prefixes at once, as the member that answers has it. Must not
know: what the keys mean. It turns to the next address when one does not answer.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pgcharm.adapters.web import Credentials


@dataclass(frozen=True)
class Entry:
    """The value of a key, and the lease that it goes with."""

    value: str
    lease: str = ""


class LineError(OSError):
    """No address answers."""


@dataclass
class EtcdLine:
    """The line, and where else to ask."""

    urls: Sequence[str]
    credentials: Credentials
    _open: http.client.HTTPSConnection | None = field(default=None, repr=False)

    def read(self, *prefixes: str) -> Mapping[str, Entry]:
        """Everything below the prefixes. It may be older than what was agreed. Raises LineError."""
        found: Any = self._call("kv/txn", {"success": [_range(prefix) for prefix in prefixes]})
        pairs = (pair for each in found.get("responses", ()) for pair in each["response_range"].get("kvs", ()))
        return {_plain(pair["key"]): Entry(_plain(pair.get("value", "")), str(pair.get("lease", ""))) for pair in pairs}

    def put(self, key: str, value: str, lease: str) -> None:
        """Write a key that goes with a lease. Raises LineError."""
        self._call("kv/put", {"key": _coded(key), "value": _coded(value), "lease": lease})

    def _call(self, path: str, body: object) -> dict[str, object]:
        seen: Exception | None = None
        for url in self.urls:
            for version in ("v3", "v3beta"):
                try:
                    answer = self._post(url, f"/{version}/{path}", json.dumps(body))
                except (OSError, http.client.HTTPException, ValueError) as error:
                    self._close()
                    seen = error
                    break
                if answer is not None:
                    return answer
            self._close()
        raise LineError(f"cannot reach etcd: {seen} (expected an answer of one of {', '.join(self.urls)})")

    def _post(self, url: str, path: str, text: str) -> dict[str, object] | None:
        """The answer; None where there is no such path."""
        if self._open is None:
            parts = urlsplit(url)
            self._open = http.client.HTTPSConnection(
                str(parts.hostname), parts.port, timeout=2, context=self.credentials.context()
            )
        self._open.request("POST", path, body=text, headers={"Content-Type": "application/json"})
        answer = self._open.getresponse()
        body = answer.read()
        if answer.status == 404:
            return None
        if answer.status >= 300:
            raise ValueError(f"{answer.status} {body.decode(errors='replace')[:200]}")
        return dict(json.loads(body))

    def _close(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                self._open.close()
        self._open = None


def _range(prefix: str) -> dict[str, object]:
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {"requestRange": {"key": _coded(prefix), "range_end": _coded(end), "serializable": True}}


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _plain(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")
