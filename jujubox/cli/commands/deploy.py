"""Deploys a local charm, or a bundle of them.

The charm is a path that starts with `./` or `/`: a directory or a packed .charm file. A bundle is a YAML file, or a
directory with a bundle.yaml in it.
"""

from __future__ import annotations

import os

from jujubox.cli.errors import CommandError
from jujubox.cli.invocation import Invocation
from jujubox.cli.registry import Scope
from jujubox.cli.settings import absolute, constraints, listed, pairs, settings
from jujubox.flags import FlagSet, UsageError, quote, refuse_more

USAGE = "<charm or bundle> [<application name>]"
SCOPE: Scope = "model"


def flags(known: FlagSet) -> None:
    known.integer("n", "num-units", default=1)
    for name in ("config", "storage", "resource", "to", "constraints", "overlay"):
        known.string(name, repeated=True)
    for name in ("base", "bind", "channel", "map-machines", "device"):
        known.string(name)
    known.integer("revision", default=-1)
    for name in ("trust", "force", "dry-run"):
        known.boolean(name)


def run(call: Invocation) -> None:
    if not call.args:
        raise UsageError("no charm or bundle specified")
    refuse_more(call.args[2:])
    path = _local(call.args[0])
    bundle = _bundle_file(path)
    if bundle:
        from jujubox.cli.bundle import deploy_bundle

        refuse_more(call.args[1:])
        deploy_bundle(call, bundle, call.flags["overlay"])
        return
    if call.flags["overlay"]:
        raise UsageError("flags provided but not supported when deploying a charm: --overlay.")
    _deploy_charm(call, path, call.args[1] if len(call.args) > 1 else None)


def _local(word: str) -> str:
    if not word.startswith(("./", "../", "/", "~")) and word not in (".", ".."):
        raise CommandError(
            f"cannot deploy {quote(word)}: read the name of a charm in a store (expected a path: ./{word})",
            "charms come from this machine only; pack the charm and give its path",
        )
    path = os.path.abspath(os.path.expanduser(word))
    if not os.path.exists(path):
        raise CommandError(f"no charm or bundle was found at {quote(word)}")
    return path


def _bundle_file(path: str) -> str:
    """The bundle at `path`, or nothing if that is a charm."""
    if os.path.isdir(path):
        inside = os.path.join(path, "bundle.yaml")
        return inside if os.path.exists(inside) and not os.path.exists(os.path.join(path, "metadata.yaml")) else ""
    return path if path.endswith((".yaml", ".yml")) else ""


def _deploy_charm(call: Invocation, path: str, application: str | None) -> None:
    found = call.flags
    if found["num-units"] < 1:
        raise UsageError("--num-units must be a positive integer")
    if found["dry-run"]:
        raise CommandError("cannot rehearse a charm: --dry-run is for bundles")
    deployed = call.on_model(
        "deploy",
        charm=path,
        application=application,
        num_units=found["num-units"],
        config=settings(found["config"], application or ""),
        trust=found["trust"],
        storage=pairs(found["storage"]),
        resources=absolute(pairs(found["resource"])),
        to=listed(found["to"]),
        constraints=constraints(found["constraints"]),
        bind=bindings(found["bind"]),
        force=found["force"],
        **({"base": found["base"].removesuffix("/stable")} if found["base"] else {}),
    )
    charm = f"local charm {quote(deployed['charm'])}, revision {deployed['revision']}"
    call.note(f"Located {charm}")
    call.note(f"Deploying {quote(deployed['application'])} from {charm} on {deployed['base']}/stable")


def bindings(text: str) -> dict[str, str]:
    """The value of --bind: `space` for all endpoints (the empty key), or `endpoint=space ...`."""
    return {endpoint: space for part in text.split() for endpoint, _, space in [_binding(part)]}


def _binding(part: str) -> tuple[str, str, str]:
    return part.partition("=") if "=" in part else ("", "=", part)
