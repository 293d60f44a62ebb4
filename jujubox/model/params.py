"""Parameters of actions against their JSON schema: defaults filled in, problems in Juju's words. Pure.

>>> schema = {"type": "object", "properties": {"n": {"type": "integer", "default": 3}}}
>>> filled(schema, {})
{'n': 3}
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from jujubox.charm import Action

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "null": (type(None),),
}  # fmt: skip


def schema_of(name: str, action: Action) -> dict[str, Any]:
    """The whole JSON schema of an action, as `juju actions --schema` shows it."""
    schema: dict[str, Any] = {
        "title": action.title or name,
        "description": action.description or "No description",
        "type": "object",
        "properties": dict(action.params),
        "additionalProperties": action.additional,
    }
    if action.required:
        schema["required"] = list(action.required)
    return schema


def filled(schema: dict[str, Any], value: Any) -> Any:
    """`value` with the schema's defaults where it says nothing."""
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, dict):
            continue
        if name not in result and "default" in part:
            result[name] = copy.deepcopy(part["default"])
        elif isinstance(result.get(name), dict):
            result[name] = filled(part, result[name])
    return result


def problem(schema: dict[str, Any], value: Any) -> str:
    """What is wrong with `value`, empty if nothing."""
    found = next(_problems(schema, value, "(root)"), None)
    return "" if found is None else f"validation failed: {found}, given {json.dumps(found.given)}"


class _Problem(str):
    given: Any

    @classmethod
    def at(cls, path: str, text: str, given: Any) -> _Problem:
        made = cls(f"{path} : {text}")
        made.given = given
        return made


def _problems(schema: dict[str, Any], value: Any, path: str) -> Iterator[_Problem]:
    wanted = schema.get("type")
    if wanted is not None and not any(_is(value, kind) for kind in ([wanted] if isinstance(wanted, str) else wanted)):
        yield _Problem.at(path, f"must be of type {wanted}", value)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield _Problem.at(path, f"must match one of the enum values {json.dumps(schema['enum'])}", value)
    if isinstance(value, str):
        yield from _string_problems(schema, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_problems(schema, value, path)
    elif isinstance(value, list):
        yield from _list_problems(schema, value, path)
    elif isinstance(value, dict):
        yield from _object_problems(schema, value, path)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _string_problems(schema: dict[str, Any], value: str, path: str) -> Iterator[_Problem]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield _Problem.at(path, f"does not match pattern '{schema['pattern']}'", value)
    if len(value) < schema.get("minLength", 0):
        yield _Problem.at(path, f"length must be greater than or equal to {schema['minLength']}", value)
    if len(value) > schema.get("maxLength", len(value)):
        yield _Problem.at(path, f"length must be less than or equal to {schema['maxLength']}", value)


def _number_problems(schema: dict[str, Any], value: float, path: str) -> Iterator[_Problem]:
    if value < schema.get("minimum", value):
        yield _Problem.at(path, f"must be greater than or equal to {schema['minimum']}", value)
    if value > schema.get("maximum", value):
        yield _Problem.at(path, f"must be less than or equal to {schema['maximum']}", value)


def _list_problems(schema: dict[str, Any], value: list[Any], path: str) -> Iterator[_Problem]:
    if len(value) < schema.get("minItems", 0):
        yield _Problem.at(path, f"must have at least {schema['minItems']} items", value)
    if isinstance(schema.get("items"), dict):
        for number, item in enumerate(value):
            yield from _problems(schema["items"], item, f"{path}.{number}")


def _object_problems(schema: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[_Problem]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _Problem.at(path, f'"{name}" property is missing and required', value)
    for name, item in value.items():
        if name in known and isinstance(known[name], dict):
            yield from _problems(known[name], item, f"{path}.{name}")
        elif name not in known and schema.get("additionalProperties") is False:
            yield _Problem.at(path, f'additional property "{name}" is not allowed', value)
