from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from tests.unit.console import scenes
from tests.unit.console.drawn import drawn
from vacnet.console.machines_view import machines_view
from vacnet.console.model import View, say
from vacnet.console.space_view import space_view
from vacnet.console.tables import draw, knows_unicode, line_of_log, print_view
from vacnet.console.targets_view import targets_view


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


def test_a_long_message_is_cut_on_a_terminal_and_nowhere_else() -> None:
    long = scenes.machine(7, "atlas", "ended", ended=scenes.NOW - 9, message="600 " + "very long words " * 40)
    state = msgspec.structs.replace(scenes.MACHINES["ended"], machines=(long,))
    view = machines_view(state, scenes.NOW)
    narrow = drawn(view, 80).splitlines()
    assert len(narrow) == 6
    assert narrow[-1].endswith("\u2026")
    assert max(map(len, narrow)) <= 80
    out = io.StringIO()
    print_view(view, Console(file=out, width=80, highlight=False, soft_wrap=True))
    assert "very long words " * 39 in out.getvalue()


def test_what_the_host_has_against_all_targets_is_told_once() -> None:
    words = "draining since 11:40: new DIMMs (root)"
    targets = tuple(
        scenes.target(f"target-{n}", "probing", f"nobody can start a probe now; here: {words}", here=words)
        for n in range(4)
    )
    host = scenes.factory("vac01.example.org", itself=True, flags=("draining",), note=words)
    state = scenes.space((host,), targets)
    assert drawn(targets_view(state, scenes.NOW), 160).count("new DIMMs") == 1
    assert drawn(space_view(state, scenes.NOW), 160).count("new DIMMs") == 1


def test_what_keeps_one_target_off_stays_with_it() -> None:
    words = "this version of vacnet has no runtime for machine_model vm"
    state = scenes.space((scenes.VAC01,), (scenes.LHCB, scenes.target("cern", "probing", "", here=words)))
    assert f"here: {words}" in " ".join(drawn(targets_view(state, scenes.NOW), 80).split())


@pytest.mark.parametrize("width", [40, 80, 160])
def test_a_line_of_a_log_is_broken_between_words_and_cut_unless_it_is_to_be_full(width: int) -> None:
    words = " ".join(f"key{n}=value{n}" for n in range(60))
    few, all_of_it = line_of_log(say(words), width), line_of_log(say(words), width, full=True)
    assert max(line.cell_len for line in (*few, *all_of_it)) <= width
    assert (len(few), few[-1].plain[-1]) == (3, "\u2026")
    assert " ".join(line.plain.strip() for line in all_of_it) == words


@pytest.mark.parametrize(
    ("locale", "unicode"),
    [
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C"}, False),
        ({"LC_ALL": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
        ({}, True),
    ],
)
def test_who_names_a_locale_of_ascii_gets_ascii(
    monkeypatch: pytest.MonkeyPatch, locale: dict[str, str], *, unicode: bool
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert knows_unicode(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) is unicode
    assert not knows_unicode(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))


def test_a_fact_that_is_longer_than_a_line_is_broken_between_words_and_not_cut() -> None:
    long = "useless: ended without work, and so for nobody"
    told = drawn(View(facts=(say("a fact"), say(long), say("another")), sheets=()), 30)
    assert [line.strip() for line in told.splitlines()] == [
        "a fact",
        "useless: ended without work,",
        "and so for nobody   another",
    ]
