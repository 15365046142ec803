"""Documents made from tables of the code are those of the tables."""

import msgspec
import pytest

from tools.pages import PAGES, ROOT
from tools.settings_page import meaning_of


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_what_its_table_makes(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path](), "run: python -m tools.pages"


def test_every_key_of_the_settings_has_a_meaning_of_its_own() -> None:
    rows = [line.split(" | ") for line in PAGES["docs/settings.md"]().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    for key, meaning, *_ in rows:
        assert meaning.endswith((".", ":")), key
        assert len(meaning) > len("Sizes.."), key


def test_a_key_without_a_meaning_makes_no_page() -> None:
    class Silent(msgspec.Struct):
        """It does not say what its key does."""

        key: str = ""
        other: str = ""
        """Something."""

    assert meaning_of(Silent, "other") == "Something."
    with pytest.raises(KeyError):
        meaning_of(Silent, "key")
