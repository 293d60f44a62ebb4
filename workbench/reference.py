"""Pages of the reference that say what the charm's own files say: options and actions.

Knows: config.yaml, actions.yaml, and how a page looks.
Must not know: what an option does.

`make docs` writes the pages; a test compares them with the files, so that they cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml

TOP = Path(__file__).resolve().parent.parent
PAGES = TOP / "docs" / "reference"
MADE = "<!-- Made by `make docs`; change {source} instead. -->"


def options_page(config: Mapping[str, Any]) -> str:
    """docs/reference/options.md."""
    lines = ["# Options", "", MADE.format(source="config.yaml"), ""]
    lines += ["    juju config postgresql                        # all, with their values"]
    lines += [
        "    juju config postgresql max_connections=300    # set one",
        "    juju config postgresql --reset max_connections",
        "",
    ]
    for name, option in config["options"].items():
        default = option.get("default", "")
        shown = "empty" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        lines += [f"## {name}", "", f"{option['type']}, default {shown}", "", option["description"].strip(), ""]
    return "\n".join(lines)


def actions_page(actions: Mapping[str, Any]) -> str:
    """docs/reference/actions.md."""
    lines = ["# Actions", "", MADE.format(source="actions.yaml"), ""]
    lines += [
        "    juju run postgresql/0 switchover to=postgresql/2",
        "    juju run postgresql/leader rotate-passwords        # on Juju's leader",
        "    juju show-operation 5                              # what an earlier one said",
        "",
        "When to use which: [operate a cluster](../how-to/operate.md).",
        "",
    ]
    for name, action in actions.items():
        lines += [f"## {name}", "", fill(action["description"].strip(), 120, break_on_hyphens=False), ""]
        lines += [parameter_line(name, schema) for name, schema in (action.get("params") or {}).items()]
        if action.get("params"):
            lines += [""]
    return "\n".join(lines)


def parameter_line(name: str, schema: Mapping[str, Any]) -> str:
    """One parameter of an action, with its default if it has one."""
    default = f", default `{json.dumps(schema['default'])}`" if "default" in schema else ""
    text = f"- `{name}` ({schema.get('type', 'any')}{default}): {schema.get('description', '').strip()}"
    return fill(text, 120, subsequent_indent="  ", break_on_hyphens=False)


def pages() -> dict[Path, str]:
    """Every page by its path."""
    config, actions = (
        yaml.safe_load((TOP / name).read_text(encoding="utf-8")) for name in ("config.yaml", "actions.yaml")
    )
    return {PAGES / "options.md": options_page(config), PAGES / "actions.md": actions_page(actions)}


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
