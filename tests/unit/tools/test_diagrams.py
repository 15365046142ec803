"""The diagrams in the documents are those of the tables."""

import pytest

from tools.diagrams import PAGES, ROOT


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_what_its_table_makes(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path](), "run: python -m tools.diagrams"
