r"""YAML block style exactly as go-yaml v2 writes it.

Knows: which scalars must be quoted and how, literal blocks, indentation.
Must not know: where the values come from.

    >>> print(dump({"a": ["1", 2], "text": "two\nlines"}), end="")
    a:
    - "1"
    - 2
    text: |-
      two
      lines

PyYAML is not used: a command that prints a few lines should not pay for importing it, and its quoting differs.
Lines are not folded. Source of the rules: go-yaml v2 `resolve.go`, `encode.go`, `emitterc.go`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_WORDS = frozenset(
    "y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off OFF ~ null Null NULL << "
    ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF".split()
)
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?( ?(Z|[-+][0-9:]+))?)?$"
)
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\xa0": "\\_", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip


class Plain(str):
    """Text that is written without quotes whatever it looks like, as Go writes its time values."""


def dump(value: Any) -> str:
    """`value` (dict, list, str, bool, int, float, None) as YAML with a newline at the end."""
    return "\n".join(_root(value)) + "\n"


def _root(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list, tuple)) and value:
        yield from _block(value)
        return
    head, more = _leaf(value)
    yield head
    yield from more


def _block(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(_key(key), item)
        return
    for item in value:
        lines = _root(item)
        yield f"- {next(lines)}"
        # The lines of a literal carry their own indentation already.
        yield from (lines if isinstance(item, str) else _indented(lines))


def _entry(key: str, item: Any) -> Iterator[str]:
    if isinstance(item, dict) and item:
        yield f"{key}:"
        yield from _indented(_block(item))
    elif isinstance(item, (list, tuple)) and item:
        yield f"{key}:"
        yield from _block(item)
    else:
        head, more = _leaf(item)
        yield f"{key}: {head}"
        yield from more


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)


def _leaf(value: Any) -> tuple[str, list[str]]:
    """The text after `key: ` and, for a literal block, the lines below, indented by two blanks."""
    if not isinstance(value, str):
        return _atom(value), []
    if "\n" not in value or not _literal_allowed(value):
        return scalar(value), []
    indicator = "|" + ("2" if value[0] in " \n" else "") + _chomp(value)
    body = value.removesuffix("\n")
    return indicator, [f"  {line}" if line else "" for line in body.split("\n")]


def _atom(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    if isinstance(value, int):
        return str(value)
    return "{}" if isinstance(value, dict) else "[]"


def _chomp(text: str) -> str:
    if not text.endswith("\n"):
        return "-"
    return "+" if text == "\n" or text[-2] == "\n" else ""


def _key(key: Any) -> str:
    return scalar(key) if isinstance(key, str) else _atom(key)


def scalar(text: str) -> str:
    """One-line text, quoted if YAML would read it as something else."""
    if isinstance(text, Plain):
        return text
    if "\n" in text or _reads_as_other(text) or not _printable(text):
        return _double(text)
    return text if _plain_allowed(text) else "'" + text.replace("'", "''") + "'"


def _reads_as_other(text: str) -> bool:
    if text == "" or text in _WORDS:
        return True
    if text[0] not in "+-.0123456789":
        return False
    digits = text.replace("_", "")
    return bool(_INTEGER.match(digits) or _FLOAT.match(digits) or _BASE60.match(text) or _TIMESTAMP.match(text))


def _plain_allowed(text: str) -> bool:
    if text[0] in " #,[]{}&*!|>'\"%@`" or text[-1] == " " or text.startswith(("---", "...")):
        return False
    if text[0] in "?:-" and text[1:2] in ("", " "):
        return False
    return ": " not in text and " #" not in text and not text.endswith(":")


def _literal_allowed(text: str) -> bool:
    return _printable(text) and " \n" not in text and not text.endswith(" ")


def _printable(text: str) -> bool:
    return all(" " <= char <= "~" or char == "\n" or (char > "\xa0" and _unicode(char)) for char in text)


def _unicode(char: str) -> bool:
    return char not in "\u2028\u2029\ufeff" and not "\ud800" <= char <= "\udfff"


def _double(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _printable(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}" if code < 65536 else f"\\U{code:08X}"


def go_float(value: float) -> str:
    """A float as Go's strconv.FormatFloat(value, 'g', -1, 64) writes it, infinities as YAML does."""
    if math.isnan(value) or math.isinf(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    sign, digits, exponent = _shortest(value)
    if -4 <= exponent < 6:
        return sign + _positional(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, the fewest digits that read back as `value`, and the power of ten of the first of them."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits))
    return "-" if sign else "", text.rstrip("0") or "0", len(text) - 1 + int(exponent) if value else 0


def _positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
