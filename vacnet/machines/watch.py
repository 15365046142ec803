"""Watching one engine: what it says has changed, and a slow look at everything in any case.

Rules of this file: an engine's word that something changed is only a reason to look; what happened is
always read from one whole look (`Runtime.seen`), so a lost or doubled event costs time and never truth. An
engine that does not answer means nothing for its machines. Looks are numbered when they begin: a machine that
was touched since takes no notice of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from vacnet.agent.effects import Notify
from vacnet.machines.adoption import machine_of_object
from vacnet.machines.life import Life
from vacnet.machines.lifecycle import Event, State
from vacnet.machines.lives import Lives
from vacnet.machines.machine import Machine, News
from vacnet.machines.paces import Paces, again_and_again
from vacnet.machines.runtime import Runtime, Seen
from vacnet.machines.tools import Tools


class Watch:
    """Keeps the lives on one engine told of what it shows."""

    def __init__(
        self, runtime: Runtime, lives: Lives, tools: Tools, paces: Paces, take_in: Callable[[Machine], Life]
    ) -> None:
        """`take_in` makes a life of a machine that was found on this engine."""
        self.runtime = runtime
        self._lives = lives
        self._tools = tools
        self._paces = paces
        self._take_in = take_in
        self._wake = asyncio.Event()
        self._away = ""
        self._unread: dict[str, str] = {}
        """Machine id to why nothing could be made of what the engine shows of it."""
        self.silent = True
        """The engine did not answer when it was last looked at, or not all that it showed was understood."""

    def look_soon(self) -> None:
        """Have the engine looked at without waiting for the next slow look."""
        self._wake.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(again_and_again(0.0, self._look_when_asked, self._tools))
            group.create_task(again_and_again(self._paces.measure_seconds, self.measure, self._tools))

    async def look(self, seconds: float | None = None) -> None:
        """Look at the engine once, for so long at most, and tell each machine what it shows of it."""
        serial = self._tools.next_serial()
        try:
            async with asyncio.timeout(seconds):
                shown = await self.runtime.seen()
        except Exception as error:  # noqa: BLE001 (an engine that fails in any way shows nothing)
            silent = f"it did not answer within {seconds:g} s" if seconds else type(error).__name__
            self._say_away(str(error) or silent)
            self.silent = True
            return
        self._say_away("")
        for life in self._lives.of(self.runtime):
            life.post(_news(shown.get(life.machine.spec.id), serial))
        strangers = [seen for seen in shown.values() if self._lives.by_id(seen.machine_id) is None]
        self._say_unread({seen.machine_id: await self._read(seen, serial) for seen in strangers})
        self.silent = any(self._unread.values())

    async def _read(self, seen: Seen, serial: int) -> str:
        """Look at what nobody here answers for; return why that cannot be done: the others are looked at."""
        try:
            await self._look_at_stranger(seen, serial)
        except Exception as error:  # noqa: BLE001 (whatever it is)
            return f"{type(error).__name__}: {error}"
        return ""

    async def _look_at_stranger(self, seen: Seen, serial: int) -> None:
        machine = await machine_of_object(seen, self.runtime, self._tools)
        if machine is not None and self._lives.by_id(seen.machine_id) is None:
            machine.settled = serial
            self._take_in(machine).post(_news(seen, serial))

    async def measure(self) -> None:
        """Take a measurement of what each running machine uses."""
        for life in self._lives.of(self.runtime):
            if life.machine.state is State.RUNNING:
                usage = await self.runtime.usage(life.machine.spec.id)
                life.machine.meter.sample(usage, self._tools.clock.boottime())

    async def _listen(self) -> None:
        while True:
            with suppress(Exception):
                async for _machine_id in self.runtime.changes():
                    self.look_soon()
            await asyncio.sleep(self._paces.listen_again_seconds)

    async def _look_when_asked(self) -> None:
        # Not wait_for: in Python 3.11 it can swallow a cancellation that comes with the wake-up.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._paces.look_seconds):
                await self._wake.wait()
        self._wake.clear()
        await self.look()

    def _say_unread(self, unread: dict[str, str]) -> None:
        """Tell what could not be read for another reason than before; it is looked at again each time."""
        for machine_id, why in unread.items():
            if why and self._unread.get(machine_id) != why:
                fields = {"id": machine_id, "engine": self.runtime.name, "why": why}
                self._tools.notify(Notify("machine.unread", fields, warning=True))
        self._unread = unread

    def _say_away(self, why: str) -> None:
        if why and not self._is_missed():
            return
        if bool(why) != bool(self._away):
            fields = {"engine": self.runtime.name, "why": why}
            name = "engine.away" if why else "engine.back"
            self._tools.notify(Notify(name, fields, warning=bool(why)))
        self._away = why

    def _is_missed(self) -> bool:
        """Tell whether a machine is on this engine or a target would have one made there."""
        return any(self._lives.of(self.runtime)) or self._tools.wanted(self.runtime.models)


def _news(seen: Seen | None, serial: int) -> News:
    if seen is None:
        return News(event=Event.GONE, look=serial)
    return News(event=Event.FOUND if seen.running else Event.OVER, seen=seen, look=serial)
