"""What may be kept is decided before anything is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgstore.documents import LONGEST_ID, check_document, check_id, check_new, check_revision, encode
from pgstore.errors import BadRequest
from pgstore.names import database_name, local_name, scope_name, view_name

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab\\u0é")
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
DOCUMENTS = st.dictionaries(st.text(max_size=5).filter(lambda key: not key.startswith("_")), JSON, max_size=5)


@given(DOCUMENTS)
def test_a_document_is_refused_only_for_a_nul_and_reads_back_equal(document: dict[str, object]) -> None:
    plain = json.dumps(document, ensure_ascii=False)
    try:
        assert json.loads(encode(document)) == document
    except BadRequest:
        assert "\\u0000" in plain


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, b"bytes", "a\0b", {"deep": ["\0"]}, "\ud800", {"\0": 1}]
)
def test_what_jsonb_cannot_hold_is_refused_by_name(value: object) -> None:
    with pytest.raises(BadRequest, match="cannot keep document 'buoy'"):
        encode({"name": "buoy", "value": value})


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert json.loads(encode({"a": "\\u0000"})) == {"a": "\\u0000"}


def test_a_document_is_refused_for_its_size() -> None:
    with pytest.raises(BadRequest, match=r"0\.0 MiB of JSON"):
        encode({"a": "x" * 100}, largest=64)


@pytest.mark.parametrize("given", ["", "x" * (LONGEST_ID + 1), "a\0b", None, 7, "\udc00"])
def test_an_id_is_a_string_that_fits(given: object) -> None:
    with pytest.raises(BadRequest, match="cannot use id"):
        check_id(given)


@pytest.mark.parametrize("given", ["0", "-1", "1.0", "one", "", None, True, "2147483648", "²"])
def test_a_revision_is_what_a_read_gave(given: object) -> None:
    with pytest.raises(BadRequest, match="cannot use revision"):
        check_revision(given, "a")


def test_a_new_document_has_no_revision_and_one_id() -> None:
    with pytest.raises(BadRequest, match="use update"):
        check_new({"_id": "a", "_rev": "1"})
    with pytest.raises(BadRequest, match="names an id itself"):
        check_new({"_id": "a"}, "b")
    check_new({"_id": "a"})


@pytest.mark.parametrize(
    "document",
    [{"name": 5}, {"name": "x" * 1001}, {"visibility": "all"}, {"visibility": True}, {"type_": "Association", "s": 1}],
)
def test_an_indexed_field_can_be_indexed(document: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="cannot keep document"):
        check_document(document)


def test_a_database_is_named_after_the_cleaned_sysname() -> None:
    assert scope_name("x_special-scope") == "x_specialscope"
    assert database_name("Demo-System", "ion") == "demosystem_ion"
    long = database_name("s" * 80)
    assert len(long) == 63
    assert long != database_name("s" * 81)


@pytest.mark.parametrize(
    "given", ["Resources", "1st", "a-b", "", None, "x" * 60, "mine_assoc", "mine_hist", "a_pkey", "a__b", 'a"b']
)
def test_a_store_name_is_lower_case_and_no_table_of_another_store(given: object) -> None:
    with pytest.raises(BadRequest, match="cannot name a store"):
        local_name(given)


def test_a_scoped_name_loses_its_scope() -> None:
    assert local_name("demo_resources", "demo") == "resources"
    assert local_name("resources", "demo") == "resources"


def test_a_view_is_named_after_its_type() -> None:
    assert view_name("resources", "DataProduct") == "ion_resources__data_product"
    with pytest.raises(BadRequest, match="cannot make a view"):
        view_name("resources", "---")
