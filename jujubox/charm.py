"""What a charm says of itself, read from a directory or a `.charm` zip, and how one is unpacked.

Knows: metadata.yaml, config.yaml, actions.yaml, manifest.yaml, or charmcraft.yaml that holds all of them.
Must not know: where charms are kept, or which applications use one.

    >>> charm_of({"metadata": {"name": "db", "provides": {"sql": {"interface": "pgsql"}}}}).endpoints["sql"].role
    'provider'
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml

Role = Literal["provider", "requirer", "peer"]
Documents = dict[str, Any]
"""The charm's YAML documents by name: metadata, config, actions, manifest."""

_ROLES: tuple[tuple[str, Role], ...] = (("provides", "provider"), ("requires", "requirer"), ("peers", "peer"))
_FILES = {"metadata": "metadata.yaml", "config": "config.yaml", "actions": "actions.yaml", "manifest": "manifest.yaml"}
_SCHEMA_KEYS = frozenset(
    {"description", "parallel", "execution-group", "params", "required", "additionalProperties", "title"}
)


class CharmError(ValueError):
    """The directory or file is not a charm that can be read."""


@dataclass(frozen=True)
class Endpoint:
    """One end of relations. `limit` is the greatest number of them, 0 for any."""

    name: str
    role: Role
    interface: str
    scope: Literal["global", "container"] = "global"
    limit: int = 0
    optional: bool = False


@dataclass(frozen=True)
class Option:
    """A config option; `type` is string, int, float, boolean or secret."""

    type: str
    default: Any = None
    description: str = ""


@dataclass(frozen=True)
class Action:
    """An action; `params` are JSON schemas of its parameters."""

    description: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: bool = True
    parallel: bool = False
    execution_group: str = ""
    title: str = ""


@dataclass(frozen=True)
class StorageMeta:
    """Storage that a unit asks for: between `minimum` and `maximum` instances (None: any number)."""

    type: Literal["filesystem", "block"]
    location: str = ""
    minimum: int = 1
    maximum: int | None = 1
    description: str = ""

    @property
    def multiple(self) -> bool:
        """Whether one unit may have several."""
        return self.maximum != 1


@dataclass(frozen=True)
class ResourceMeta:
    """A file that the operator provides beside the charm."""

    type: str
    filename: str
    description: str = ""


@dataclass(frozen=True)
class Charm:
    """A charm as it describes itself."""

    name: str
    summary: str = ""
    description: str = ""
    subordinate: bool = False
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    extra_bindings: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    storage: Mapping[str, StorageMeta] = field(default_factory=dict)
    resources: Mapping[str, ResourceMeta] = field(default_factory=dict)
    assumes: tuple[Any, ...] = ()
    min_juju: str = ""
    bases: tuple[str, ...] = ()
    """What the charm runs on, e.g. `ubuntu@22.04`; empty if it does not say."""


def read_charm(path: Path) -> Charm:
    """The charm in a directory or a zip. Raises CharmError."""
    return charm_of(read_documents(path))


def read_documents(path: Path) -> Documents:
    """The charm's YAML documents, those of a charmcraft.yaml sorted into their places. Raises CharmError."""
    texts = _read_texts(path)
    documents = {name: _load(file, texts[file]) for name, file in _FILES.items() if file in texts}
    unified = _load("charmcraft.yaml", texts["charmcraft.yaml"]) if "charmcraft.yaml" in texts else {}
    if "metadata" not in documents and "name" in unified:
        documents["metadata"] = _metadata_of(unified)
    for name in ("config", "actions"):
        if name not in documents and unified.get(name):
            documents[name] = unified[name]
    if "metadata" not in documents:
        raise CharmError(f"cannot read charm {path}: no metadata.yaml (expected a charm directory or a .charm file)")
    return documents


def charm_of(documents: Documents) -> Charm:
    """The charm that documents describe. Raises CharmError."""
    meta = documents["metadata"]
    if not isinstance(meta.get("name"), str):
        raise CharmError("cannot read metadata.yaml: no name (expected a string)")
    return Charm(
        name=meta["name"],
        summary=str(meta.get("summary") or ""),
        description=str(meta.get("description") or ""),
        subordinate=bool(meta.get("subordinate", False)),
        endpoints=_endpoints(meta),
        extra_bindings=tuple(meta.get("extra-bindings") or ()),
        options={name: _option(name, value) for name, value in _mapping(documents.get("config"), "options").items()},
        actions={name: _action(value or {}) for name, value in (documents.get("actions") or {}).items()},
        storage={name: _storage(value) for name, value in (meta.get("storage") or {}).items()},
        resources={name: _resource(name, value) for name, value in (meta.get("resources") or {}).items()},
        assumes=tuple(meta.get("assumes") or ()),
        min_juju=str(meta.get("min-juju-version") or ""),
        bases=_bases(documents.get("manifest") or {}),
    )


def unpack(charm: Path, target: Path) -> None:
    """Put the charm's files into `target`, modes and symlinks kept. Raises CharmError for names that lead outside."""
    if charm.is_dir():
        shutil.copytree(charm, target, symlinks=True, dirs_exist_ok=True)
        return
    with zipfile.ZipFile(charm) as archive:
        for entry in archive.infolist():
            _unpack_entry(archive, entry, target)


