"""The specification tells of everything that the code has: fields, types, reasons, constants."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.spec_page import SPEC, TABLES, _documented, spec_page
from tools.wire_tables import shapes
from vacnet.space import limits

TEXT = SPEC.read_text()


def test_its_tables_are_those_of_the_code() -> None:
    assert spec_page() == TEXT, "run: python -m tools.pages"


def test_a_drifted_number_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIVE_BEATS", 4)
    assert spec_page() != TEXT


@pytest.mark.parametrize("name", shapes())
def test_every_shape_has_its_table(name: str) -> None:
    assert f"<!-- table: shape {name} -->" in TEXT


def test_every_constant_stands_in_it() -> None:
    names = {name for name in vars(limits) if name.isupper()} - {"U32_MAX", "U64_MAX"}
    assert {name for name in names if f"| {name} |" not in TEXT} == set()


def test_every_constant_says_why_it_is_what_it_is() -> None:
    sections = re.findall(r"^# -- (.+?) -*$", Path(limits.__file__).read_text(), re.MULTILINE)
    told = dict(one for section in ("numbers", *sections) for one in _documented(section))
    assert {name for name in vars(limits) if name.isupper()} == set(told)
    assert [name for name, why in told.items() if len(why.split()) < 4] == []


def test_every_constant_that_the_text_names_is_one() -> None:
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", TEXT))
    assert named <= set(vars(limits))


def test_every_kind_of_table_is_used() -> None:
    assert {kind for kind in TABLES if f"<!-- table: {kind}" not in TEXT} == set()


def test_its_links_lead_somewhere() -> None:
    heads = {
        re.sub(r"[^a-z0-9 _-]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^## (.*)$", TEXT, flags=re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= heads


def test_sections_that_the_text_points_to_are_there() -> None:
    heads = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", TEXT, flags=re.MULTILINE))
    of_ours = re.sub(r"RFC \d+\s+sections?\s+[\d.]+", "", TEXT)
    assert set(re.findall(r"section (\d+(?:\.\d+)?)", of_ours)) <= heads
