import hashlib
import zipfile
from pathlib import Path

import pytest
import yaml

from jujubox.packing import archive, content
from jujubox.packing.charm import pack


@pytest.fixture
def charm(tmp_path: Path) -> Path:
    top = tmp_path / "ledger"
    (top / "hooks").mkdir(parents=True)
    (top / "hooks" / "launch").write_text("#!/bin/sh\n")
    (top / "hooks" / "launch").chmod(0o755)
    (top / "hooks" / "start").symlink_to("launch")
    (top / "metadata.yaml").write_text("name: ledger\nsummary: s\ndescription: d\n")
    (top / "__pycache__").mkdir()
    (top / "__pycache__" / "x.pyc").touch()
    (top / ".git").mkdir()
    (top / ".git" / "HEAD").touch()
    (top / "src").mkdir()
    (top / "src" / "notes.md").touch()
    return top


def test_without_a_prime_list_everything_but_rubbish_is_packed(charm: Path) -> None:
    assert content.chosen(charm) == ["hooks/launch", "hooks/start", "metadata.yaml", "src/notes.md"]


def test_a_prime_list_names_what_is_packed(charm: Path) -> None:
    (charm / "charmcraft.yaml").write_text("parts: {charm: {plugin: dump, prime: [hooks, '*.yaml']}}")
    assert content.chosen(charm) == ["charmcraft.yaml", "hooks/launch", "hooks/start", "metadata.yaml"]


def test_the_manifest_names_no_base_that_juju_refuses(charm: Path) -> None:
    (charm / "charmcraft.yaml").write_text(
        "bases: [{run-on: [{name: debian, channel: '12'}, {name: ubuntu, channel: '24.04'}]}]"
    )
    bases = yaml.safe_load(content.manifest(charm, "amd64"))["bases"]
    assert bases == [{"name": "ubuntu", "channel": "24.04", "architectures": ["amd64"]}]


def test_modes_and_symlinks_are_kept(charm: Path, tmp_path: Path) -> None:
    packed = pack(charm, tmp_path / "build", tmp_path / "cache")
    with zipfile.ZipFile(packed) as opened:
        modes = {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}
        assert opened.read("hooks/start") == b"launch"
    assert modes["hooks/launch"] == 0o100755
    assert modes["hooks/start"] == 0o120777
    assert modes["metadata.yaml"] == 0o100644


def test_the_same_content_gives_the_same_bytes(charm: Path, tmp_path: Path) -> None:
    first = pack(charm, tmp_path / "build", tmp_path / "cache").read_bytes()
    (charm / "metadata.yaml").touch()
    assert pack(charm, tmp_path / "build", tmp_path / "cache").read_bytes() == first


def test_a_half_written_charm_is_never_seen(tmp_path: Path) -> None:
    target = tmp_path / "x.charm"
    target.write_text("old")
    with pytest.raises(OSError, match="absent"):
        archive.write(target, [("a", tmp_path / "absent")])
    assert target.read_text() == "old"


def test_what_charmcraft_yaml_holds_is_packed_as_juju_reads_it(charm: Path, tmp_path: Path) -> None:
    (charm / "metadata.yaml").unlink()
    (charm / "charmcraft.yaml").write_text(
        "name: ledger\ntype: charm\nactions: {report: {description: d}}\nparts: {}\n"
    )
    with zipfile.ZipFile(pack(charm, tmp_path / "build", tmp_path / "cache")) as opened:
        assert yaml.safe_load(opened.read("metadata.yaml")) == {"name": "ledger"}
        assert yaml.safe_load(opened.read("actions.yaml")) == {"report": {"description": "d"}}
        assert "config.yaml" not in opened.namelist()


def test_wheels_of_the_charms_own_are_packed_and_locked(charm: Path, tmp_path: Path) -> None:
    (charm / "wheels").mkdir()
    wheel = charm / "wheels" / "my_store-1.0-py3-none-any.whl"
    wheel.write_bytes(b"contents")
    (charm / "requirements.txt").write_text("# nothing of an index\n")
    with zipfile.ZipFile(pack(charm, tmp_path / "build", tmp_path / "cache")) as opened:
        assert opened.read(f"wheelhouse/{wheel.name}") == b"contents"
        digest = hashlib.sha256(b"contents").hexdigest()
        assert f"my-store==1.0 \\\n    --hash=sha256:{digest}" in opened.read("requirements.txt").decode()
        assert not any(name.startswith("wheels/") for name in opened.namelist())
