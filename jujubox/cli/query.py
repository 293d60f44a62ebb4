"""The query language of `juju wait-for`: comparisons, `&&`, `||`, fields, and a few functions.

Knows: the grammar and what an expression is worth in a scope.
Must not know: where the values of a scope come from.

    >>> holds('life=="alive" && forEach(units, unit => unit.workload-status=="active")',
    ...       {"life": "alive", "units": {"a/0": {"workload-status": "active"}}})
    True

    script = expression {";" expression}      expression = and {"||" and}        and = comparison {"&&" comparison}
    comparison = value [("=="|"!="|"<"|">"|"<="|">=") value]
    value = ("(" expression ")" | string | number | true | false | name ["(" arguments ")"]) {"." name | "[" value "]"}
    argument = expression | name "=>" expression
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_](?:[A-Za-z0-9_]|-(?=\w))*)
    |(?P<sign>=>|==|!=|<=|>=|&&|\|\||[<>().,;\[\]]))""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class QueryError(Exception):
    """The query is no query, or asks for what is not there."""


def holds(query: str, scope: Scope, say: Callable[[str], None] = print) -> bool:
    """Whether every expression of `query` is true in `scope`; `say` gets what print() is given. Raises QueryError."""
    return all(bool(expression(scope)) for expression in parse(query, say))


def parse(query: str, say: Callable[[str], None] = print) -> list[Expression]:
    """The expressions of a query. Raises QueryError."""
    parser = _Parser(_tokens(query), _functions(say))
    expressions = [parser.expression()]
    while parser.take(";"):
        if parser.peek() != ("end", ""):
            expressions.append(parser.expression())
    parser.expect_end()
    return expressions


def _tokens(query: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while query[at:].strip():
        found = _TOKEN.match(query, at)
        if found is None:
            raise QueryError(f"Syntax Error: invalid character {query[at:].lstrip()[0]!r} in query at {at + 1}")
        tokens.append((found.lastgroup or "", found.group(found.lastgroup or 0)))
        at = found.end()
    return [*tokens, ("end", "")]


class _Parser:
    """Turns tokens into functions of a scope."""

    def __init__(self, tokens: list[tuple[str, str]], functions: Mapping[str, Callable[..., Any]]) -> None:
        self._tokens = tokens
        self._functions = functions

    def peek(self) -> tuple[str, str]:
        return self._tokens[0]

    def take(self, *signs: str) -> str:
        kind, text = self._tokens[0]
        if kind == "sign" and text in signs:
            self._tokens.pop(0)
            return text
        return ""

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise QueryError(f"Syntax Error: read {self.peek()[1] or 'the end'!r} (expected {sign!r})")

    def expect_end(self) -> None:
        if self.peek()[0] != "end":
            raise QueryError(f"Syntax Error: unexpected {self.peek()[1]!r}")

    def expression(self) -> Expression:
        sides = [self._conjunction()]
        while self.take("||"):
            sides.append(self._conjunction())
        return sides[0] if len(sides) == 1 else lambda scope: any(side(scope) for side in sides)

    def _conjunction(self) -> Expression:
        sides = [self._comparison()]
        while self.take("&&"):
            sides.append(self._comparison())
        return sides[0] if len(sides) == 1 else lambda scope: all(side(scope) for side in sides)

    def _comparison(self) -> Expression:
        left = self._value()
        sign = self.take(*_COMPARISONS)
        if not sign:
            return left
        right = self._value()
        return lambda scope: _compared(_COMPARISONS[sign], left(scope), right(scope))

    def _value(self) -> Expression:
        value = self._atom()
        while True:
            if self.take("."):
                value = _field(value, _constant(self._tokens.pop(0)[1]))
            elif self.take("["):
                value = _field(value, self.expression())
                self.expect("]")
            else:
                return value

    def _atom(self) -> Expression:
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        kind, text = self._tokens.pop(0)
        if kind == "string":
            return _constant(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "number":
            return _constant(float(text) if "." in text else int(text))
        if kind != "name":
            raise QueryError(f"Syntax Error: unexpected {text or 'end of query'!r}")
        if text in ("true", "false"):
            return _constant(text == "true")
        return self._called(text) if self.take("(") else _name(text)

    def _called(self, function: str) -> Expression:
        if function not in self._functions:
            raise QueryError(f"Runtime Error: no function called {function!r}")
        arguments = []
        while not self.take(")"):
            arguments.append(self._argument())
            if not self.take(","):
                self.expect(")")
                break
        call = self._functions[function]
        return lambda scope: call(*(argument(scope) for argument in arguments))

    def _argument(self) -> Expression:
        if self.peek()[0] == "name" and self._tokens[1] == ("sign", "=>"):
            name = self._tokens.pop(0)[1]
            self.expect("=>")
            body = self.expression()
            return lambda scope: lambda item: body({**scope, name: item})
        return self.expression()


def _constant(value: Any) -> Expression:
    return lambda _: value


def _name(name: str) -> Expression:
    return lambda scope: _found(scope, name)


def _field(value: Expression, key: Expression) -> Expression:
    return lambda scope: _found(value(scope), key(scope))


def _found(scope: Any, name: Any) -> Any:
    try:
        return scope[name]
    except (KeyError, IndexError, TypeError):
        raise QueryError(f'Runtime Error: identifier "{name}" not found') from None


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    try:
        return compare(left, right)
    except TypeError:
        raise QueryError(f"Runtime Error: cannot compare {left!r} with {right!r}") from None


def _functions(say: Callable[[str], None]) -> dict[str, Callable[..., Any]]:
    def tell(value: Any) -> bool:
        say(str(value))
        return True

    return {"len": len, "print": tell, "startsWith": _starts, "forEach": _for_each}


def _starts(text: Any, start: Any) -> bool:
    return str(text).startswith(str(start))


def _for_each(items: Any, body: Callable[[Any], Any]) -> bool:
    return all(body(item) for item in (items.values() if isinstance(items, Mapping) else items))
