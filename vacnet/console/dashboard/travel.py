"""Time travel through the record of the factory that answers: pictures that it kept, one after the other.

Rules of this file: no drawing. A past picture is whole and never mixed with the present: the space as that
factory saw it, its own machines, and what had happened until then. Playing shows a picture a second; at the
newest one it stops.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from vacnet.console import words
from vacnet.console.dashboard.happenings import decision_event
from vacnet.console.dashboard.picture import EVENTS_KEPT, MachinesAnswer, Picture, Whose
from vacnet.console.dashboard.source import Source
from vacnet.factory.client import ClientError, EventState, PastState, SpaceState

NOTHING_KEPT = "no picture that old is in the record; the first is of {first}"
UNREADABLE = "the picture of {made} cannot be read: another version of vacnet made it"
NONE_BEFORE = "this is the first of the pictures that are kept"
NO_RECORD = "the record has no pictures yet: one is kept every few seconds while the factory runs"


@dataclass(slots=True)
class Travel:
    """Where in the past the screen is."""

    source: Source
    picture: Picture | None = None
    """None: in the present."""
    made: float = 0.0
    """Unix seconds of the picture shown."""
    first: float = 0.0
    playing: bool = False
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever goes: two steps asked for at once are two steps."""
    _at: float = 0.0
    """Of that picture, or of one tried since that cannot be read: steps go on from there."""
    _read: list[EventState] = field(default_factory=list)
    """The events of the record as far as they were needed, oldest first."""

    def leave(self) -> None:
        """Come back to the present."""
        self.picture, self.playing = None, False

    async def go(self, at: float, step: int = 0) -> str:
        """Show the picture of a moment, or so many after or before it; return why not, empty: it is shown."""
        try:
            found = await asyncio.to_thread(self.source.past, at, step)
            if found.space is None or found.made is None:
                self._at = found.made or self._at
                return _none(found)
            events = await self._events(found.made)
        except ClientError as error:
            return error.words
        self.made = self._at = found.made
        self.first = found.first or found.made
        self.picture = _picture(found, found.space, events)
        return ""

    async def step(self, by: int) -> str:
        """Show the picture so many after this one, or before it."""
        return await self.go(self._at, by)

    async def jump(self, seconds: float) -> str:
        """Show the picture so long before or after this one, or the next or first there is."""
        before = self._at
        trouble = await self.go(max(self.first, before + seconds))
        if not trouble and seconds > 0 and self._at <= before:
            return await self.step(1)
        if not trouble and seconds < 0 and self._at >= before:
            return NONE_BEFORE
        return trouble

    async def play_on(self) -> str:
        """Show the next picture while playing; it stops at the newest."""
        before = self.made
        trouble = await self.step(1)
        if trouble or self.made <= before:
            self.playing = False
        return trouble

    async def _events(self, until: float) -> list[EventState]:
        """Return what had happened until then, the last decision with it."""
        decided = decision_event(await asyncio.to_thread(self.source.decision, int(until)))
        while not self._read or self._read[-1].time <= until:
            serial = self._read[-1].serial if self._read else 0
            page = (await asyncio.to_thread(self.source.events, serial, EVENTS_KEPT)).events
            if not page:
                break
            self._read += page
        happened = [event for event in self._read if event.time <= until][-EVENTS_KEPT:]
        return sorted([*happened, *([decided] if decided else [])], key=lambda event: event.time)


def _picture(found: PastState, space: SpaceState, events: list[EventState]) -> Picture:
    whose = Whose(factory=found.factory)
    machines = MachinesAnswer(whose=whose, machines=found.machines, asked_at=found.made)
    return Picture(space=space, machines=machines, events=events)


def _none(found: PastState) -> str:
    if found.first is None:
        return NO_RECORD
    if found.made is not None:
        return UNREADABLE.format(made=words.moment(found.made))
    return NOTHING_KEPT.format(first=words.moment(found.first))
