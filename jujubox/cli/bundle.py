"""Bundles: applications, their options and placement, and the relations between them, from one YAML file.

Knows: the format of a bundle, overlays, and which changes bring a model to what it says.
Must not know: how a change is carried out.

A bundle deployed a second time changes only what differs: a missing application, unit or relation.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.settings import as_map, constraints, read_text
from jujubox.flags import quote

Bundle = dict[str, Any]


def load_bundle(path: str, overlays: Iterable[str] = ()) -> Bundle:
    """The bundle at `path` with overlays applied: later documents of the same file, then `overlays`."""
    documents = [(path, document) for document in _documents(path)]
    documents += [(overlay, document) for overlay in overlays for document in _documents(overlay)]
    bundle: Bundle = {}
    for source, document in documents:
        bundle = overlaid(bundle, _grounded(as_map(document, source), os.path.dirname(os.path.abspath(source))))
    if not bundle.get("applications"):
        raise CommandError(f"cannot deploy bundle {path}: found no applications (expected at least one)")
    return bundle


def _documents(path: str) -> list[Any]:
    import yaml

    try:
        return list(yaml.safe_load_all(read_text(path)))
    except yaml.YAMLError as error:
        raise CommandError(f"cannot parse {path}: {error}") from error


def _grounded(document: Bundle, folder: str) -> Bundle:
    """The document with paths made absolute and `services` called applications."""
    applications = document.get("applications") or document.get("services") or {}
    grounded = {name: spec and _with_paths(spec, folder) for name, spec in applications.items()}
    return {**document, "applications": grounded}


def _with_paths(spec: Mapping[str, Any], folder: str) -> dict[str, Any]:
    result = dict(spec)
    if isinstance(spec.get("charm"), str) and spec["charm"].startswith("."):
        result["charm"] = os.path.normpath(os.path.join(folder, spec["charm"]))
    options = {key: _included(value, folder) for key, value in (spec.get("options") or {}).items()}
    resources = {
        name: os.path.join(folder, value) if isinstance(value, str) else value
        for name, value in (spec.get("resources") or {}).items()
    }
    return {**result, "options": options, "resources": resources}


def _included(value: Any, folder: str) -> Any:
    """`include-file://path` and `include-base64://path` stand for what is in the file."""
    if not isinstance(value, str):
        return value
    if value.startswith("include-file://"):
        return read_text(os.path.join(folder, value.removeprefix("include-file://")))
    if value.startswith("include-base64://"):
        with open(os.path.join(folder, value.removeprefix("include-base64://")), "rb") as file:
            return base64.b64encode(file.read()).decode()
    return value


def overlaid(bundle: Bundle, overlay: Bundle) -> Bundle:
    """`bundle` as `overlay` changes it; an application that the overlay sets to nothing goes, with its relations."""
    applications = dict(bundle.get("applications") or {})
    for name, spec in overlay["applications"].items():
        if spec is None:
            applications.pop(name, None)
            continue
        old = applications.get(name) or {}
        options = {**(old.get("options") or {}), **(spec.get("options") or {})}
        applications[name] = {**old, **spec, "options": options}
    relations = [*(bundle.get("relations") or []), *(overlay.get("relations") or [])]
    gone = {name for name, spec in overlay["applications"].items() if spec is None}
    kept = [pair for pair in relations if not gone & {str(end).split(":")[0] for end in _flat(pair)}]
    return {**bundle, **overlay, "applications": applications, "relations": kept}


def _flat(pair: Any) -> Iterator[Any]:
    for end in pair:
        yield from end if isinstance(end, list) else [end]


def relations_of(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Pairs of endpoints; `[a, [b, c]]` stands for a-b and a-c."""
    for pair in bundle.get("relations") or []:
        if not isinstance(pair, list) or len(pair) != 2:
            raise CommandError(f"cannot read relation {pair} of the bundle (expected two endpoints)")
        ours, theirs = (end if isinstance(end, list) else [end] for end in pair)
        yield from ((str(one), str(other)) for one in ours for other in theirs)


def deploy_bundle(call: Invocation, path: str, overlays: Iterable[str]) -> None:
    """Brings the model to what the bundle says."""
    bundle = load_bundle(path, overlays)
    present = call.on_model("status", selectors=[])
    dry = bool(call.flags["dry-run"])
    call.note("Changes to deploy bundle:" if dry else "Executing changes:")
    machines = _ensure_machines(call, bundle, present, dry)
    for name, spec in bundle["applications"].items():
        there = (present.get("applications") or {}).get(name)
        if there is None:
            _deploy(call, name, spec or {}, bundle, machines, dry)
        else:
            _adjust(call, name, spec or {}, there, dry)
    for pair in relations_of(bundle):
        _relate(call, pair, present, dry)
    if not dry:
        call.note("Deploy of bundle completed.")


