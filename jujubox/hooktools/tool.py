"""What a hook tool is, and how one call of it is answered.

Knows: flags, exit codes, `ERROR` lines, formats and `--output`, which all tools share.
Must not know: any one tool.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from jujubox.agent.context.calls import ToolError
from jujubox.agent.context.context import Context
from jujubox.flags import Flags, FlagSet, HelpWanted, UsageError, quote
from jujubox.output import render
from jujubox.wire import CallError


class StdinWanted(Exception):
    """The tool wants the whole of stdin, and the call came without."""


@dataclass(frozen=True)
class Invocation:
    """One call: flags and arguments read, and where the caller stands."""

    flags: Flags
    directory: Path
    stdin: bytes | None

    @property
    def args(self) -> list[str]:
        """The arguments."""
        return self.flags.args

    def read_file(self, name: str) -> bytes:
        """A file named by the caller; `-` is its stdin. Raises ToolError."""
        if name == "-":
            if self.stdin is None:
                raise StdinWanted
            return self.stdin
        try:
            return (self.directory / name).read_bytes()
        except OSError as error:
            raise ToolError(f"open {name}: {(error.strerror or str(error)).lower()}") from error


@dataclass(frozen=True)
class Printed:
    """A result that the call's `--format` turns into text."""

    value: Any
    sort: bool = True


@dataclass(frozen=True)
class Answer:
    """What a call prints and its exit code."""

    code: int
    stdout: str = ""
    stderr: str = ""


Result = Printed | str | Answer | None
Run = Callable[[Context, Invocation], Awaitable[Result]]
FLAG_FORMATS = ("smart", "yaml", "json")


@dataclass(frozen=True)
class Tool:
    """A hook tool. `run` answers a value to print, a text to print as it is, or nothing."""

    name: str
    purpose: str
    run: Run
    usage: str = ""
    flags: Callable[[FlagSet], None] | None = None
    formats: tuple[str, ...] = ()
    personality: Literal["", "3.6"] = ""

    def flag_set(self) -> FlagSet:
        """The flags of the tool."""
        flags = FlagSet()
        if self.formats:
            flags.formats(*self.formats)
        if self.flags is not None:
            self.flags(flags)
        return flags

    def help(self) -> str:
        """What --help prints; charmhelpers looks there whether relation-set knows --file."""
        told = self.flag_set().described()
        options = ["", "Options:", *told] if told else []
        return "\n".join([f"Usage: {self.name} {self.usage}".rstrip(), "", "Summary:", self.purpose, *options]) + "\n"


async def answer(tool: Tool, context: Context, argv: tuple[str, ...], directory: Path, stdin: bytes | None) -> Answer:
    """Carry out one call. Raises StdinWanted."""
    try:
        flags = tool.flag_set().parse(argv)
        result = await tool.run(context, Invocation(flags, directory, stdin))
        return _printed(tool, flags, result, directory)
    except HelpWanted:
        return Answer(0, stdout=tool.help())
    except UsageError as error:
        return Answer(2, stderr=f"ERROR {error}\n")
    except (ToolError, CallError) as error:
        return Answer(1, stderr=f"ERROR {error}\n")


def _printed(tool: Tool, flags: Flags, result: Result, directory: Path) -> Answer:
    if result is None or isinstance(result, Answer):
        return result or Answer(0)
    text = result if isinstance(result, str) else render(result.value, flags["format"], sort=result.sort)
    if not tool.formats or not flags["output"]:
        return Answer(0, stdout=text)
    try:
        (directory / flags["output"]).write_text(text)
    except OSError as error:
        raise ToolError(f"open {flags['output']}: {(error.strerror or str(error)).lower()}") from error
    return Answer(0)


def key_values(args: list[str]) -> dict[str, str]:
    """`k=v` arguments. Raises UsageError."""
    found: dict[str, str] = {}
    for arg in args:
        key, equals, value = arg.partition("=")
        if not equals or not key:
            raise UsageError(f'expected "key=value", got {quote(arg)}')
        if key in found:
            raise UsageError(f"key {quote(key)} specified more than once")
        found[key] = value
    return found


class _Strings(yaml.BaseLoader):
    """Every scalar is read as text, as Go reads it: null, with which charmhelpers deletes a key, is empty."""


_NULL = "tag:yaml.org,2002:null"
_Strings.add_implicit_resolver(_NULL, re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Strings.add_constructor(_NULL, lambda _loader, _node: "")


def yaml_map(content: bytes) -> dict[str, str]:
    """A YAML map of strings, as `--file` takes it. Raises ToolError."""
    try:
        loaded = yaml.load(content, Loader=_Strings)
    except yaml.YAMLError as error:
        raise ToolError(f"yaml: {' '.join(str(error).split())}") from error
    if loaded is None or loaded == "":
        return {}
    if not isinstance(loaded, dict):
        raise ToolError(f"yaml: unmarshal errors:\n  line 1: cannot unmarshal {_kind(loaded)} into map[string]string")
    for value in loaded.values():
        if not isinstance(value, str):
            raise ToolError(f"yaml: unmarshal errors:\n  line 1: cannot unmarshal {_kind(value)} into string")
    return dict(loaded)


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "!!seq"
    return "!!map" if isinstance(value, dict) else f"!!str `{value}`"
