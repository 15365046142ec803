"""Documents made from tables of the code are those of the tables."""

import pytest

from tools.pages import PAGES, ROOT


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_what_its_table_makes(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path](), "run: python -m tools.pages"
