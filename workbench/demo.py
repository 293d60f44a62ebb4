"""Three units of PostgreSQL and a client application on this machine, from whatever is there already.

Knows: what the demo consists of, when it is ready, and what there is to try.
Must not know: how machines, packages or the charm work; it types what a person could.

What is right is left alone: a second run packs nothing that is unchanged, deploys nothing twice and waits for nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.commands import call, status, typed
from workbench.says import Missing, bold, dim, seconds, step
from workbench.view import View, rows, settled

BUILD = Path("build")
NOTE = BUILD / "demo.json"
SERVER, CLIENT = "postgresql", "ledger"
UNITS = 3
PATIENCE = 900
"""Seconds until waiting gives up; a cold start takes a third of that on two cores."""
PATIENCE_WITH_ERRORS = 150
"""Seconds that a unit may need to recover from a failed hook; the agent tries again after 5, 10, 20 ... seconds."""


def raise_box() -> None:
    """The controller and the base image, and at the same time the charms."""
    with step("Starting jujubox, packing the charms"), ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_start_box), pool.submit(_pack)]
        for job in jobs:
            job.result()


def _start_box() -> None:
    call("jujubox", "up")


def _pack() -> None:
    for directory in (".", f"sample/{CLIENT}"):
        call("jujubox", "pack", directory, "--output", str(BUILD))


def packed(application: str) -> str:
    """The charm of an application, as `juju deploy` takes it."""
    found = sorted(BUILD.glob(f"{application}_*.charm"))
    if not found:
        raise Missing(f"cannot deploy {application}: no {BUILD}/{application}_*.charm")
    return f"./{found[-1]}"


def ensure_deployed() -> None:
    """Both applications in the charm's present state, and the relation between them."""
    there = status().get("applications") or {}
    charms = {application: packed(application) for application in (SERVER, CLIENT)}
    digests = {name: hashlib.sha256(Path(charm).read_bytes()).hexdigest() for name, charm in charms.items()}
    model = str(json.loads(call("juju", "show-model", "--format", "json"))["default"]["model-uuid"])
    known = noted(model)
    if SERVER not in there or CLIENT not in there:
        with step(f"Deploying {UNITS} units and {CLIENT}"):
            for application, options in ((SERVER, ("--num-units", str(UNITS))), (CLIENT, ())):
                if application not in there:
                    call("juju", "deploy", charms[application], application, *options)
    for application in there.keys() & charms.keys():
        if known.get(application) != digests[application]:
            with step(f"Refreshing {application}"):
                call("juju", "refresh", application, "--path", charms[application])
    if "db" not in (there.get(CLIENT, {}).get("relations") or {}):
        call("juju", "integrate", f"{CLIENT}:db", f"{SERVER}:db")
    NOTE.write_text(json.dumps({"model": model, "charms": digests}))


def noted(model: str) -> dict[str, str]:
    """Digests of the charms that the demo last put into this model; Juju would take the same one as a revision."""
    try:
        note = json.loads(NOTE.read_text())
    except (OSError, ValueError):
        return {}
    return dict(note["charms"]) if note.get("model") == model else {}


def units(found: Mapping[str, Any]) -> dict[str, Any]:
    """Every unit of a status by name."""
    applications = found.get("applications") or {}
    return {
        name: unit for application in applications.values() for name, unit in (application.get("units") or {}).items()
    }


def wait(view: View) -> Mapping[str, Any]:
    """Show what happens until every unit is active and idle; the status then."""
    end = time.monotonic() + PATIENCE
    troubled: dict[str, float] = {}
    while True:
        found = status()
        everyone = units(found)
        unready = [name for name, unit in everyone.items() if not settled(unit)]
        if view.live or unready:
            view.show(rows(found))
        if everyone and not unready:
            return found
        troubled = {
            name: troubled.get(name, time.monotonic())
            for name in unready
            if name in troubled or everyone[name]["workload-status"].get("current") == "error"
        }
        stuck = [name for name, since in troubled.items() if time.monotonic() > since + PATIENCE_WITH_ERRORS]
        if stuck or time.monotonic() > end:
            raise Missing(stuck_words(stuck or unready, seconds(time.monotonic() - view.begun)))
        time.sleep(1)


def stuck_words(names: list[str], took: str) -> str:
    """Why waiting was given up, with the last that the first of the units wrote into the log."""
    entity = "unit-" + names[0].replace("/", "-")
    log = call("juju", "debug-log", "--replay", "--no-tail", "--level", "WARNING", "--include", entity)
    return "\n".join(
        [
            f"cannot finish the demo: after {took} not active: {', '.join(names)}",
            *log.splitlines()[-10:],
            f"hint: Read on with `{typed('juju')} debug-log --replay --include {entity}`.",
        ]
    )


def primary(found: Mapping[str, Any]) -> str:
    """The unit that says it is the primary."""
    for name, unit in units(found).items():
        if name.startswith(f"{SERVER}/") and unit["workload-status"].get("message", "").startswith("primary"):
            return name
    return f"{SERVER}/leader"


def closing_words(found: Mapping[str, Any], took: float) -> str:
    """What a person can do now, in commands that work as they stand."""
    juju, jujubox = typed("juju"), typed("jujubox")
    first = primary(found)
    machine = units(found).get(first, {}).get("machine", "0")
    report = f"{juju} run {CLIENT}/0 report"
    return f"""
{bold(f"The cluster is up after {seconds(took)}.")} The primary is {first}; reach it with

    {juju} ssh {first} sudo -u postgres psql {CLIENT}

Three things to try. After each one, what the client application found and lost is told by

    {report}

{bold("1. Kill the primary's machine")}, see another unit take over, and bring the machine back:

    {jujubox} fault crash {machine}
    {juju} status
    {jujubox} fault heal

{bold("2. Add a unit")}; it clones the primary and follows it:

    {juju} add-unit {SERVER}

{bold("3. Take a unit away")}, the primary if you like:

    {juju} remove-unit {first}

{dim("`make demo-down` removes every trace of this.")}"""


def main() -> int:
    """Bring the demo up; 1 and a sentence if that fails."""
    begun = time.monotonic()
    try:
        raise_box()
        ensure_deployed()
        found = wait(View(begun=begun))
        print(f"\n{call('juju', 'status').rstrip()}")
        print(closing_words(found, time.monotonic() - begun))
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; `make demo` goes on from here, `make demo-down` takes it down.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
