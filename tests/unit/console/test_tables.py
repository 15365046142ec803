from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from tests.unit.console import scenes
from tests.unit.console.drawn import drawn
from vacnet.console.model import View
from vacnet.console.space_view import space_view
from vacnet.console.tables import draw, print_view


def big_space(factories: int, targets: int) -> View:
    state = scenes.space(
        tuple(scenes.factory(f"vac{n:03d}", state="silent" if n == 77 else "live") for n in range(factories)),
        tuple(
            scenes.target(f"target-{n:02d}", "open", "at its share", share=1 / targets)
            for n in range(targets)
        ),
    )
    return space_view(state, scenes.NOW)


@pytest.mark.parametrize("scene", scenes.SPACES)
def test_three_targets_and_five_factories_need_no_more_than_80_by_24(scene: str) -> None:
    lines = drawn(space_view(scenes.SPACES[scene], scenes.NOW), 80).splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines) <= 80


@pytest.mark.parametrize("width", range(20, 201, 9))
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    for state in scenes.SPACES.values():
        assert max(line.cell_len for line in draw(space_view(state, scenes.NOW), width)) <= width


@pytest.mark.parametrize("height", [24, 30, 50])
def test_a_thousand_factories_fit_any_screen_and_the_silent_one_is_shown(height: int) -> None:
    text = drawn(big_space(1000, 20), 80, height=height)
    assert len(text.splitlines()) <= height
    assert "vac077" in text
    assert "more: " in text


def test_without_a_terminal_nothing_is_cut_and_there_are_no_escape_sequences() -> None:
    out = io.StringIO()
    print_view(big_space(1000, 20), Console(file=out, width=80, highlight=False, soft_wrap=True))
    assert "vac999" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_without_colours_nothing_but_colours_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    view = space_view(scenes.ONE_SILENT, scenes.NOW)
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, highlight=False, soft_wrap=True)
    print_view(view, console)
    assert not any(f"\x1b[{code}m" in out.getvalue() for code in (31, 32, 33, 36))


@pytest.mark.parametrize("scene", scenes.SPACES)
def test_in_ascii_every_sign_is_ascii_and_every_line_as_long(scene: str) -> None:
    view = space_view(scenes.SPACES[scene], scenes.NOW)
    plain, signs = drawn(view, 80), drawn(view, 80, ascii_signs=True)
    assert signs.isascii()
    assert [len(line) for line in signs.splitlines()] == [len(line) for line in plain.splitlines()]


def test_markup_in_words_from_outside_is_shown_as_it_is() -> None:
    state = msgspec.structs.replace(scenes.HEALTHY, warnings=("[red]no[/red] \x1b[2J",))
    assert "[red]no[/red] \\x1b[2J" in drawn(space_view(state, scenes.NOW), 80)
