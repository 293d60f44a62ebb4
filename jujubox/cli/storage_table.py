"""Storage as a table, for `juju storage` and `juju status --storage`.

Knows: the columns, and how storage, filesystems and attachments hang together.
Must not know: how they were got.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jujubox.cli.tabs import status_cell
from jujubox.output import natural

_UNITS = ("MiB", "GiB", "TiB", "PiB")


def storage_rows(storage: Mapping[str, Any], mountpoints: bool) -> list[list[str]]:
    """Head and one row an attachment; nothing where there is no storage."""
    place = ["Mountpoint"] if mountpoints else []
    head = [
        "Storage Unit" if mountpoints else "Unit",
        "Storage ID",
        "Type",
        "Pool",
        *place,
        "Size",
        "Status",
        "Message",
    ]
    rows = []
    for storage_id, info in sorted((storage.get("storage") or {}).items(), key=lambda item: natural(item[0])):
        pool, size = _provisioned(storage, storage_id)
        status = info.get("status") or {}
        for unit, location in _attachments(info):
            where = [location] if mountpoints else []
            told = [size, status_cell(status.get("current", "")), status.get("message", "")]
            rows.append([unit, storage_id, info["kind"], pool, *where, *told])
    return [head, *sorted(rows, key=lambda row: (row[0] == "", natural(row[0])))] if rows else []


def _attachments(info: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    units = (info.get("attachments") or {}).get("units") or {}
    for unit, attachment in units.items():
        yield unit, attachment.get("location") or ""
    if not units:
        yield "", ""


def _provisioned(storage: Mapping[str, Any], storage_id: str) -> tuple[str, str]:
    """Pool and size of what stands behind a storage instance."""
    for kind in ("filesystems", "volumes"):
        for item in (storage.get(kind) or {}).values():
            if item.get("storage") == storage_id:
                return item.get("pool") or "", size(item.get("size") or 0)
    return "", ""


def size(mebibytes: float) -> str:
    """A size as Juju prints it: `512 MiB`, `1.5 GiB`."""
    if not mebibytes:
        return ""
    unit = 0
    while mebibytes >= 1024 and unit < len(_UNITS) - 1:
        mebibytes, unit = mebibytes / 1024, unit + 1
    number = f"{mebibytes:.1f}".removesuffix(".0") if mebibytes < 10 else f"{mebibytes:.0f}"
    return f"{number} {_UNITS[unit]}"


def filesystem_rows(filesystems: Mapping[str, Any]) -> list[list[str]]:
    """Head and one row a machine that a filesystem or volume is attached to."""
    rows = [["Machine", "Unit", "Storage ID", "ID", "Provider ID", "Mountpoint", "Size", "State", "Message"]]
    for key, item in sorted(filesystems.items(), key=lambda pair: natural(pair[0])):
        attachments = item.get("attachments") or {}
        unit = ",".join(attachments.get("units") or {})
        status = item.get("status") or {}
        told = [size(item.get("size") or 0), status_cell(status.get("current", "")), status.get("message", "")]
        for machine, attachment in (attachments.get("machines") or {"": {}}).items():
            point = attachment.get("mount-point") or attachment.get("device") or ""
            names = [machine, unit, item.get("storage") or "", key, item.get("provider-id") or ""]
            rows.append([*names, point, *told])
    return rows
