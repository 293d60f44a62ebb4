"""Command-line flags as Go's gnuflag reads them, and its error texts.

Knows: long and one-letter flags, values attached or following, flags between arguments, `--`.
Must not know: any command, or how an error is printed.

    >>> flags = FlagSet()
    >>> flags.string("r", "relation")
    >>> flags.boolean("app")
    >>> found = flags.parse(["key", "--relation", "db:3", "--app"])
    >>> found["relation"], found["app"], found.given("r"), found.args
    ('db:3', True, True, ['key'])

Source of the texts: github.com/juju/gnuflag, with flags known as "option".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple


class UsageError(Exception):
    """Wrong flags or arguments: printed as `ERROR <text>`, exit code 2."""


class HelpWanted(Exception):
    """The caller gave --help or -h."""


Convert = Callable[[str], Any]
"""Turns a flag's text into its value, or raises ValueError with the part of the message that says why not."""


class _Flag(NamedTuple):
    names: tuple[str, ...]
    kind: Literal["value", "boolean", "repeated"]
    default: Any
    convert: Convert


class Flags:
    """What a command line says: values by any of a flag's names, and in `args` what is no flag."""

    def __init__(self, known: dict[str, _Flag]) -> None:
        self.args: list[str] = []
        self._known = known
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        flag = self._known[name]
        return self._values.get(flag.names[0], list(flag.default) if flag.kind == "repeated" else flag.default)

    def given(self, name: str) -> bool:
        """Whether the flag stands on the command line."""
        return self._known[name].names[0] in self._values

    def knows(self, name: str) -> bool:
        """Whether there is such a flag."""
        return name in self._known

    def _set(self, flag: _Flag, spelled: str, text: str) -> None:
        try:
            value = flag.convert(text)
        except ValueError as error:
            raise UsageError(f"invalid value {quote(text)} for option {_dashed(spelled)}: {error}") from None
        if flag.kind == "repeated":
            self._values.setdefault(flag.names[0], []).append(value)
        else:
            self._values[flag.names[0]] = value


class FlagSet:
    """The flags that a command takes. Names come without dashes; the first one of each is the flag's own."""

    def __init__(self) -> None:
        self._known: dict[str, _Flag] = {}

    def string(self, *names: str, default: Any = "", repeated: bool = False, convert: Convert = str) -> None:
        """A flag with a value; `repeated` collects every value into a list. `convert` may refuse or change it."""
        kind: Literal["repeated", "value"] = "repeated" if repeated else "value"
        self._add(_Flag(names, kind, (default or ()) if repeated else default, convert))

    def boolean(self, *names: str, default: bool = False) -> None:
        """A flag without a value; `--name=false` is understood."""
        self._add(_Flag(names, "boolean", default, to_bool))

    def integer(self, *names: str, default: int | None = 0) -> None:
        """A flag with a whole number."""
        self._add(_Flag(names, "value", default, to_int))

    def duration(self, *names: str, default: float | None = None) -> None:
        """A flag with a Go duration such as `1m30s`; its value is in seconds."""
        self._add(_Flag(names, "value", default, to_seconds))

    def formats(self, *formats: str, default: str = "") -> None:
        """`--format`, one of `formats` (the first unless `default` says otherwise), and `-o/--output FILE`."""

        def known(text: str) -> str:
            if text not in formats:
                raise ValueError(f"unknown format {quote(text)}")
            return text

        self.string("format", default=default or formats[0], convert=known)
        self.string("o", "output")

    def _add(self, flag: _Flag) -> None:
        for name in flag.names:
            self._known[name] = flag

    def described(self) -> list[str]:
        """One line a flag, sorted by its long name."""
        lines = {}
        for flag in self._known.values():
            names = ", ".join(_dashed(name) for name in sorted(flag.names, key=len))
            shown = "" if flag.kind == "boolean" or flag.default in ("", None, ()) else f" (= {flag.default})"
            lines[max(flag.names, key=len)] = f"    {names}{shown}"
        return [line for _, line in sorted(lines.items())]

    def parse(self, argv: Iterable[str], interspersed: bool = True) -> Flags:
        """What `argv` says. Raises UsageError or HelpWanted. Without `interspersed` the first argument ends flags."""
        flags = Flags(self._known)
        rest = list(argv)
        while rest:
            word = rest.pop(0)
            if word == "--":
                break
            if len(word) < 2 or not word.startswith("-"):
                flags.args.append(word)
                if not interspersed:
                    break
            elif word.startswith("--"):
                self._long(flags, word[2:], rest)
            else:
                self._short(flags, word[1:], rest)
        flags.args.extend(rest)
        return flags

    def _find(self, name: str) -> _Flag:
        if name in self._known:
            return self._known[name]
        if name in ("help", "h"):
            raise HelpWanted
        raise UsageError(f"option provided but not defined: {_dashed(name)}")

    def _long(self, flags: Flags, body: str, rest: list[str]) -> None:
        name, equals, value = body.partition("=")
        flag = self._find(name)
        if not equals:
            value = "true" if flag.kind == "boolean" else _next(rest, name)
        flags._set(flag, name, value)

    def _short(self, flags: Flags, letters: str, rest: list[str]) -> None:
        while letters:
            name, letters = letters[0], letters[1:]
            flag = self._find(name)
            if flag.kind == "boolean":
                flags._set(flag, name, "true")
                continue
            flags._set(flag, name, letters or _next(rest, name))
            return


def refuse_more(args: list[str]) -> None:
    """Raises UsageError when arguments are left over."""
    if args:
        raise UsageError(f"unrecognized args: [{' '.join(map(quote, args))}]")


def quote(text: str) -> str:
    """Text as Go's %q prints it."""
    return json.dumps(text, ensure_ascii=False)


def to_bool(text: str) -> bool:
    """A boolean as Go's strconv.ParseBool reads it."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")


def to_int(text: str) -> int:
    """A whole number, decimal or with a 0x, 0o or 0b in front."""
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax") from None


_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


def to_seconds(text: str) -> float:
    """Seconds in a Go duration: `1h30m`, `-5s`, `1.5h`, `0`."""
    sign, body = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if body == "0":
        return 0.0
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise ValueError(f"time: invalid duration {quote(text)}")
    return sign * sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _next(rest: list[str], name: str) -> str:
    if not rest:
        raise UsageError(f"option needs an argument: {_dashed(name)}")
    return rest.pop(0)


def _dashed(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name}"
