"""Kernel settings are raised, never lowered."""

from __future__ import annotations

from pathlib import Path

from jujubox.machines import limits


def test_a_low_setting_is_raised_once(tmp_path: Path) -> None:
    setting = tmp_path / "max_user_instances"
    setting.write_text("128\n")
    assert limits.ensure(setting, 4096) is True
    assert setting.read_text() == "4096\n"
    assert limits.ensure(setting, 4096) is False


def test_a_high_setting_is_left_alone(tmp_path: Path) -> None:
    setting = tmp_path / "max_user_instances"
    setting.write_text("8192\n")
    assert limits.ensure(setting, 4096) is False
    assert setting.read_text() == "8192\n"
