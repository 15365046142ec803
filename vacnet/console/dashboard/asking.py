"""Asking a source so that the screen never waits: each question in a thread, at most one of a kind at a time.

Rules of this file: no drawing. Whatever comes back goes into the picture; whatever fails leaves what was
there and puts the words of the failure beside it. While a question is on its way its kind is not asked again,
so a slow factory is never asked in heaps.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable

from vacnet import quantities
from vacnet.console.dashboard.happenings import decision_event
from vacnet.console.dashboard.picture import EVENTS_KEPT, MachinesAnswer, Picture, Whose
from vacnet.console.dashboard.source import Source
from vacnet.factory.client import ClientError, EventState, Machines

FACTORIES_ASKED_MAX = 16
"""For the machines of one target: each is asked over the network; the heading says how many were not."""


class Asking:
    """Keeps a picture new."""

    def __init__(self, source: Source, picture: Picture, clock: Callable[[], float]) -> None:
        """Ask `source` for what `picture` shows; `clock` gives Unix seconds."""
        self.source, self.picture, self._clock = source, picture, clock
        self.ended = 0
        """How many ended machines are asked for, too."""
        self._busy: set[str] = set()
        self._serial = 0
        self._decided = 0.0

    async def space(self) -> bool:
        """Renew the space; False where that was not possible or is already being done."""
        return await self._once("space", self._space)

    async def delay(self) -> bool:
        """Renew how long news take."""
        return await self._once("delay", self._delay)

    async def events(self) -> bool:
        """Take in what has happened and was decided."""
        return await self._once("events", self._events)

    async def machines(self) -> bool:
        """Renew the machines of whom the picture shows; a factory that is slow to answer stops no other."""
        return await self._once(f"machines {self.picture.machines.whose} {self.ended}", self._machines)

    async def _once(self, kind: str, ask: Callable[[], Awaitable[None]]) -> bool:
        if kind in self._busy:
            return False
        self._busy.add(kind)
        try:
            await ask()
        except ClientError as error:
            self._tell(kind, error.words)
            return False
        finally:
            self._busy.discard(kind)
        self._tell(kind, "")
        return True

    def _tell(self, kind: str, words: str) -> None:
        if kind == "space":
            self.picture.trouble = words
        if kind == "events":
            self.picture.events_trouble = words

    async def _space(self) -> None:
        self.picture.space = await asyncio.to_thread(self.source.space)

    async def _delay(self) -> None:
        peers = (await asyncio.to_thread(self.source.peers)).peers
        delays = [one.delay_seconds for one in peers if one.delay_seconds is not None]
        self.picture.delay_seconds = statistics.median(delays) if delays else None

    async def _events(self) -> None:
        decided = decision_event(await asyncio.to_thread(self.source.decision, int(self._clock()) + 1))
        fresh: list[EventState] = []
        for _ in range(EVENTS_KEPT):
            came = (await asyncio.to_thread(self.source.events, self._serial, EVENTS_KEPT)).events
            if not came:
                break
            self._serial = came[-1].serial
            fresh = [*fresh, *came][-EVENTS_KEPT:]
        if decided is not None and decided.time > self._decided:
            self._decided = decided.time
            fresh.append(decided)
        self.picture.add_events(fresh)

    async def _machines(self) -> None:
        whose, ended = self.picture.machines.whose, self.ended
        try:
            answers, told = await self._answers(whose)
        except ClientError as error:
            if self.picture.machines.whose == whose:
                self._put(whose, error.words)
            return
        found = tuple(one for answer in answers for one in answer.machines)
        mine = tuple(one for one in found if not whose.target or one.target == whose.target)
        asked = min((answer.time - answer.age_seconds for answer in answers), default=self._clock())
        if self.picture.machines.whose == whose and self.ended == ended:
            self.picture.machines = MachinesAnswer(whose=whose, machines=mine, asked_at=asked, trouble=told)

    def _put(self, whose: Whose, trouble: str) -> None:
        before = self.picture.machines
        self.picture.machines = MachinesAnswer(
            whose=whose, machines=before.machines, asked_at=before.asked_at, trouble=trouble
        )

    async def _answers(self, whose: Whose) -> tuple[list[Machines], str]:
        """Return what was answered, and in words what was not.

        Raises:
            ClientError: nobody answered.
        """
        factories, left = [whose.factory], 0
        if whose.target:
            factories, left = await self._running(whose.target)
        asked = (asyncio.to_thread(self._machines_or_trouble, name) for name in factories)
        came = await asyncio.gather(*asked)
        answers = [one for one in came if isinstance(one, Machines)]
        troubles = [one for one in came if isinstance(one, ClientError)]
        if troubles and not answers:
            raise troubles[0]
        told = [f"{quantities.plural(left, 'more factory')} not asked"] if left else []
        told += [f"{len(troubles)} of {len(came)} did not answer: {troubles[0].words}"] if troubles else []
        return answers, "; ".join(told)

    def _machines_or_trouble(self, factory: str) -> Machines | ClientError:
        try:
            return self.source.machines_of(factory, self.ended)
        except ClientError as error:
            return error

    async def _running(self, target: str) -> tuple[list[str], int]:
        """Return the factories that run a target, the first of them, and how many more there are."""
        why = (await asyncio.to_thread(self.source.why, target)).why
        names = [has.factory for has in why.has if has.live and has.machines_running + has.machines_starting]
        return names[:FACTORIES_ASKED_MAX], max(0, len(names) - FACTORIES_ASKED_MAX)
