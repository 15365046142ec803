"""A drain: who lets this factory start nothing new, since when, why, and by when all has to be gone.

Rules of this file: pure values and words. A drain is kept in the record as JSON and holds over restarts of
the factory, and over reboots too unless it was given until the next one; then it bears the identity of the
boot it was given in. Beside it stand the settings (`[factory] draining`, `shutdown_time`): either drains,
and of two deadlines the earlier one holds.

A deadline is wall time here, because that is what an admin means and what outlives a boot; machines are
held to it on the clock of this boot.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec

from vacnet.targets.model import FactorySettings

KEPT_AS = "drain"
"""Under this key in the record."""

NEAR_SECONDS = 600.0
"""A time so near is told to the second."""

IN_SETTINGS = "[factory] draining = true"


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """A drain that an admin ordered; times are Unix seconds."""

    reason: str
    who: str
    since: float
    by: float | None = None
    """When the last machine has to be gone; None: whenever they end by themselves."""
    now: bool = False
    """All machines are ended, with the reason."""
    boot_id: str = ""
    """It ends with this boot; empty: only `vacnet undrain` ends it."""

    @property
    def deadline(self) -> float | None:
        """Return the deadline that it sets to the host."""
        return self.since if self.now else self.by

    def words(self) -> str:
        """Return it for the notes of tables, which tell the deadline besides."""
        return f"draining{' now' * self.now} since {shown(self.since)}: {self.reason} ({self.who})"

    def in_full(self) -> str:
        """Return everything about it."""
        until = "until the next reboot" if self.boot_id else "until `vacnet undrain`"
        return f"{self.words()}{self._gone()}; {until}"

    def _gone(self) -> str:
        """Return by when machines are gone: one that is near to the second."""
        if self.by is None:
            return ""
        seconds = time.strftime(":%S", time.localtime(self.by)) if self.by - self.since < NEAR_SECONDS else ""
        return f"; machines are gone by {shown(self.by)}{seconds}"


def encode(drain: Drain | None) -> str:
    """Return what the record keeps; empty: no drain."""
    return "" if drain is None else msgspec.json.encode(drain).decode()


def decode(kept: str, boot_id: str) -> Drain | None:
    """Return the drain that the record keeps and that still holds under this boot.

    Raises:
        ValueError: what is kept is no drain of a version we know.
    """
    if not kept:
        return None
    drain = msgspec.json.decode(kept, type=Drain)
    return drain if drain.boot_id in {"", boot_id} else None


def draining(settings: FactorySettings, drain: Drain | None) -> str:
    """Return why nothing new starts, by settings or order; empty: something may."""
    ordered = drain.words() if drain else ""
    return _joined((ordered, IN_SETTINGS if settings.draining else ""))


def deadline(settings: FactorySettings, drain: Drain | None) -> float | None:
    """Return by when all machines have to be gone, in Unix seconds."""
    told = (settings.shutdown_time, drain.deadline if drain else None)
    return min((at for at in told if at), default=None)


def shown(at: float) -> str:
    """Return a moment where the reader is: the time of day, with the date if it is another day's."""
    today = time.strftime("%Y-%m-%d")
    date, clock = time.strftime("%Y-%m-%d %H:%M", time.localtime(at)).split(" ")
    return clock if date == today else f"{date} {clock}"


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)
