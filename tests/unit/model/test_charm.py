from __future__ import annotations

import os
import zipfile

import pytest

from jujubox.charm import CharmError, pack, read_charm, unpack


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "hooks").mkdir(parents=True)
    (folder / "metadata.yaml").write_text("name: db\nprovides:\n  sql: pgsql\npeers: {p: {interface: i}}\n")
    (folder / "hooks" / "install").write_text("#!/bin/sh\n")
    (folder / "hooks" / "install").chmod(0o755)
    (folder / "hooks" / "start").symlink_to("install")
    return folder


def test_modes_and_symlinks_survive_being_packed(source, tmp_path) -> None:
    pack(source, tmp_path / "c.charm")
    unpack(tmp_path / "c.charm", tmp_path / "out")
    assert os.access(tmp_path / "out/hooks/install", os.X_OK)
    assert (tmp_path / "out/hooks/start").readlink().as_posix() == "install"
    assert read_charm(tmp_path / "c.charm") == read_charm(source)


def test_equal_directories_pack_to_equal_files(source, tmp_path) -> None:
    pack(source, tmp_path / "1")
    os.utime(source / "metadata.yaml", (0, 0))
    pack(source, tmp_path / "2")
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_an_unpacked_zip_stays_within_its_directory(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.charm", "w") as archive:
        archive.writestr("../outside", "x")
    with pytest.raises(CharmError, match="leads outside"):
        unpack(tmp_path / "bad.charm", tmp_path / "out")


def test_one_charmcraft_yaml_says_it_all(tmp_path) -> None:
    (tmp_path / "charmcraft.yaml").write_text(
        "name: web\ntype: charm\nbase: ubuntu@22.04\n"
        "config: {options: {n: {type: int, default: 3}}}\n"
        "actions: {go: {description: Go, params: {to: {type: string}}, additionalProperties: false}}\n"
        "requires: {db: {interface: pgsql, limit: 1, optional: true}}\n"
    )
    charm = read_charm(tmp_path)
    assert (charm.name, charm.options["n"].default, charm.endpoints["db"].limit) == ("web", 3, 1)
    assert (charm.actions["go"].description, charm.actions["go"].additional) == ("Go", False)


def test_endpoints_know_their_role(source) -> None:
    assert {e.name: (e.role, e.interface) for e in read_charm(source).endpoints.values()} == {
        "sql": ("provider", "pgsql"),
        "p": ("peer", "i"),
    }


@pytest.mark.parametrize("text", ["", "- a list\n", "summary: no name\n", "name: [\n"])
def test_what_is_no_charm_is_refused(tmp_path, text) -> None:
    (tmp_path / "metadata.yaml").write_text(text)
    with pytest.raises(CharmError, match="cannot read"):
        read_charm(tmp_path)
