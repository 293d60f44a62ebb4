"""The datastore on the PostgreSQL of Debian 13: all its tests once more, with the programs of a machine's image."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from driving import box as boxes
from driving.postgresql import ROOT
from driving.prepared import prepared_root

pytestmark = pytest.mark.jujubox_only


def test_the_datastores_tests_pass_on_postgresql_17(box: boxes.Box) -> None:
    image = prepared_root("13", "17")
    assert [path.name for path in (image / "usr/lib/postgresql").iterdir()] == ["17"]
    tests = [sys.executable, "-m", "pytest", "-q", "-x", "tests/database/pgstore", "--postgresql-root", str(image)]
    done = subprocess.run(tests, cwd=ROOT, env={**os.environ, "TMPDIR": "/tmp"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert re.search(r"\d\d passed", done.stdout)
    assert "skipped" not in done.stdout
