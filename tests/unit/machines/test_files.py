"""Files written into a machine's root."""

from __future__ import annotations

import os
from pathlib import Path

from jujubox.machines.files import File, Link, inside, write_files


def test_files_and_links_are_written_with_their_modes_and_replace_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/old").symlink_to("/etc/passwd")
    write_files(tmp_path, {"/etc/old": File(0o600, b"new"), "/usr/bin/x": File(0o755, b"#!"), "/l": Link("/etc/old")})
    assert not (tmp_path / "etc/old").is_symlink()
    assert (tmp_path / "etc/old").read_bytes() == b"new"
    assert (tmp_path / "etc/old").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "usr/bin/x").stat().st_mode & 0o7777 == 0o755
    assert os.readlink(tmp_path / "l") == "/etc/old"


def test_links_among_directories_are_followed_inside_the_root_only(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "abs").symlink_to("/usr/lib")
    (tmp_path / "up").symlink_to("../../..")
    assert inside(tmp_path, "/lib/x") == tmp_path / "usr/lib/x"
    assert inside(tmp_path, "/abs/x") == tmp_path / "usr/lib/x"
    assert inside(tmp_path, "/up/etc/x") == tmp_path / "etc/x"
