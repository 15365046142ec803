"""A drain as a value: its words, what the record keeps of it, and what it means beside the settings."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from vacnet.factory import drain as of_drain
from vacnet.factory.drain import Drain
from vacnet.targets.model import FactorySettings

HOUR = 3600.0


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _drain(**changes: object) -> Drain:
    values: dict[str, object] = {"reason": "new DIMMs", "who": "andrew", "since": time.time(), **changes}
    return Drain(**values)  # type: ignore[arg-type]


def _settings(**changes: object) -> FactorySettings:
    return FactorySettings(name="f", processors=1, **changes)  # type: ignore[arg-type]


def test_words_say_since_when_why_and_who() -> None:
    since = time.time()
    clock = time.strftime("%H:%M", time.gmtime(since))
    assert _drain(since=since).words() == f"draining since {clock}: new DIMMs (andrew)"
    assert _drain(since=since, now=True).words() == f"draining now since {clock}: new DIMMs (andrew)"


def test_a_time_that_is_near_is_told_to_the_second() -> None:
    assert "machines are gone by 1970-01-01 00:00:20; until" in _drain(since=0.0, by=20.0).in_full()
    assert "machines are gone by 1970-01-01 01:00; until" in _drain(since=0.0, by=3_620.0).in_full()


def test_another_day_is_told_with_its_date() -> None:
    words = _drain(since=0.0, by=90_000.0, boot_id="b").in_full()
    assert words == (
        "draining since 1970-01-01 00:00: new DIMMs (andrew); machines are gone by 1970-01-02 01:00; "
        "until the next reboot"
    )


def test_what_the_record_keeps_comes_back_and_ends_with_its_boot() -> None:
    lasting, passing = _drain(by=5.0), _drain(boot_id="boot-1")
    assert of_drain.decode(of_drain.encode(lasting), "boot-2") == lasting
    assert of_drain.decode(of_drain.encode(passing), "boot-1") == passing
    assert of_drain.decode(of_drain.encode(passing), "boot-2") is None
    assert of_drain.decode(of_drain.encode(None), "boot-1") is None


@pytest.mark.parametrize("kept", ["{", "[]", '{"reason": 1}'])
def test_what_is_no_drain_is_an_error(kept: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        of_drain.decode(kept, "boot-1")


def test_either_the_settings_or_an_order_drain() -> None:
    assert of_drain.draining(_settings(), None) == ""
    assert of_drain.draining(_settings(draining=True), None) == "[factory] draining = true"
    assert of_drain.draining(_settings(), _drain(since=0.0)).startswith("draining since")
    both = of_drain.draining(_settings(draining=True), _drain(since=0.0))
    assert both.endswith("(andrew); [factory] draining = true")


def test_the_earlier_of_two_deadlines_holds_and_now_is_its_own() -> None:
    assert of_drain.deadline(_settings(), _drain()) is None
    assert of_drain.deadline(_settings(shutdown_time=500), _drain(by=400.0)) == 400.0
    assert of_drain.deadline(_settings(shutdown_time=300), _drain(by=400.0)) == 300
    assert of_drain.deadline(_settings(), _drain(since=100.0, now=True)) == 100.0
