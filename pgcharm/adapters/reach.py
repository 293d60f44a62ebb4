"""Whether another unit can be reached at all: does any of its programs say a word.

Knows: how to make a program say something. Must not know: what follows from silence.
An open port is not enough: the kernel of a machine that hangs accepts connections which nobody will ever answer. A
refusal of our certificate, on the other hand, is an answer.
"""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from pgcharm.adapters.web import Credentials
from pgcharm.layout import ETCD_CLIENT_PORT, PATRONI_PORT

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""What a client of PostgreSQL asks first; the answer is one letter. (PostgreSQL's documentation, message formats.)"""
SECONDS = 1.5
"""A program that has not answered after so long is silent."""


def is_silent(host: str, port: int, credentials: Credentials) -> bool:
    """Whether neither etcd nor Patroni nor PostgreSQL, at `port`, of a unit answers. All are asked at once."""
    questions = (
        lambda: _speaks_tls(host, ETCD_CLIENT_PORT, credentials),
        lambda: _speaks_tls(host, PATRONI_PORT, credentials),
        lambda: _speaks_postgres(host, port),
    )
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        return not any(list(pool.map(lambda question: question(), questions)))


def _speaks_tls(host: str, port: int, credentials: Credentials) -> bool:
    try:
        with socket.create_connection((host, port), SECONDS) as link:
            credentials.context().wrap_socket(link, server_hostname=host).close()
    except ssl.SSLError:
        return True
    except OSError:
        return False
    return True


def _speaks_postgres(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), SECONDS) as link:
            link.sendall(_SSL_REQUEST)
            return bool(link.recv(1))
    except OSError:
        return False
