"""Pages of the reference that say what the charm's own files say: options and actions.

Knows: config.yaml, actions.yaml, and how a page looks.
Must not know: what an option does.

`make docs` writes the pages; a test compares them with the files, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
        default = option["default"]
        shown = "empty" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        lines += [f"## {name}", "", f"{option['type']}, default {shown}", "", option["description"].strip(), ""]
    return "\n".join(lines)


def actions_page(actions: Mapping[str, Any]) -> str:
    """docs/reference/actions.md."""
    lines = ["# Actions", "", MADE.format(source="actions.yaml"), "", "    juju run postgresql/0 explain", ""]
    for name, action in actions.items():
        lines += [f"## {name}", "", action["description"].strip(), ""]
        for parameter, schema in (action.get("params") or {}).items():
            lines += [f"- `{parameter}` ({schema.get('type', 'any')}): {schema.get('description', '').strip()}"]
        if action.get("params"):
            lines += [""]
    return "\n".join(lines)


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
