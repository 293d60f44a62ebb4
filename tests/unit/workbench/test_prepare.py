import subprocess
import sys

import pytest

from workbench import prepare

LOCK = """\
# a remark
pip==1.0 \\
    --hash=sha256:aa
wheel==2.0 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
wheelhouse==3.0 \\
    --hash=sha256:dd
"""


def test_a_part_of_the_lock_keeps_the_hashes_and_takes_no_namesake() -> None:
    found = prepare.part_of_lock(LOCK, ["wheel"])
    assert found == "wheel==2.0 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"


def test_everything_that_builds_is_in_the_lock() -> None:
    found = prepare.part_of_lock(prepare.LOCK.read_text(encoding="utf-8"), prepare.BUILDING)
    assert found.count("==") == len(prepare.BUILDING)


def test_where_a_command_fails_the_end_of_what_it_said_is_told() -> None:
    with pytest.raises(prepare.Missing, match="no such thing"):
        prepare.run(["sh", "-c", "echo no such thing >&2; exit 3"])


def test_a_bare_machines_python_is_enough_to_begin_with() -> None:
    """Without site-packages: on a bare Debian there is no PyYAML either."""
    bare = [sys.executable, "-S", "-c", "import workbench.prepare"]
    assert subprocess.run(bare, cwd=prepare.TOP, capture_output=True, text=True, check=False).stderr == ""
