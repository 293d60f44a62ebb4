#!/usr/bin/python3 -IS
"""A hook tool: sends its name, arguments and directory to the unit's agent, prints the answer, exits with its code.

Knows: the frames of jujubox/agent/toolserver.py. Must not know: any tool; every one is a symlink to this file.
Built-in modules only, because charms call tools hundreds of times.
"""

from __future__ import annotations

import sys
from _socket import AF_UNIX, SOCK_STREAM, socket
from posix import _exit, environ, getcwd, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[write(descriptor, data) :]


def read_all(descriptor: int) -> bytes:
    chunks = []
    while chunk := read(descriptor, 65536):
        chunks.append(chunk)
    return b"".join(chunks)


def ask(address: bytes, fields: list[bytes], stdin: bytes | None) -> tuple[int, bytes, bytes]:
    body = b"\0".join(
        (*fields[:3], b"0" if stdin is None else b"1", b"%d" % (len(fields) - 3), *fields[3:], stdin or b"")
    )
    connection = socket(AF_UNIX, SOCK_STREAM)
    connection.connect(address)
    connection.sendall(b"%d\n%s" % (len(body), body))
    chunks = []
    while chunk := connection.recv(1 << 20):
        chunks.append(chunk)
    head, _, rest = b"".join(chunks).partition(b"\n")
    code, size = head.split()
    return int(code), rest[: int(size)], rest[int(size) :]


def fail(text: str) -> NoReturn:
    write_all(2, b"ERROR %s\n" % encode(text))
    _exit(1)


def main() -> NoReturn:
    context = environ.get(b"JUJU_CONTEXT_ID")
    address = environ.get(b"JUJU_AGENT_SOCKET_ADDRESS")
    if not context:
        fail("JUJU_CONTEXT_ID not set")
    if not address:
        fail("JUJU_AGENT_SOCKET_ADDRESS not set")
    fields = [context, *map(encode, (getcwd(), sys.argv[0].rpartition("/")[2], *sys.argv[1:]))]
    try:
        code, out, err = ask(address, fields, None)
        if code < 0:
            code, out, err = ask(address, fields, read_all(0))
    except (OSError, ValueError) as error:
        fail(f"dial unix {address!r}: {error}")
    write_all(1, out)
    write_all(2, err)
    _exit(code)


main()
