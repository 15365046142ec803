"""The one place where the agent is driven: events in, effects carried out in their order, timers.

Rules of this file:

1. One event at a time. What happens while effects are carried out (an engine that refuses at once)
   waits its turn, so the agent never sees an event inside another.
2. Effects are carried out in the order in which they stand. A handler that returns an awaitable is a
   barrier: what follows waits until it is done (an epoch is durable before a datagram bears it).
3. Datagrams before timers: when a timer comes, what the kernel holds is taken first. After a stall the
   agent then judges who is silent by what they said meanwhile, and not by a clock that jumped.
4. How late a timer came is the stall, measured on the clock of `clock`, a suspend included.
5. A datagram that breaks the agent is counted, told and dropped: nobody may stop a factory from outside.
   Anything else that breaks it ends the daemon, whose restart adopts every machine.
6. A tap hears every event with its time and what came of it, before any of it is carried out.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from vacnet.agent.effects import Effect
from vacnet.agent.events import DatagramReceived, Event, Woke

TIMER_SECONDS_MIN = 0.001
"""An agent that always wants to be woken at once costs a few per cent of a core, never all of one."""
DRAIN_DATAGRAMS_MAX = 4096
"""More than the receive buffer holds; at 16 us each a tenth of a second."""

Handler = Callable[[Effect], Awaitable[None] | None]
Tap = Callable[[Event, Sequence[Effect], float], None]
_NOTHING: Sequence[Effect] = ()


class Driven(Protocol):
    """What of an agent the loop uses."""

    def handle(self, event: Event, now: float) -> None:
        """Take an event."""
        ...

    def next_timer(self) -> float:
        """Return when it wants to be woken."""
        ...

    def effects(self) -> Sequence[Effect]:
        """Return what it wants done, once."""
        ...


class Driver:
    """Drives one agent; everything of a factory that happens comes through `feed`."""

    def __init__(
        self,
        agent: Driven,
        clock: Callable[[], float],
        handlers: Mapping[type[Effect], Handler],
        drain: Callable[[int], None],
        broken_by_datagram: Callable[[Exception], None],
    ) -> None:
        """Carry effects out by `handlers`; `drain` takes up to so many datagrams and feeds them."""
        self.counters: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self.tap: Tap | None = None
        self._agent = agent
        self._clock = clock
        self._handlers = handlers
        self._drain = drain
        self._broken_by_datagram = broken_by_datagram
        self._events: deque[Event] = deque()
        self._effects: deque[Effect] = deque()
        self._busy = False
        self._barrier: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._arming: asyncio.Handle | None = None
        self._due = math.inf

    def feed(self, event: Event) -> None:
        """Tell the agent of an event and carry out what it wants done."""
        if self._busy:
            self._events.append(event)
            return
        self._busy = True
        try:
            self._handle(event)
            while self._events:
                self._handle(self._events.popleft())
        finally:
            self._busy = False
        self._arm_soon()

    def close(self) -> None:
        """Wake the agent no more."""
        for handle in (self._timer, self._arming):
            if handle is not None:
                handle.cancel()

    async def settled(self) -> None:
        """Return when no effect waits for a barrier."""
        while self._barrier is not None:
            await asyncio.wait([self._barrier])
            await asyncio.sleep(0)  # its callback carries the rest out

    def _handle(self, event: Event) -> None:
        now, effects = self._clock(), _NOTHING
        try:
            try:
                self._agent.handle(event, now)
                effects = self._agent.effects()
            finally:
                if self.tap is not None:
                    self.tap(event, effects, now)
            if effects:
                self._effects.extend(effects)
                self._carry_out()
        except Exception as error:  # noqa: BLE001 (rule 5 says what becomes of any error)
            self._broken(event, error)

    def _broken(self, event: Event, error: Exception) -> None:
        if isinstance(event, DatagramReceived):
            self.counters["datagrams_broke_the_agent"] += 1
            self._broken_by_datagram(error)
        else:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    def _carry_out(self) -> None:
        while self._effects and self._barrier is None:
            effect = self._effects.popleft()
            awaited = self._handlers[type(effect)](effect)
            if awaited is not None:
                self._barrier = asyncio.ensure_future(awaited)
                self._barrier.add_done_callback(self._passed)

    def _passed(self, barrier: asyncio.Future[None]) -> None:
        self._barrier = None
        if barrier.cancelled():
            return
        if error := barrier.exception():
            self._fail(error)
            return
        self._carry_out()

    def _arm_soon(self) -> None:
        """Set the timer once for all events of this turn of the loop."""
        if self._arming is None:
            self._arming = self._loop.call_soon(self._arm)

    def _arm(self) -> None:
        self._arming = None
        due = self._agent.next_timer()
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due, self._timer = due, None
        if due < math.inf:
            wait = max(TIMER_SECONDS_MIN, due - self._clock())
            self._timer = self._loop.call_later(wait, self._wake)

    def _wake(self) -> None:
        late = max(0.0, self._clock() - self._due)
        self._due = math.inf
        self._drain(DRAIN_DATAGRAMS_MAX)
        self.counters["wakes"] += 1
        self.feed(Woke(late))
