import pytest
from hypothesis import given
from hypothesis import strategies as st

from jujubox.packing.lock import LockError, Pin, read_lock

LOCK = """\
--no-binary Python_Etcd
# a remark
six==1.17.0 ; python_full_version < '3.11' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
Python_Etcd==0.4.5 --hash=sha256:cc  # a remark
"""


def test_a_lock_has_one_pin_a_package_with_all_its_hashes() -> None:
    lock = read_lock(LOCK, "requirements.txt")
    assert [pin.name for pin in lock.pins] == ["python-etcd", "six"]
    assert lock.pins[1].hashes == ("sha256:aa", "sha256:bb")


def test_what_has_no_wheel_is_built_and_not_fetched() -> None:
    lock = read_lock(LOCK, "requirements.txt")
    assert [pin.name for pin in lock.sources()] == ["python-etcd"]
    assert [pin.name for pin in lock.fetched_for("3.10")] == ["six"]


@pytest.mark.parametrize(("python", "counts"), [("3.10", True), ("3.11", False), ("3.13", False)])
def test_a_marker_is_read_for_the_python_of_the_machine(python: str, counts: bool) -> None:
    assert Pin("six", "1.17.0", "python_full_version < '3.11'").counts_for(python) is counts


@pytest.mark.parametrize("line", ["six", "six>=1", "six==1.*", "-r other.txt", "./here"])
def test_what_is_not_a_lock_is_refused_with_the_line_that_was_read(line: str) -> None:
    with pytest.raises(LockError, match="requirements.txt"):
        read_lock(line, "requirements.txt")


@given(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), st.lists(st.from_regex(r"sha256:[0-9a-f]{4}", fullmatch=True))
)
def test_a_line_reads_back_as_the_pin_that_wrote_it(name: str, hashes: list[str]) -> None:
    pin = Pin(name, "1.2.3", 'python_version < "3.11"', tuple(hashes))
    assert read_lock(pin.line(), "requirements.txt").pins == (pin,)
