"""A factory at work: its parts, how they are joined, the order in which they start and end.

Rules of this file: wiring only. Facts go up into the agent through `feed`, its wishes come down through
the table of `effects`; edits of files are taken over by `edits`. The order of the start: sockets are
bound before anything is touched, machines are adopted before the agent exists, the agent hears of them
before it hears of anybody else.

The end of a factory is not the end of its machines: BYE is sent, tasks are cancelled, the record is
closed; the next start adopts what runs.
"""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from vacnet import __version__
from vacnet.agent.agent import Agent
from vacnet.agent.effects import Notify, PersistHold
from vacnet.agent.events import (
    DatagramReceived,
    Event,
    HostChanged,
    HostFacts,
    KeysChanged,
    SettingsChanged,
    Stopping,
)
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.agent.stranger_words import OTHER_VERSION, stranger_lines
from vacnet.factory import drain as of_drain
from vacnet.factory import holds as of_holds
from vacnet.factory import settings as of_settings
from vacnet.factory.asking import Asking
from vacnet.factory.clock import HostClock, at_boot_seconds, boot_id, boot_seconds
from vacnet.factory.counts import Counts
from vacnet.factory.drain import Drain
from vacnet.factory.effects import handlers
from vacnet.factory.engines import by_model, engines_of, supplies_of
from vacnet.factory.holds import Holds
from vacnet.factory.host import Host
from vacnet.factory.identity import identity_of
from vacnet.factory.logs import tell, tell_failure
from vacnet.factory.loop import Driver
from vacnet.factory.losses import Losses
from vacnet.factory.messages.space import RefusedTarget
from vacnet.factory.news import News
from vacnet.factory.notify import feed_watchdog
from vacnet.factory.queries import Queries
from vacnet.factory.refused import refused_targets
from vacnet.factory.resolve import Resolver
from vacnet.factory.tally import Durations, Tally, Timed
from vacnet.factory.udp import Endpoint
from vacnet.factory.warned import Warnings
from vacnet.fetch.fetcher import Fetcher
from vacnet.fetch.pipes import PipeKeeper
from vacnet.fetch.user_data import UserDataSource
from vacnet.machines.keeper import Keeper
from vacnet.quantities import plural
from vacnet.record.record import Record
from vacnet.space.address import Address
from vacnet.space.limits import STRANGER_SECONDS
from vacnet.targets.model import Problem, Settings, Target

BROKEN_TOLD_MAX = 10
"""Datagrams that broke the agent are told with a traceback so often; all are counted."""

OTHER_VERSION_SHOWN_SECONDS = 2 * STRANGER_SECONDS
"""It is told again before its warning goes, as long as it goes on."""

CLOSE_SECONDS = 0.5
"""The end of a factory is promised within a second."""

OnStep = Callable[[str], None]


