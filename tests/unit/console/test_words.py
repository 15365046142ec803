from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet import quantities
from vacnet.console import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m00s"),
        (252, "4m12s"),
        (3600, "1h00m"),
        (7500, "2h05m"),
        (86399, "23h59m"),
        (86400, "1d00h"),
        (1e6, "11d13h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    assert quantities.duration(seconds) == text


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_longer_duration_never_reads_as_a_shorter_one(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert _read(quantities.duration(shorter)) <= _read(quantities.duration(longer))


def _read(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total = number = 0
    for sign in text:
        number, total = (
            (0, total + number * units[sign]) if sign in units else (number * 10 + int(sign), total)
        )
    return total


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.34, "0.3s"), (9.99, "10.0s"), (10, "10s"), (-1, "0.0s")]
)
def test_young_ages_are_told_in_tenths(seconds: float | None, text: str) -> None:
    assert words.age(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2 << 30, "2.0 GiB"),
        (310 << 30, "310 GiB"),
        (1 << 70, "1048576 PiB"),
    ],
)
def test_a_size_has_its_unit(count: int, text: str) -> None:
    assert quantities.size(count) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "factory", "1 factory"),
        (2, "factory", "2 factories"),
        (0, "start", "0 starts"),
        (3, "key", "3 keys"),
    ],
)
def test_a_noun_agrees_with_its_count(count: int, noun: str, text: str) -> None:
    assert words.plural(count, noun) == text


@given(st.text())
def test_text_from_outside_can_move_no_cursor(text: str) -> None:
    shown = words.clean(text)
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_text_that_is_harmless_stays_as_it_is() -> None:
    assert words.clean("300 nichts zu tun für LHCb ✓") == "300 nichts zu tun für LHCb ✓"
