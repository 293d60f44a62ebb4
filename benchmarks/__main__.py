"""Run one scenario: `python -m benchmarks NAME [--json FILE]`.

Exits 1 if a figure does not hold what it is held to.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import signal
import sys
from pathlib import Path

import benchmarks
from benchmarks.figures import describe_machine, table

_NOT_SCENARIOS = {
    "__main__",
    "client_bed",
    "client_writers",
    "figures",
    "own_box",
    "plot",
    "relations_bed",
    "store_clock",
    "store_peers",
    "vanilla",
}


def scenarios() -> list[str]:
    """Names of what can be run."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name.replace("_", "-") for name in found if name not in _NOT_SCENARIOS)


def main(argv: list[str]) -> int:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=scenarios())
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write one JSON object to FILE")
    name = next((word for word in argv if word in scenarios()), None)
    scenario = importlib.import_module(f"benchmarks.{name.replace('-', '_')}") if name else None
    if hasattr(scenario, "arguments"):
        scenario.arguments(parser)
    options = parser.parse_args(argv)
    assert scenario is not None
    rows = scenario.run(options) if hasattr(scenario, "arguments") else scenario.run()
    machine = describe_machine()
    print(f"{options.name}, on {machine}\n\n{table(rows)}")
    if options.json:
        found = {"name": options.name, "machine": machine, "rows": [row.as_json() for row in rows]}
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    for ends in (signal.SIGTERM, signal.SIGINT):  # also where a shell has it ignored: what was set up is taken down
        signal.signal(ends, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
