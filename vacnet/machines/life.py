"""One machine's life: a task with a mailbox that takes news one by one and carries out the table.

Rules of this file: only this task does anything to its machine, so an end that comes while it starts,
a stop while it starts, two stops and an end seen twice are nothing special: each waits until what is
under way has come to its state, and then the table says what it means there. A look at an engine that
began before our last deed is too old to say anything and is dropped.

What a failing step means is a table too: without a record or its directory there is no machine; an
engine that cannot end or forget is looked at again later; a write to the record is tried until it is
done, because an outcome may not be lost to a full disk.
"""

from __future__ import annotations

import asyncio
import enum
import math
from collections.abc import Mapping
from types import MappingProxyType

from vacnet.machines.hands import Hands
from vacnet.machines.lifecycle import Event, State, Step, Transition, fault_point, transition
from vacnet.machines.machine import ALWAYS, News
from vacnet.machines.runtime import NoProgramError, NotNowError, StartFailedError
from vacnet.record.errors import RecordError

RETRY_SECONDS = 5.0

TELL_AGAIN_SECONDS = 30.0
"""Between two tries to tell a machine its deadline: a full disk stays full for a while."""

MOVED_SECONDS = 1.0
"""What a deadline has to move by to be told anew: files have whole seconds, and clocks are slewed."""


class OnFailure(enum.Enum):
    """What follows when a step fails."""

    NOT_NOW = enum.auto()
    REFUSED = enum.auto()
    LEAVE = enum.auto()
    """Go on without it."""
    RETRY = enum.auto()


ON_FAILURE: Mapping[Step, OnFailure] = MappingProxyType(
    {
        Step.RECORD_CREATE: OnFailure.NOT_NOW,
        Step.SOURCES_FETCH: OnFailure.NOT_NOW,
        Step.DIRECTORY_PREPARE: OnFailure.NOT_NOW,
        Step.ENGINE_START: OnFailure.REFUSED,
        Step.ENGINE_STOP: OnFailure.LEAVE,
        Step.ENGINE_FORGET: OnFailure.LEAVE,
        Step.DIRECTORY_DEADLINE: OnFailure.LEAVE,
        Step.DIRECTORY_REMOVE: OnFailure.LEAVE,
        Step.PROOF_READ: OnFailure.LEAVE,
        Step.MESSAGE_READ: OnFailure.LEAVE,
        Step.TELL_ADOPTED: OnFailure.LEAVE,
        Step.TELL_STARTED: OnFailure.LEAVE,
        Step.TELL_PROVED: OnFailure.LEAVE,
        Step.TELL_ENDED: OnFailure.LEAVE,
        Step.TELL_NOT_MADE: OnFailure.LEAVE,
    }
)
"""Steps not named are tried again until they succeed."""

_ENDS = frozenset({Event.OVER, Event.GONE})

_FAILED: Mapping[OnFailure, Event] = MappingProxyType(
    {OnFailure.NOT_NOW: Event.NOT_NOW, OnFailure.REFUSED: Event.REFUSED}
)


class StepFailedError(Exception):
    """A step failed in a way that is news of its own: carries it to the transition it broke off."""

    def __init__(self, news: News) -> None:
        """Carry `news`."""
        super().__init__(news.words)
        self.news = news


