"""Write the locks anew: `requirements.txt` for the charm, `requirements/dev.txt` for the development environment.

Knows: the tool that resolves, and what a lock of ours holds: one version and all hashes a package, for every Python of
the machines at once, and no index.
Must not know: who installs from a lock (`prepare`, `jujubox pack`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

RESOLVER = "uv==0.13.8"
OLDEST_PYTHON = "3.10"


def _resolve(source: str, target: str, *more: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", source, "--output-file", target]
    command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--upgrade"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    subprocess.run([*command, *more], check=True)


def main() -> None:
    """Resolve both locks, the charm's first: what both hold is at the charm's version."""
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", RESOLVER], check=True)
    _resolve("requirements/charm.in", "requirements.txt", "--emit-build-options")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as versions:
        locked = Path("requirements.txt").read_text(encoding="utf-8").splitlines()
        versions.write("\n".join(line for line in locked if not line.startswith("--")))
        versions.flush()
        _resolve("requirements/dev.in", "requirements/dev.txt", "--constraint", versions.name)


if __name__ == "__main__":
    main()