class Factory:
    """The parts of one factory, joined: `start`, give `works` to a task group, `goodbye`, `close`."""

    agent: Agent
    driver: Driver

    def __init__(self, settings: Settings, record: Record, on_step: OnStep) -> None:
        """Bind the sockets and make the parts that need no agent.

        Raises:
            ListenError: an address of `[space] listen` cannot be bound.
        """
        state = Path(settings.state_directory)
        self.settings = settings
        self.record = record
        self.started_at = boot_seconds()
        self.restrictions: dict[str, str] = {}
        self.bad_settings: tuple[Problem, ...] = ()
        """What is wrong with the files as they stand; empty where they are in force."""
        self.drain: Drain | None = None
        self.holds = Holds()
        self.counts = Counts(record.counts)
        self.tally = Tally()
        self.decisions = Durations()
        self.news = News(record, self.tally.count)
        self.warned = Warnings(self.news.warning_came, self.news.warning_went)
        self.endpoint = Endpoint(settings.space.listen, self._datagram)
        self.losses = Losses(self.endpoint, self.news.notify, self.warned.show_for)
        self.fetcher = Fetcher(settings.fetch, state, __version__)
        self.pipes = PipeKeeper(self.fetcher, lambda _readings: self._offers_changed(), time.time)
        self.supplies = supplies_of(self.fetcher, lambda: self.settings, self.news.notify)
        self.engines = engines_of(settings, self.supplies)
        self.host = Host(
            state, by_model(self.engines), self._models, lambda facts: self.feed(HostChanged(facts))
        )
        self.resolver = Resolver(self.feed)
        self.keeper = Keeper(
            record=record,
            runtimes=self.engines,
            state_directory=state,
            host=identity_of(settings),
            sources=UserDataSource(self.fetcher),
            tell=self.feed,
            notify=self.news.notify,
            clock=HostClock(),
            on_step=on_step,
            wanted=lambda models: not models.isdisjoint(self._models()),
        )
        self.queries = Queries(
            agent=lambda: self.agent,
            keeper=self.keeper,
            record=record,
            warnings=self._shown,
            counters=self.counters,
            feed=self.feed,
            started_at=self.started_at,
        )
        self.asking = Asking(lambda: self.agent.gossip, self.endpoint)
        self._early: list[Event] | None = []
        self._background: set[asyncio.Task[None]] = set()

    # --- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Adopt what runs and wake the agent with its past."""
        self.host.measure()
        self.drain = await self._kept_drain()
        self.holds = await self._kept_holds()
        self.host.hold(self.holds.words())
        machines = await self.keeper.adopt()
        self.obey()
        self.pipes.set_settings(self.settings)
        self._count_targets()
        restored = await self._restored(machines)
        settings = of_settings.for_agent(self.settings, self.targets())
        rng = random.Random(secrets.randbits(64))
        self.agent = Agent(settings, restored, KeysChanged(()), rng, boot_seconds())
        table = handlers(self.record, self.endpoint, self.keeper, self.queries, self._notify, self._keep_hold)
        timed = Timed(self.agent, self.decisions)
        self.driver = Driver(timed, boot_seconds, table, self.endpoint.drain, self._broken)
        self._begin()

    def listen(self) -> None:
        """Take datagrams from now on."""
        self.endpoint.watch(asyncio.get_running_loop())

    def works(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what runs side by side for as long as the factory does."""
        return (
            self.keeper.run(),
            self.pipes.run(),
            self.host.run(),
            self.resolver.run(),
            self.losses.run(),
            feed_watchdog(self._status),
        )

    async def goodbye(self) -> None:
        """Say goodbye to the space; machines go on."""
        self.feed(Stopping())
        await self.driver.settled()

    async def close(self) -> None:
        """Let go of everything but the machines; what does not let go in time is left to the kernel."""
        if self._early is None:
            self.driver.close()
        self.endpoint.unwatch(asyncio.get_running_loop())
        self.endpoint.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.supplies.close()
                await self.fetcher.close()
                await asyncio.gather(*(engine.close() for engine in self.engines))
        except TimeoutError:
            tell(
                "factory.close", {"why": f"not all let go in {CLOSE_SECONDS:g} s; ended anyway"}, warning=True
            )

    # --- what the agent is told -----------------------------------------------------------------

    def feed(self, event: Event) -> None:
        """Tell the agent, or keep it until there is one."""
        if self._early is None:
            self.driver.feed(event)
        else:
            self._early.append(event)

    def use(self, settings: Settings) -> None:
        """Let other settings be in force from now on."""
        self.settings = settings
        self.keeper.settings_changed(identity_of(settings))
        self._in_background(self.fetcher.set_settings(settings.fetch))
        self.pipes.set_settings(settings)
        self._offers_changed()
        self.obey()

    def restrict(self, topic: str, why: str) -> None:
        """Let nothing start because of `topic`; an empty text takes that back."""
        self.restrictions[topic] = why
        self.obey()

    def restricted(self) -> str:
        """Return why nothing may start, empty when it may."""
        return "; ".join(filter(None, self.restrictions.values()))

    def obey(self) -> None:
        """Tell what the settings, their state and an order to drain mean for this host."""
        settings, drain = self.settings.factory, self.drain
        until = of_drain.deadline(settings, drain)
        at = None if until is None else at_boot_seconds(until)
        self.keeper.lower_deadline(math.inf if at is None else at)
        self.keeper.end_all(drain.reason if drain and drain.now else "")
        self.host.obey(of_drain.draining(settings, drain), at, self.restricted())

    async def use_drain(self, drain: Drain | None) -> None:
        """Drain from now on, or no longer; durable when it returns."""
        self.drain = drain
        self.record.keep_text(of_drain.KEPT_AS, of_drain.encode(drain))
        self.obey()
        await self.record.flush()

    async def use_holds(self, holds: Holds) -> None:
        """Let these holds be in force on this host; durable when it returns."""
        self._keep_holds(holds)
        self.host.hold(holds.words())
        await self.record.flush()

    def targets(self) -> tuple[Target, ...]:
        """Return the targets of the site and of its pipes."""
        return of_settings.all_targets(self.settings, self.pipes.readings)

    def refused(self) -> tuple[RefusedTarget, ...]:
        """Return the targets that are defined and not offered."""
        offered = [target.name for target in self.targets()]
        return refused_targets(self.pipes.readings, self.bad_settings, offered)

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start, by stable names."""
        gossip = self.agent.gossip.counters
        return {
            **{f"udp_{name}": count for name, count in self.endpoint.counters.items()},
            **{f"loop_{name}": count for name, count in self.driver.counters.items()},
            **{f"gossip_reject_{name}": count for name, count in gossip.rejects.items()},
            "udp_receive_buffer_bytes": self.endpoint.receive_buffer_bytes(),
            "udp_dropped_by_kernel": self.endpoint.dropped_by_kernel(),
            "gossip_datagrams_sent": gossip.datagrams_sent,
            "gossip_datagrams_received": gossip.datagrams_received,
            "gossip_datagrams_dropped": gossip.datagrams_dropped,
        }

    # --- what the parts call --------------------------------------------------------------------

    def _begin(self) -> None:
        """Tell the agent first how its host is, for that may forbid a start, then what came early."""
        early, self._early = self._early or [], None
        for event in (HostChanged(self.host.facts), *early):
            self.driver.feed(event)

    def _host_changed(self, facts: HostFacts) -> None:
        if self._early is None:
            self.driver.feed(HostChanged(facts))

    def _notify(self, effect: Notify) -> None:
        self.news.notify(effect)
        if effect.name == OTHER_VERSION:
            self.warned.show_for(OTHER_VERSION_SHOWN_SECONDS, str(effect.fields["why"]))

    def _shown(self) -> tuple[str, ...]:
        """Return what is wrong now, of this host and of who speaks to it."""
        return (*self.warned.all(), *stranger_lines(self.agent.gossip, boot_seconds()))

    def _datagram(self, data: bytes, address: Address) -> None:
        if self.asking.asks and self.asking.take(data):
            return
        self.feed(DatagramReceived(data, address))

    def _offers_changed(self) -> None:
        readings = self.pipes.readings
        self.warned.replace("pipes", (str(p) for reading in readings.values() for p in reading.quarantined))
        self._count_targets()
        self.feed(SettingsChanged(of_settings.for_agent(self.settings, self.targets())))

    def _count_targets(self) -> None:
        self.warned.replace("targets", of_settings.too_many(self.settings, self.pipes.readings))

    def _models(self) -> set[Any]:
        return {target.machine_model for target in self.targets()}

    def _broken(self, error: Exception) -> None:
        if self.driver.counters["datagrams_broke_the_agent"] <= BROKEN_TOLD_MAX:
            tell_failure("datagram.broke", error)

    def _status(self) -> str:
        drained = self.drain.in_full() if self.drain else ""
        machines, targets = self.keeper.live(), self.targets()
        counted = f"{plural(len(machines), 'machine')} of {plural(len(targets), 'target')}"
        return "; ".join(filter(None, (self.restricted(), drained, counted)))

    async def _restored(self, machines: tuple[RestoredMachine, ...]) -> Restored:
        return Restored(
            epoch=await self.record.next_epoch(),
            instance=secrets.token_bytes(8),
            machines=machines,
            windows=await self.record.windows(boot_seconds()),
            suspicions=await self.record.suspicions(boot_seconds()),
            holds=self.holds.of_space(time.time(), boot_seconds()),
            members=await self.record.members(),
        )

    def _keep_hold(self, effect: PersistHold) -> None:
        self._keep_holds(self.holds.with_space(effect.target, effect.hold, time.time(), boot_seconds()))
        self.news.notify(Notify("target.held" if effect.hold.held else "target.released", _said(effect)))

    def _keep_holds(self, holds: Holds) -> None:
        self.holds = holds
        self.record.keep_text(of_holds.KEPT_AS, of_holds.encode(holds))

    async def _kept_holds(self) -> Holds:
        try:
            return of_holds.decode(await self.record.text(of_holds.KEPT_AS))
        except ValueError as error:
            self.news.notify(Notify("factory.holds-unreadable", {"why": str(error)}, warning=True))
            return Holds()

    async def _kept_drain(self) -> Drain | None:
        kept = await self.record.text(of_drain.KEPT_AS)
        try:
            drain = of_drain.decode(kept, boot_id())
        except ValueError as error:
            self.news.notify(Notify("factory.drain-unreadable", {"why": str(error)}, warning=True))
            return None
        if kept and drain is None:
            self.record.keep_text(of_drain.KEPT_AS, "")
            self.news.notify(Notify("factory.undrained", {"why": "the host was booted"}))
        return drain

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _said(effect: PersistHold) -> dict[str, object]:
    hold = effect.hold
    return {"target": effect.target, "factory": hold.author, "space": True, "reason": hold.reason}
