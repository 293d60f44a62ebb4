"""What is done to a data directory, on a real file system with real processes."""

from __future__ import annotations

import os
import struct
import subprocess
import time
from pathlib import Path

from pgcharm.adapters import host
from pgcharm.observe.data import recent_log, said_at, system_identifier


def with_tablespace(tmp_path: Path) -> tuple[Path, Path]:
    data, space = tmp_path / "data", tmp_path / "space"
    (data / "pg_tblspc").mkdir(parents=True)
    (space / "PG_15").mkdir(parents=True)
    (data / "pg_tblspc" / "16400").symlink_to(space)
    return data, space


def test_what_is_set_aside_keeps_its_tablespaces_and_leaves_empty_ones_for_the_copy(tmp_path: Path) -> None:
    data, space = with_tablespace(tmp_path)
    aside = Path(host.ensure_set_aside(str(data), "now"))
    assert not data.exists()
    assert list(space.iterdir()) == []
    assert (aside / "pg_tblspc" / "16400" / "PG_15").is_dir()


def test_what_is_removed_leaves_empty_tablespaces(tmp_path: Path) -> None:
    data, space = with_tablespace(tmp_path)
    assert host.ensure_data_absent(str(data))
    assert not data.exists()
    assert list(space.iterdir()) == []
    assert not host.ensure_data_absent(str(data))


def test_a_program_at_work_on_a_directory_is_seen_and_can_be_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["tail", "-f", "/dev/null", str(tmp_path)], stderr=subprocess.DEVNULL) as process:
        while not host.programs(str(tmp_path)):
            time.sleep(0.001)  # it runs already, and has no name yet
        assert [name for name, seconds in host.programs(str(tmp_path)).values() if seconds < 60] == ["tail"]
        while host.programs(str(tmp_path)):
            process.terminate()
            process.wait()
    assert not host.ensure_nobody_works_on(str(tmp_path), 1)


def test_the_system_identifier_is_read_and_a_torn_control_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "global").mkdir()
    control = tmp_path / "global" / "pg_control"
    assert system_identifier(str(tmp_path)) == ""
    control.write_bytes(struct.pack("=Q", 7345678901234567890) + bytes(100))
    assert system_identifier(str(tmp_path)) == "7345678901234567890"
    control.write_bytes(b"abc")
    assert system_identifier(str(tmp_path)) == ""


def test_only_what_was_said_lately_is_read_from_the_log(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    lines = ["2020-01-01 00:00:00.000 GMT [7] FATAL:  long ago", f"{now}.000 GMT [7] FATAL:  now", "no time at all"]
    (tmp_path / "log" / "postgresql-Sat.log").write_text("\n".join(lines) + "\n")
    assert recent_log(str(tmp_path)) == [lines[1]]
    assert said_at("1970-01-01 00:01:00.500 GMT [7] LOG:  hello") == 60.5


def test_a_program_that_was_replaced_on_disk_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "sleep"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program, "60"]) as process:
        assert not host.is_replaced(process.pid)
        program.unlink()
        assert host.is_replaced(process.pid)
        process.kill()
    assert not host.is_replaced(os.getpid())
