"""Times as admins write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from vacnet.cli.moment import moment


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("18:00", "2026-11-24T18:00:00+01:00"),
        ("9:30", "2026-11-25T09:30:00+01:00"),
        ("12:03:30", "2026-11-24T12:03:30+01:00"),
        ("2h", "2026-11-24T14:03:01+01:00"),
        ("1h30m", "2026-11-24T13:33:01+01:00"),
        ("90m", "2026-11-24T13:33:01+01:00"),
        ("3d", "2026-11-27T12:03:01+01:00"),
        ("45s", "2026-11-24T12:03:46+01:00"),
        ("2026-11-24T18:00", "2026-11-24T18:00:00+01:00"),
        ("2026-11-24 18:00", "2026-11-24T18:00:00+01:00"),
        ("2026-11-24T18:00Z", "2026-11-24T19:00:00+01:00"),
        ("2026-11-25", "2026-11-25T00:00:00+01:00"),
        ("2027-06-01T12:00", "2027-06-01T12:00:00+02:00"),
    ],
)
def test_what_is_meant(text: str, meant: str) -> None:
    now = datetime.fromisoformat("2026-11-24T12:03:01+01:00")
    assert moment(text, now) == datetime.fromisoformat(meant).timestamp()


def test_a_time_of_day_is_by_the_rules_of_its_own_day() -> None:
    """Summer time ends in the night of 25 October 2026."""
    now = datetime.fromisoformat("2026-10-24T22:00:00+02:00")
    assert moment("21:00", now) == datetime.fromisoformat("2026-10-25T21:00:00+01:00").timestamp()


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "12:60", "2", "h", "-2h", "1.5h", "2 h", "٢h", "18:00pm"]
)
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no time: expected a time of day such as 18:00"):
        moment(text, datetime.fromisoformat("2026-11-24T12:03:01+01:00"))


@pytest.mark.parametrize("text", ["2026-11-24T12:00", "2026-11-24", "0h"])
def test_what_has_passed_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"has passed \(it is 2026-11-24 12:03\)"):
        moment(text, datetime.fromisoformat("2026-11-24T12:03:01+01:00"))
