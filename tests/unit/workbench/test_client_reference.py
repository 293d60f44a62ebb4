"""The client's reference says what its docstrings say."""

from __future__ import annotations

import pgclient
from workbench import client_reference


def test_the_page_is_that_of_the_code() -> None:
    said = client_reference.PAGE.read_text(encoding="utf-8")
    assert said == client_reference.page(), "run python -m workbench.client_reference"


def test_every_public_name_is_on_it() -> None:
    page = client_reference.page()
    assert all(f"## {name}\n" in page for name in pgclient.__all__)
