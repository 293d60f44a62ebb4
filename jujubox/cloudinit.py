"""What a model wants on its machines before any agent: `cloudinit-userdata`, as far as an image can hold it.

Knows: the keys of cloud-init that Juju passes on and this package can carry out. Must not know: how an image is made.

>>> parsed("packages: [curl]\\npreruncmd: ['touch /ready']")
Userdata(packages=('curl',), commands=('touch /ready',))
"""

from __future__ import annotations

import re
import shlex
from typing import Any

import yaml

from jujubox.userdata import Userdata

_KEYS = ("packages", "preruncmd")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+:~-]+)?")


def parsed(text: str) -> Userdata:
    """The value of `cloudinit-userdata`. Raises ValueError with what is wrong with it."""
    try:
        found: Any = yaml.safe_load(text or "") or {}
    except yaml.YAMLError as error:
        raise ValueError(f"cannot read cloudinit-userdata: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or set(found) - set(_KEYS):
        seen = ", ".join(sorted(map(str, found))) if isinstance(found, dict) else type(found).__name__
        raise ValueError(f"cannot use cloudinit-userdata with {seen} (expected {' and '.join(_KEYS)})")
    return Userdata(
        packages=tuple(_package(item) for item in _list(found, "packages")),
        commands=tuple(_command(item) for item in _list(found, "preruncmd")),
    )


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key) or []
    if not isinstance(value, list):
        seen = type(value).__name__
        raise ValueError(f"cannot use {key} of cloudinit-userdata: {seen} (expected a list)")  # noqa: TRY004
    return value


def _package(item: Any) -> str:
    if isinstance(item, str) and _PACKAGE.fullmatch(item):
        return item
    raise ValueError(f"cannot install {item!r} from cloudinit-userdata (expected the name of a package)")


def _command(item: Any) -> str:
    if isinstance(item, list) and all(isinstance(word, str) for word in item):
        return shlex.join(item)
    if isinstance(item, str):
        return item
    raise ValueError(f"cannot run {item!r} from cloudinit-userdata (expected text or a list of words)")
