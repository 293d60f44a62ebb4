import re
from pathlib import Path

import pytest

from workbench import reference

TOP = reference.TOP
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("sample/**/*.md"), *TOP.glob("tests/*.md")])


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_a_page_of_the_reference_says_what_the_charm_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.pages()[path], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not dead
