"""What the control socket answers, put together from the parts of a running factory.

Rules of this file: it reads and changes nothing. The agent's views are field for field the messages of
the socket, so they are converted and not copied by hand; wall time is added here, where it is known.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vacnet import __version__
from vacnet.agent import rules
from vacnet.agent.agent import Agent
from vacnet.agent.namesake_words import twins
from vacnet.agent.stranger_words import address_notes, brief_notes, stranger_lines, stranger_reports
from vacnet.factory import health, peer_state
from vacnet.factory.album import Album
from vacnet.factory.asking import Asking
from vacnet.factory.clock import boot_seconds
from vacnet.factory.control import BUSY, NOT_FOUND, RefusedError
from vacnet.factory.follow import pieces
from vacnet.factory.messages.decisions import DecisionState, WhyState
from vacnet.factory.messages.health import Health
from vacnet.factory.messages.machines import Machines, MachineState
from vacnet.factory.messages.past import (
    HISTORY_SECONDS_MAX,
    Events,
    EventState,
    History,
    PastState,
    TallyState,
)
from vacnet.factory.messages.peers import Peers
from vacnet.factory.messages.space import FactoryState, RefusedTarget, SpaceState, TargetState
from vacnet.factory.own_addresses import OwnAddresses
from vacnet.factory.recorder import Recorder
from vacnet.factory.refused import not_offered
from vacnet.factory.resolve import Resolver
from vacnet.factory.warned import Warnings
from vacnet.fetch.pipes import PipeKeeper
from vacnet.machines.keeper import Keeper
from vacnet.machines.layout import CONSOLE
from vacnet.machines.views import view_of_ended
from vacnet.record.record import Record
from vacnet.record.rows import ENDED
from vacnet.targets.model import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryAnswers:
    """Answers from the parts of one factory; see `control.Answers`."""

    agent: Agent
    keeper: Keeper
    record: Record
    resolver: Resolver
    warned: Warnings
    pipes: PipeKeeper
    own: OwnAddresses
    asking: Asking
    machines_directory: Path
    settings: Callable[[], Settings]
    restricted: Callable[[], str]
    """Why nothing may start, empty when it may."""
    refused: Callable[[], tuple[RefusedTarget, ...]]
    """Targets that are defined and not offered."""
    drained: Callable[[], str]
    """What drains it by an order, in full; empty: nothing does."""
    counters: Callable[[], dict[str, int]]
    recorder: Recorder
    album: Album
    started_at: float

    async def space(self) -> SpaceState:
        """Answer /v1/space."""
        now, settings = boot_seconds(), self.settings()
        view, notes = self.agent.view(now), brief_notes(self.agent.gossip, now)
        known = peer_state.pair(self.resolver.peers(), view.factories, self.own())
        factories = msgspec.convert(view.factories, tuple[FactoryState, ...], from_attributes=True)
        return SpaceState(
            space=settings.space.name,
            factory=settings.factory.name,
            time=time.time(),
            version=__version__,
            factories=(*factories, *peer_state.unheard(known, notes, twins(self.agent.gossip, now))),
            targets=msgspec.convert(view.targets, tuple[TargetState, ...], from_attributes=True),
            starts_last_minute=view.starts_last_minute,
            rule_version=view.rule_version,
            warnings=(*self._warnings(), *filter(None, (rules.trouble(view.rule_version),))),
            refused=self.refused(),
        )

    async def machines(self, ended: int) -> Machines:
        """Answer /v1/machines."""
        name = self.settings().factory.name
        rows = await self.record.recent(ended) if ended else []
        last = [view_of_ended(row, name, str(self.machines_directory / row.id)) for row in reversed(rows)]
        views = (*self.keeper.live(), *last)
        states = msgspec.convert(views, tuple[MachineState, ...], from_attributes=True)
        return Machines(factory=name, time=time.time(), machines=states)

    async def machines_of(self, factory: str, ended: int) -> Machines:
        """Answer /v1/factories/{factory}/machines."""
        known, own = self.asking.known(factory), self.settings().factory.name
        if known.itself:
            return await self.machines(ended)
        told = await self.asking.machines(known, ended)
        return Machines(
            factory=known.name,
            time=time.time(),
            machines=told.machines,
            asked_by=own,
            age_seconds=told.age_seconds,
        )

    async def peers(self) -> Peers:
        """Answer /v1/peers."""
        now, gossip = boot_seconds(), self.agent.gossip
        factories = self.agent.view(now).factories
        known = peer_state.pair(self.resolver.peers(), factories, self.own())
        return Peers(
            factory=self.settings().factory.name,
            time=time.time(),
            peers=peer_state.peer_states(
                known,
                factories,
                peer_state.ways(gossip.table),
                address_notes(gossip, now),
                twins(gossip, now),
            ),
            keys=peer_state.key_states(gossip.keys, gossip.table, now),
            warnings=(
                *self.warned.of("peers"),
                *self.warned.of("keys"),
                *self.warned.passing(),
                *stranger_reports(gossip, now),
            ),
        )

    async def events(self, after: int, limit: int) -> Events:
        """Answer /v1/events."""
        rows = await self.record.events(after, limit)
        states = tuple(msgspec.convert(row, EventState, from_attributes=True) for row in rows)
        return Events(factory=self.settings().factory.name, time=time.time(), events=states)

    async def history(self, since: int) -> History:
        """Answer /v1/history."""
        now = time.time()
        begin = max(float(since), now - HISTORY_SECONDS_MAX)
        rows, begins = await self.record.tallies(begin), await self.record.begins()
        return History(
            factory=self.settings().factory.name,
            time=now,
            since=max(begin, now if begins is None else begins),
            tallies=msgspec.convert(rows, tuple[TallyState, ...], from_attributes=True),
        )

    async def health(self) -> Health:
        """Answer /v1/health."""
        words = "; ".join(filter(None, (self.restricted(), self.record.trouble)))
        wall, now = time.time(), boot_seconds()
        factories = self.agent.view(now).factories
        known = peer_state.pair(self.resolver.peers(), factories, self.own())
        unheard = peer_state.unheard(known, twins=twins(self.agent.gossip, now))
        quiet = (one.name for one in unheard if not one.flags)
        dropped = await self.record.dropped(wall - health.DROPPED_SECONDS)
        return Health(
            factory=self.settings().factory.name,
            time=time.time(),
            version=__version__,
            state="restricted" if words else "ready",
            words=words,
            up_seconds=now - self.started_at,
            pid=os.getpid(),
            counters=self.counters(),
            trouble=self.record.trouble,
            conditions=tuple(health.conditions(self.agent, self.warned, now)),
            numbers=health.numbers(factories, quiet, self.machines_directory.parent, dropped),
        )

    async def log(self, machine: str, tail: int, *, follow: bool) -> AsyncGenerator[bytes]:
        """Yield a machine's console log."""
        row = await self.record.machine(machine)
        if row is None:
            raise RefusedError(
                NOT_FOUND,
                f"this factory has no machine {machine!r}; "
                "`vacnet machines --ended 100` names those it remembers",
            )

        async def ended() -> bool:
            now = await self.record.machine(row.id)
            return now is None or now.state == ENDED

        log = self.machines_directory / row.id / CONSOLE
        async with aclosing(pieces(log, tail, follow=follow, ended=ended)) as found:
            async for piece in found:
                yield piece

    async def why(self, target: str) -> WhyState:
        """Answer /v1/targets/{target}/why."""
        why = self.agent.why(target, boot_seconds())
        if why is None:
            raise RefusedError(NOT_FOUND, not_offered(target, self.refused(), self.warned.of("settings")))
        return WhyState(factory=self.settings().factory.name, time=time.time(), why=why)

    async def decision(self, at: int) -> DecisionState:
        """Answer /v1/decisions."""
        found = await self.record.decision_at(at)
        return DecisionState(
            factory=self.settings().factory.name,
            time=time.time(),
            made=found.time if found else None,
            decision=found.decision if found else None,
        )

    async def past(self, at: float, step: int) -> PastState:
        """Answer /v1/past."""
        try:
            return await self.album.past(self.settings().factory.name, time.time(), at, step)
        except sqlite3.Error as error:
            raise RefusedError(NOT_FOUND, f"the pictures cannot be read ({error})") from error

    async def recording(self, seconds: int) -> AsyncGenerator[bytes]:
        """Yield a recording of the agent."""
        if self.recorder.full:
            raise RefusedError(BUSY, "four recordings run already; end one of them first")
        async with aclosing(self.recorder.pieces(seconds)) as told:
            async for piece in told:
                yield piece

    def _warnings(self) -> tuple[str, ...]:
        pipes = (f"[pipes.{prefix}] {words}" for prefix, words in self.pipes.troubles.items())
        own = (self.restricted(), self.drained(), self.record.trouble)
        strangers = stranger_lines(self.agent.gossip, boot_seconds())
        return (*filter(None, own), *self.warned.all(), *pipes, *strangers)
