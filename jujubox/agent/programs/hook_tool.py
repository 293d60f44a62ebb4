#!/usr/bin/python3 -IS
# A hook tool: sends its name, arguments and directory to the unit's agent, prints the answer, exits with its code.
# Every hook tool is a symlink to this file. It imports built-in modules only, because charms call tools hundreds of
# times. The frames are described in jujubox/agent/toolserver.py.
import sys
from posix import _exit, environ, getcwd, read, write

from _socket import AF_UNIX, SOCK_STREAM, socket


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def write_all(descriptor, data):
    while data:
        data = data[write(descriptor, data) :]


def read_all(descriptor):
    chunks = []
    while chunk := read(descriptor, 65536):
        chunks.append(chunk)
    return b"".join(chunks)


def ask(address, fields, stdin):
    body = b"\0".join((*fields[:3], b"0" if stdin is None else b"1", b"%d" % (len(fields) - 3), *fields[3:], stdin or b""))
    connection = socket(AF_UNIX, SOCK_STREAM)
    connection.connect(address)
    connection.sendall(b"%d\n%s" % (len(body), body))
    chunks = []
    while chunk := connection.recv(1 << 20):
        chunks.append(chunk)
    head, _, rest = b"".join(chunks).partition(b"\n")
    code, size = head.split()
    return int(code), rest[: int(size)], rest[int(size) :]


def fail(text):
    write_all(2, b"ERROR %s\n" % encode(text))
    _exit(1)


def main():
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
        fail(f"dial unix {address.decode()}: {error}")
    write_all(1, out)
    write_all(2, err)
    _exit(code)


main()