def _ensure_machines(call: Invocation, bundle: Bundle, present: Mapping[str, Any], dry: bool) -> dict[str, str]:
    """The machines that the bundle declares, added, by the bundle's own ids."""
    wanted: Mapping[Any, Any] = bundle.get("machines") or {}
    missing = [spec for name, spec in bundle["applications"].items() if name not in (present.get("applications") or {})]
    found: dict[str, str] = {}
    for key, spec in wanted.items():
        if not any(str(key) in _placements(app) for app in missing):
            continue
        call.note(f"- add new machine {key}")
        if not dry:
            base = (spec or {}).get("base") or bundle.get("default-base")
            limits = constraints([str((spec or {}).get("constraints") or "")])
            params = {"base": base.removesuffix("/stable")} if base else {}
            found[str(key)] = call.on_model("add_machine", count=1, constraints=limits, **params)[0]
    return found


def _placements(spec: Mapping[str, Any] | None) -> list[str]:
    to = (spec or {}).get("to") or []
    return [str(place) for place in (to if isinstance(to, list) else [to])]


def _deploy(
    call: Invocation, name: str, spec: Mapping[str, Any], bundle: Bundle, machines: Mapping[str, str], dry: bool
) -> None:
    charm = str(spec.get("charm") or name)
    if not charm.startswith("/"):
        raise CommandError(
            f"cannot deploy {quote(name)} of the bundle: charm is {quote(charm)} (expected a path: ./{charm})"
        )
    call.note(f"- deploy application {name} from {charm}")
    if dry:
        return
    base = spec.get("base") or bundle.get("default-base")
    call.on_model(
        "deploy",
        charm=charm,
        application=name,
        num_units=_units(spec),
        config=spec.get("options") or {},
        trust=bool(spec.get("trust") or call.flags["trust"]),
        storage={key: str(value) for key, value in (spec.get("storage") or {}).items()},
        resources={key: value for key, value in (spec.get("resources") or {}).items() if isinstance(value, str)},
        to=[_placed(call, place, machines) for place in _placements(spec)],
        constraints=constraints([str(spec.get("constraints") or "")]),
        bind=spec.get("bindings") or {},
        force=call.flags["force"],
        **({"base": base.removesuffix("/stable")} if base else {}),
    )
    if spec.get("expose"):
        call.on_model("expose", application=name)


def _units(spec: Mapping[str, Any]) -> int:
    """How many units an application is to have; one where the bundle does not say."""
    return int(spec.get("num_units", spec.get("scale", 1)))


def _placed(call: Invocation, place: str, machines: Mapping[str, str]) -> str:
    """A placement of the bundle as one of the model: a declared machine, `new`, or beside a unit or application."""
    if place in machines:
        return machines[place]
    if place == "new" or ":" in place:
        return place
    unit = place if "/" in place else f"{place}/0"
    shown = call.on_model("show_unit", units=[unit])
    return str(shown[unit].get("machine") or "new")


def _adjust(call: Invocation, name: str, spec: Mapping[str, Any], there: Mapping[str, Any], dry: bool) -> None:
    """Adds the units that an application lacks and sets its options."""
    lacking = 0 if there.get("subordinate-to") else _units(spec) - len(there.get("units") or {})
    if lacking > 0:
        call.note(f"- add {lacking} unit{'s' if lacking > 1 else ''} to {name}")
    if spec.get("options"):
        call.note(f"- set application options for {name}")
    if not dry and lacking > 0:
        call.on_model("add_unit", application=name, num_units=lacking)
    if not dry and spec.get("options"):
        call.on_model("set_config", application=name, set=spec["options"])


def _relate(call: Invocation, pair: tuple[str, str], present: Mapping[str, Any], dry: bool) -> None:
    if any(_matches(pair, relation) for relation in present.get("relations") or []):
        return
    call.note(f"- add relation {pair[0]} - {pair[1]}")
    if not dry:
        call.on_model("integrate", endpoints=list(pair))


def _matches(pair: tuple[str, str], relation: Mapping[str, str]) -> bool:
    ends = relation["provider"], relation["requirer"]
    return any(
        all(end == told or end.split(":")[0] == told for told, end in zip(pair, order, strict=True))
        for order in (ends, ends[::-1])
    )
