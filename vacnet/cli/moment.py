"""A time as an admin writes it: `18:00`, `2h`, `1h30m`, `2026-11-24T18:00`, each the next one to come.

Rules of this file: it knows the reader's zone, and is told the time. A time of day without a date is
today's, or tomorrow's if that has passed; a date without a zone is the reader's own. What has passed is
refused in words: a deadline in the past is a slip of the pen and not an order to end everything.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

EXPECTED = "expected a time of day such as 18:00, a duration such as 2h or 1h30m, or 2026-11-24T18:00"

_DURATION = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2})?", re.ASCII)
_DAY = timedelta(days=1)


def moment(text: str, now: datetime) -> float:
    """Return the moment that is meant, in Unix seconds.

    Raises:
        ValueError: it is none, or has passed; the text says what was expected.
    """
    at = _after(text, now) or _time_of_day(text, now) or _date(text, now)
    if at is None:
        raise ValueError(f"{text!r} is no time: {EXPECTED}")
    if at <= now:
        raise ValueError(f"{text!r} has passed (it is {now:%Y-%m-%d %H:%M}): {EXPECTED}")
    return at.timestamp()


def past_moment(text: str, now: datetime) -> float:
    """Return the moment gone by that is meant, in Unix seconds: a duration counts back from now.

    Raises:
        ValueError: it is none, or is still to come; the text says what was expected.
    """
    after, time = _after(text, now), _time_of_day(text, now)
    at = now - (after - now) if after else (time - _DAY if time else _date(text, now))
    if at is None:
        raise ValueError(f"{text!r} is no time: {EXPECTED}")
    if at > now:
        raise ValueError(f"{text!r} is still to come (it is {now:%Y-%m-%d %H:%M}): {EXPECTED}")
    return at.timestamp()


def _after(text: str, now: datetime) -> datetime | None:
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _time_of_day(text: str, now: datetime) -> datetime | None:
    if not _TIME_OF_DAY.fullmatch(text):
        return None
    hour, minute, *second = map(int, text.split(":"))
    try:
        # Without the offset of now: at that time it may be another, for summer time begins and ends.
        at = now.astimezone().replace(
            hour=hour, minute=minute, second=sum(second), microsecond=0, tzinfo=None
        )
    except ValueError:
        return None
    return at.astimezone() if at.astimezone() > now else (at + _DAY).astimezone()


def _date(text: str, _now: datetime) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        return None
