"""HTTPS with the unit's client certificate, JSON in and out: what etcd's gateway and Patroni's REST have in common.

Knows: requests, TLS, timeouts. Must not know: any path or meaning.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Credentials:
    """Paths of the authority's certificate and of this unit's certificate and key."""

    ca: str
    certificate: str
    key: str

    def context(self) -> ssl.SSLContext:
        """What a connection is made with; kept until the certificate is issued anew."""
        return _context(self, Path(self.certificate).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _context(credentials: Credentials, _: int) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=credentials.ca)
    context.load_cert_chain(credentials.certificate, credentials.key)
    return context


class WebError(OSError):
    """No useful answer: nobody there, or a refusal. `status` is the answer's, 0 where there was none."""

    def __init__(self, message: str, status: int = 0, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


def ask(
    method: str, url: str, credentials: Credentials, body: Any = None, timeout: float = 3, accept: tuple[int, ...] = ()
) -> Any:
    """The JSON of an answer with a status below 300 or in `accept`. Raises WebError."""
    parts = urlsplit(url)
    data = None if body is None else json.dumps(body)
    try:
        connection = http.client.HTTPSConnection(
            str(parts.hostname), parts.port, timeout=timeout, context=credentials.context()
        )
        try:
            connection.request(method, parts.path, body=data, headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise WebError(f"cannot reach {url}: {error}") from error
    if answer.status >= 300 and answer.status not in accept:
        raise WebError(f"cannot {method} {url}: {answer.status} {text[:300]}", answer.status, text)
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
