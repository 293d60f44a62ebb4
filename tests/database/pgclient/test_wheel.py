"""What `pip install` of a wheel brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

TOP = Path(__file__).parents[3]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "jujubox", "pgcharm", "pgclient", "pgstore")
LOOK = """
import pathlib, pgclient, pgclient.command.__main__, pgclient.types, pgclient.web
assert all(hasattr(pgclient, name) for name in pgclient.__all__)
place = pathlib.Path(pgclient.__file__).parent
assert (place / "py.typed").exists()
print(place)
"""


def test_a_wheel_holds_the_client_its_types_and_its_command(tmp_path: Path) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for part in PARTS:
        if (TOP / part).is_dir():
            shutil.copytree(TOP / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TOP / part, source / part)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("postgresql_charm-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
        names = archive.namelist()
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    assert "pgclient = pgclient.command.__main__:main" in (installed / entry).read_text()
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    looked = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert looked.stdout.strip() == str(installed / "pgclient")
