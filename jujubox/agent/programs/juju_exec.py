#!/usr/bin/python3 -IS
"""juju-exec: runs a command in a unit's context on this machine, with hook tools, and exits with the command's code.

Knows: the frames of jujubox/agent/runsocket.py. Must not know: how a command is run. Built-in modules only.
"""

from __future__ import annotations

import sys
from _socket import AF_UNIX, SOCK_STREAM, socket
from posix import _exit, listdir, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

AGENTS = "/var/lib/juju/agents"
HELP = """Usage: juju-exec [options] <unit-name> <commands>

Summary:
Run commands in a unit's hook context.

Options:
--force-remote-unit  (= false)
    run the commands for a specific relation context, bypassing the remote unit check
--no-context  (= false)
    do not run the command in a unit context
--operator  (= false)
    accepted and ignored
-r, --relation (= "")
    run the commands for a specific relation context on a unit
--remote-app (= "")
    run the commands for a specific remote application in a relation context on a unit
--remote-unit (= "")
    run the commands for a specific remote unit in a relation context on a unit
"""
VALUES = {"-r": "relation", "--relation": "relation", "--remote-unit": "unit", "--remote-app": "application"}
SWITCHES = ("--force-remote-unit", "--operator", "--no-context")


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[write(descriptor, data) :]


def fail(code: int, text: str) -> NoReturn:
    write_all(2, b"ERROR %s\n" % encode(text))
    _exit(code)


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def parse(given: list[str]) -> tuple[dict[str, str], set[str], list[str]]:
    options = {"relation": "", "unit": "", "application": "", "force": ""}
    switches: set[str] = set()
    args: list[str] = []
    words = list(given)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            args += words
            break
        if len(args) >= 2 or not word.startswith("-"):
            args.append(word)
        elif word in ("-h", "--help"):
            write_all(1, HELP.encode())
            _exit(0)
        elif name in VALUES:
            if not equals and not words:
                fail(2, f"option needs an argument: {name}")
            options[VALUES[name]] = value if equals else words.pop(0)
        elif name in SWITCHES:
            switches.add(name)
            options["force"] = "1" if "--force-remote-unit" in switches else ""
        else:
            fail(2, f"option provided but not defined: {name}")
    return options, switches, args


def unit_tag(name: str) -> str:
    if name.startswith("unit-"):
        return name
    application, slash, number = name.rpartition("/")
    if not slash or not application or not number.isdigit():
        fail(2, f'"{name}" is not a valid tag')
    return f"unit-{application}-{number}"


def quoted(words: list[str]) -> str:
    """One word is shell text; several are joined with blanks, as Juju does."""
    return " ".join(words)


def run(tag: str, options: dict[str, str], text: str) -> NoReturn:
    fields = (options["relation"], options["unit"], options["application"], options["force"], text)
    body = b"\0".join(encode(field) for field in fields)
    path = f"{AGENTS}/{tag}/run.socket"
    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        if tag not in listdir(AGENTS):
            fail(1, f'unit "{tag}" not found on this machine')
        connection.connect(path)
        connection.sendall(b"%d\n%s" % (len(body), body))
        chunks = []
        while chunk := connection.recv(1 << 20):
            chunks.append(chunk)
        head, _, rest = b"".join(chunks).partition(b"\n")
        code, size = head.split()
    except OSError as error:
        fail(1, f"dial unix {path}: {error.strerror}")
    except ValueError:
        fail(1, "the unit agent stopped before the command ended")
    write_all(1, rest[: int(size)])
    write_all(2, rest[int(size) :])
    _exit(int(code))


def main() -> NoReturn:
    options, switches, args = parse(sys.argv[1:])
    if "--no-context" in switches:
        from posix import environ, execve

        execve("/bin/bash", ["/bin/bash", "-c", quoted(args)], environ)
    if not args:
        fail(2, "missing unit-name")
    if len(args) < 2:
        fail(2, "missing commands")
    run(unit_tag(args[0]), options, quoted(args[1:]))


main()