def pack(source: Path, target: Path) -> None:
    """Zip a charm directory. Equal directories give equal files: entries are sorted and carry no times."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(_files_below(source)):
            _pack_entry(archive, path, path.relative_to(source).as_posix())


def _files_below(source: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in (".git", "__pycache__", ".tox", ".venv")]
        found += [Path(folder, name) for name in (*files, *folders)]
    return found


def _pack_entry(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    mode = path.lstat().st_mode
    entry = zipfile.ZipInfo(name + "/" if stat.S_ISDIR(mode) else name)
    entry.external_attr = (mode & 0xFFFF) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    if stat.S_ISLNK(mode):
        archive.writestr(entry, path.readlink().as_posix())
    elif stat.S_ISDIR(mode):
        archive.writestr(entry, b"")
    elif stat.S_ISREG(mode):
        with path.open("rb") as source, archive.open(entry, "w") as sink:
            shutil.copyfileobj(source, sink)


def _unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
        raise CharmError(f"cannot unpack charm: entry {entry.filename!r} leads outside (expected a relative path)")
    path = target / entry.filename
    mode = entry.external_attr >> 16
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.exists():
        path.unlink()
    if stat.S_ISLNK(mode):
        path.symlink_to(archive.read(entry).decode())
        return
    with archive.open(entry) as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    path.chmod(mode & 0o777 or 0o644)


def _read_texts(path: Path) -> dict[str, str]:
    wanted = (*_FILES.values(), "charmcraft.yaml")
    try:
        if path.is_dir():
            return {name: (path / name).read_text() for name in wanted if (path / name).is_file()}
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name).decode() for name in wanted if name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CharmError(f"cannot read charm {path}: {error} (expected a charm directory or a .charm file)") from error


def _load(file: str, text: str) -> Any:
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CharmError(f"cannot read {file}: {error}") from error
    if not isinstance(loaded, dict | None):
        raise CharmError(f"cannot read {file}: {type(loaded).__name__} (expected a map)")
    return loaded or {}


def _metadata_of(unified: dict[str, Any]) -> dict[str, Any]:
    skipped = {"config", "actions", "parts", "bases", "base", "platforms", "build-base", "type", "charm-libs", "links"}
    return {key: value for key, value in unified.items() if key not in skipped}


def _mapping(document: Any, key: str) -> dict[str, Any]:
    return ((document or {}).get(key)) or {}


def _endpoints(meta: dict[str, Any]) -> dict[str, Endpoint]:
    return {
        name: _endpoint(name, role, value)
        for section, role in _ROLES
        for name, value in (meta.get(section) or {}).items()
    }


def _endpoint(name: str, role: Role, value: Any) -> Endpoint:
    if isinstance(value, str):
        return Endpoint(name, role, value)
    if not isinstance(value, dict) or "interface" not in value:
        raise CharmError(f"cannot read metadata.yaml: endpoint {name!r} has no interface (expected a string)")
    return Endpoint(
        name=name,
        role=role,
        interface=str(value["interface"]),
        scope=cast(Literal["global", "container"], value.get("scope") or "global"),
        limit=int(value.get("limit") or 0),
        optional=bool(value.get("optional", False)),
    )


def _option(name: str, value: Any) -> Option:
    type_ = str(value.get("type", "string"))
    if type_ not in ("string", "int", "float", "boolean", "secret"):
        raise CharmError(
            f"cannot read config.yaml: option {name!r} has type {type_!r} (expected string, int, float, ...)"
        )
    default = value.get("default")
    if type_ == "float" and isinstance(default, int):
        default = float(default)
    return Option(type_, default, str(value.get("description") or ""))


def _action(value: dict[str, Any]) -> Action:
    params = value.get("params")
    if params is None:
        params = {name: item for name, item in value.items() if name not in _SCHEMA_KEYS and isinstance(item, dict)}
    return Action(
        description=str(value.get("description") or ""),
        params=params,
        required=tuple(value.get("required") or ()),
        additional=bool(value.get("additionalProperties", True)),
        parallel=bool(value.get("parallel", False)),
        execution_group=str(value.get("execution-group") or ""),
        title=str(value.get("title") or ""),
    )


def _storage(value: dict[str, Any]) -> StorageMeta:
    minimum, maximum = _count_range(str((value.get("multiple") or {}).get("range") or "1"))
    return StorageMeta(
        type=value.get("type", "filesystem"),
        location=str(value.get("location") or ""),
        minimum=minimum,
        maximum=maximum,
        description=str(value.get("description") or ""),
    )


def _count_range(text: str) -> tuple[int, int | None]:
    """`2` is exactly two, `1-` and `1+` at least one, `0-3` up to three."""
    if text.endswith(("-", "+")):
        return int(text[:-1]), None
    first, dash, last = text.partition("-")
    return (int(first), int(last)) if dash else (int(first), int(first))


def _resource(name: str, value: dict[str, Any]) -> ResourceMeta:
    return ResourceMeta(
        type=str(value.get("type", "file")),
        filename=str(value.get("filename") or name),
        description=str(value.get("description") or ""),
    )


def _bases(manifest: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{base['name']}@{str(base['channel']).split('/')[0]}" for base in manifest.get("bases") or ())
