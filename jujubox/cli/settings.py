"""What a command line says in pairs and lists: `key=value`, `key=@file`, `a,b`, YAML files of settings.

Knows: the syntax.
Must not know: which keys there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.flags import UsageError, quote


def listed(values: str | Iterable[str]) -> list[str]:
    """The items of one or several comma-separated lists."""
    lists = [values] if isinstance(values, str) else values
    return [item.strip() for text in lists for item in text.split(",") if item.strip()]


def pairs(words: Iterable[str]) -> dict[str, str]:
    """`key=value` words as a dict; `key=@path` reads the value from a file. Raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f'expected "key=value", got {quote(word)}')
        if key in found:
            raise UsageError(f"key {quote(key)} specified more than once")
        found[key] = read_text(value[1:]) if value.startswith("@") else value
    return found


def settings(words: Iterable[str], application: str) -> dict[str, Any]:
    """The values of --config flags: each a `key=value` or the path of a YAML file for `application`."""
    found: dict[str, Any] = {}
    for word in words:
        found.update(pairs([word]) if "=" in word else settings_in_file(word, application))
    return found


def settings_in_file(path: str, application: str) -> dict[str, Any]:
    """Options in a YAML file: a map of them, the same below the application's name, or what `juju config` printed."""
    data = load_map(path)
    if isinstance(data.get("settings"), dict):
        options = data["settings"]
        return {key: info["value"] for key, info in options.items() if info.get("source") == "user"}
    below = data.get(application)
    return dict(below) if isinstance(below, dict) else data


def constraints(words: Iterable[str]) -> dict[str, str]:
    """Constraints such as `mem=8G cores=2`, several in one word or several words."""
    return pairs(part for word in words for part in word.split())


def spelled(values: Mapping[str, Any]) -> str:
    """Constraints on one line, as Juju prints them."""
    return " ".join(f"{key}={value}" for key, value in sorted(values.items()))


def read_text(path: str) -> str:
    """The text of a file; `-` is standard input."""
    if path == "-":
        from jujubox.cli.invocation import read_stdin

        return read_stdin()
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise CommandError(f"cannot read {path}: {reason}") from error


def load_map(path: str) -> dict[str, Any]:
    """The map in a YAML file."""
    return as_map(parse_yaml(read_text(path), path), path)


def as_map(data: Any, source: str) -> dict[str, Any]:
    """`data`, provided that it is a map (an empty file counts as one)."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise CommandError(f"cannot use {source}: read {type(data).__name__} (expected a YAML map)")
    return data


def parse_yaml(text: str, source: str) -> Any:
    """The value in YAML text. What looks like a time is text, as Juju's library has it (yaml.v2, decode.go, scalar)."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012
            first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
            for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise CommandError(f"cannot parse {source}: {error}") from error


def absolute(paths: Mapping[str, str]) -> dict[str, str]:
    """The same paths as the controller sees them."""
    return {name: os.path.abspath(os.path.expanduser(path)) for name, path in paths.items()}