class Life:
    """Drives one machine by the table."""

    def __init__(self, hands: Hands, *, retry_seconds: float = RETRY_SECONDS) -> None:
        """Take over a machine in whatever state it is."""
        self.hands = hands
        self.machine = hands.machine
        self._mailbox: asyncio.Queue[News] = asyncio.Queue()
        self._goes_on = self.machine.state is State.STOPPING
        self._hearing: News | None = None
        self._retry_seconds = retry_seconds
        self._announced = self.machine.spec.deadline_at
        """The deadline posted last: what is still in the mailbox counts."""
        self._tell_again_at = -math.inf

    @property
    def waiting(self) -> bool:
        """Tell whether there is news not yet taken."""
        return not self._mailbox.empty()

    def post(self, news: News) -> None:
        """Tell the machine something; it is taken in its turn."""
        self.machine.over |= news.event in _ENDS
        self._mailbox.put_nowait(news)

    def move_deadline(self, host_at: float, soonest: float) -> None:
        """Tell the machine what its host's deadline means for it, if that is news."""
        wanted = self.machine.deadline_under(host_at, soonest, self._announced)
        if abs(wanted - self._announced) > MOVED_SECONDS:
            self._announced = wanted
            self.post(News(event=Event.LOWERED, deadline_at=wanted))

    def tell_again(self, now: float) -> None:
        """Tell the machine its deadline once more if its files do not have it, now and then."""
        if self.machine.untold and not self.waiting and now >= self._tell_again_at:
            self._tell_again_at = now + TELL_AGAIN_SECONDS
            self.post(News(event=Event.LOWERED, deadline_at=self._announced))

    async def live(self) -> None:
        """Take news until the machine has ended and nothing is left to do for it."""
        while self.machine.state is not State.ENDED or self.waiting:
            # What was being heard when a fault of ours broke off the task is heard again.
            self._hearing = self._hearing or await self._next_news()
            await self._hear(self._hearing)
            self._hearing = None

    async def _next_news(self) -> News:
        if self._goes_on and not self.waiting:
            self._goes_on = False
            return News(event=Event.NEXT)
        return await self._mailbox.get()

    async def _hear(self, news: News) -> None:
        if not self._too_old(news):
            await self._take(news)

    def _too_old(self, news: News) -> bool:
        """Tell whether a look at the engine says nothing any more, because of what was or will be done."""
        return news.look < self.machine.settled or (self._goes_on and news.look != ALWAYS)

    async def _take(self, news: News) -> None:
        row = transition(self.machine.state, news.event)
        if row is None:
            return
        self.machine.take(news, self.hands.tools.now())
        try:
            for step in row.steps:
                await self._announce(row, step)
        except StepFailedError as failed:
            await self._take(failed.news)
        else:
            self._enter(row.next)

    def _enter(self, state: State) -> None:
        if state is not self.machine.state:
            self._goes_on = transition(state, Event.NEXT) is not None
        self.machine.state = state
        self.machine.settled = self.hands.tools.next_serial()

    async def _announce(self, row: Transition, step: Step) -> None:
        if not step.fault_point:
            await self._carry_out(row, step)
            return
        self.hands.tools.on_step(fault_point(row, step, "before"))
        await self._carry_out(row, step)
        self.hands.tools.on_step(fault_point(row, step, "after"))

    async def _carry_out(self, row: Transition, step: Step) -> None:
        """Carry a step out; see `ON_FAILURE` for what follows when it fails."""
        while True:
            try:
                return await self.hands.do(step)
            except Exception as error:  # noqa: BLE001 (whatever it is, the machine goes on)
                follows = self._failed(row, step, error)
            if follows is OnFailure.LEAVE:
                return None
            await asyncio.sleep(self._retry_seconds)

    def _failed(self, row: Transition, step: Step, error: Exception) -> OnFailure:
        """Return whether to leave or retry a failed step.

        Raises:
            StepFailedError: the failure is news that the table knows.
        """
        follows = ON_FAILURE.get(step, OnFailure.RETRY)
        if follows is OnFailure.REFUSED and isinstance(error, NotNowError):
            follows = OnFailure.NOT_NOW
        if follows in _FAILED:
            of_target = isinstance(error, NoProgramError)
            news = News(event=_FAILED[follows], words=self._words(step, error), of_target=of_target)
            raise StepFailedError(news)
        self.hands.tools.complain(
            "machine.step-failed",
            self.machine,
            step=f"{row.name}.{step}",
            error=self._words(step, error),
            follows=follows.name.lower(),
        )
        return follows

    def _words(self, step: Step, error: Exception) -> str:
        if step is Step.DIRECTORY_PREPARE and isinstance(error, OSError):
            directory = self.machine.spec.directory
            return f"{directory} cannot be written ({error.strerror}): mend its disk or make room on it"
        known = isinstance(error, NotNowError | StartFailedError | NoProgramError | RecordError)
        return str(error) if known else f"{type(error).__name__}: {error}"
