"""A simulated factory: the real agent or a talker, a disk that survives a crash, and toy machines.

Rules of this file: it carries effects out and tells events, like the daemon does; it decides nothing.
Machines live on while the factory is down; how they ended is told when it is back. Its monotonic clock
begins anywhere, because no time of it may mean anything elsewhere. While it is paused, datagrams wait in
a socket that holds so many and no more, and are taken before any timer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from vacnet.agent.agent import Agent
from vacnet.agent.effects import (
    Decided,
    GatherAnswer,
    Member,
    Notify,
    PersistEpoch,
    PersistHold,
    PersistMembers,
    PersistSuspicion,
    PersistWindow,
    Send,
    StartMachine,
    StopMachine,
)
from vacnet.agent.events import (
    AgentSettings,
    DatagramReceived,
    Event,
    HostChanged,
    HostFacts,
    KeysChanged,
    MachineEnded,
    MachineProved,
    MachineStarted,
    PeersChanged,
    QuestionAnswered,
    Woke,
)
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.decide.blackholes import Suspicion
from vacnet.outcomes import Outcome
from vacnet.simulate.clock import Clock
from vacnet.simulate.network import Network
from vacnet.simulate.talker import Engine, Talker, Wrote
from vacnet.simulate.toys import Behaviour, outcome_of
from vacnet.space.address import Address
from vacnet.space.gossip import Datagram
from vacnet.space.happenings import FactoryChanged, RowsChanged
from vacnet.space.hold import Hold
from vacnet.space.items import Detail, Items
from vacnet.space.window import Window

Watch = Callable[[str, object, float], None]
"""Told of everything worth checking: factory, effect or event, time. Of datagrams the network knows."""
MakeEngine = Callable[[AgentSettings, Restored, KeysChanged, Random, float], Engine]
WALL_SECONDS = 1_700_000_000
"""Wall time at the beginning of a run."""
SOCKET_DATAGRAMS = 256
"""What Linux' default receive buffer of 212,992 bytes holds of small datagrams (measured)."""


@dataclass(frozen=True, slots=True)
class Booted:
    """A factory began a life."""

    epoch: int
    instance: bytes


@dataclass(slots=True)
class Disk:
    """What a factory keeps over a crash."""

    epoch: int = 0
    windows: dict[str, Window] = field(default_factory=dict)
    suspicions: dict[str, Suspicion] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    machines: dict[str, RestoredMachine] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """One factory of a simulated space."""

    settings: AgentSettings
    keys: KeysChanged
    address: Address
    peers: tuple[Address, ...]
    behaviours: dict[str, Behaviour]
    clock: Clock
    network: Network
    rng: Random
    watch: Watch
    make: MakeEngine = Agent
    start_seconds: float = 0.2
    base: float = 0.0
    """Its monotonic clock at the beginning of the run."""
    wall_step: float = 0.0
    """How far its wall clock is off."""
    disk: Disk = field(default_factory=Disk)
    agent: Engine | None = None
    facts: HostFacts = field(default_factory=HostFacts)
    stopped_at: float = 0.0
    """When it went down last, on the clock of the run."""
    _timer: float = math.inf
    _waiting: list[tuple[bytes, Address]] | None = None
    """Datagrams in the socket of a paused factory; None: it is not paused."""

    @property
    def name(self) -> str:
        """Return the factory's name."""
        return self.settings.factory

    @property
    def now(self) -> float:
        """Return its monotonic time."""
        return self.clock.now + self.base

    @property
    def paused(self) -> bool:
        """Return whether it does nothing at present."""
        return self._waiting is not None

    # --- up and down ------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the factory from its disk."""
        self.disk.epoch = max(self.disk.epoch + 1, WALL_SECONDS + int(self.clock.now + self.wall_step))
        restored = Restored(
            epoch=self.disk.epoch,
            instance=self.rng.randbytes(8),
            machines=tuple(self.disk.machines.values()),
            windows=dict(self.disk.windows),
            suspicions=dict(self.disk.suspicions),
            holds=dict(self.disk.holds),
            members=self.disk.members,
        )
        self.watch(self.name, Booted(restored.epoch, restored.instance), self.clock.now)
        self.agent = self.make(self.settings, restored, self.keys, Random(self.rng.random()), self.now)
        self.network.receivers[self.address] = self._receive
        self._timer, self._waiting = math.inf, None
        self.tell(PeersChanged(self.peers))
        self.tell(HostChanged(self.facts))

    def crash(self, *, lose_disk: bool = False) -> None:
        """Stop the factory at once; its machines go on."""
        self.agent = None
        self.stopped_at = self.clock.now
        self.network.receivers.pop(self.address, None)
        if lose_disk:
            self.disk = Disk(machines=self.disk.machines)

    def pause(self) -> None:
        """Let it do nothing until `resume`: a starved host, a stopped process."""
        if self.agent is not None and self._waiting is None:
            self._waiting = []

    def resume(self) -> None:
        """Let it take what its socket holds, then the timers that it missed."""
        waiting, self._waiting = self._waiting, None
        for data, source in waiting or ():
            self._receive(data, source)
        if waiting is not None:
            self._timer = math.inf
            self.tell(Woke())

    def move(self, address: Address) -> None:
        """Give it another address, whether it runs or not."""
        receive = self.network.receivers.pop(self.address, None)
        self.address = address
        if receive is not None:
            self.network.receivers[address] = receive

    def configure(self, peers: tuple[Address, ...]) -> None:
        """Edit its peer list."""
        if peers != self.peers:
            self.peers = peers
            self.tell(PeersChanged(peers))

    def give_keys(self, keys: KeysChanged) -> None:
        """Edit its key file."""
        self.keys = keys
        self.tell(keys)

    def tell(self, event: Event) -> None:
        """Let the engine handle an event, and carry out what it wants."""
        if self.agent is not None:
            self.agent.handle(event, self.now)
            self.carry_out()

    def _receive(self, data: bytes, source: Address) -> None:
        if self._waiting is not None:
            if len(self._waiting) < SOCKET_DATAGRAMS:
                self._waiting.append((data, source))
            return
        if (agent := self.agent) is not None:
            if isinstance(agent, Talker):
                agent.receive(data, source, self.clock.now + self.base)
            else:
                agent.handle(DatagramReceived(data, source), self.now)
            self.carry_out()

    def carry_out(self) -> None:
        """Carry out what the engine wants."""
        if (agent := self.agent) is None:
            return
        for effect in agent.effects():
            if isinstance(effect, Datagram | Send):
                self.network.send(effect.data, self.address, effect.address)
            else:
                self.watch(self.name, effect, self.clock.now)
                _HANDLERS[type(effect)](self, effect)
        due = woken_at(agent.next_timer(), self.base)
        if due < self._timer:
            self._timer = due
            self.clock.at(due, self._wake, agent, due)

    def _wake(self, agent: Engine, due: float) -> None:
        if agent is self.agent and due == self._timer and self._waiting is None:
            self._timer = math.inf
            self.tell(Woke())

    # --- effects ----------------------------------------------------------------------------------------

    def _keep_epoch(self, effect: PersistEpoch) -> None:
        self.disk.epoch = effect.epoch

    def _keep_window(self, effect: PersistWindow) -> None:
        self.disk.windows[effect.target] = effect.window

    def _keep_suspicion(self, effect: PersistSuspicion) -> None:
        self.disk.suspicions[effect.target] = effect.suspicion

    def _keep_hold(self, effect: PersistHold) -> None:
        self.disk.holds[effect.target] = effect.hold

    def _keep_members(self, effect: PersistMembers) -> None:
        self.disk.members = effect.members

    def _start(self, effect: StartMachine) -> None:
        now = self.now
        self.disk.machines[effect.uuid] = RestoredMachine(
            uuid=effect.uuid,
            target=effect.target.name,
            processors=effect.processors,
            created_at=now,
            started_at=None,
            proved_at=None,
            ticket=effect.ticket,
            deadline_at=effect.deadline_at,
        )
        self.clock.after(self.start_seconds, self._started, effect)

    def _started(self, effect: StartMachine) -> None:
        self._change(effect.uuid, MachineStarted(effect.uuid), started_at=self.now)
        trial = self.behaviours[effect.target.name].trial_seconds
        self.clock.after(trial, self._try, effect)

    def _try(self, effect: StartMachine) -> None:
        verdict = self.behaviours[effect.target.name].try_work(self.name, self.clock.now)
        if verdict.proves and verdict.proves_after_seconds:
            self.clock.after(verdict.proves_after_seconds, self._prove, effect.uuid)
        elif verdict.proves:
            self._prove(effect.uuid)
        self.clock.after(verdict.lives_on_seconds, self._end, effect, verdict.code)

    def _prove(self, uuid: str) -> None:
        machine = self.disk.machines.get(uuid)
        if machine is not None and machine.ended_at is None:
            self._change(uuid, MachineProved(uuid), proved_at=self.now)

    def _end(self, effect: StartMachine, code: int) -> None:
        self.end_machine(effect.uuid, f"{code} toy", effect.target.fizzle_seconds)

    def end_machine(self, uuid: str, message: str, fizzle_seconds: float, *, stopped: str = "") -> None:
        """End a machine that has not ended yet: by its own message, or `stopped` by us or its host."""
        machine = self.disk.machines.get(uuid)
        if machine is None or machine.ended_at is not None:
            return
        lived = self.now - (machine.started_at or machine.created_at)
        outcome = outcome_of(message, lived, fizzle_seconds, stopped=stopped)
        event = MachineEnded(uuid, outcome, lived)
        self.watch(self.name, event, self.clock.now)
        self._change(uuid, event, ended_at=self.now, outcome=outcome)

    def _change(self, uuid: str, event: Event, **fields: float | Outcome) -> None:
        machine = self.disk.machines.get(uuid)
        if machine is not None:
            changes: dict[str, Any] = dict(fields)
            self.disk.machines[uuid] = replace(machine, **changes)
            self.tell(event)

    def _stop(self, effect: StopMachine) -> None:
        self.disk.machines.pop(effect.uuid, None)

    def _gather(self, effect: GatherAnswer) -> None:
        """Tell whoever asks who it is, a moment later as a shell does; its machines are toys."""
        answer = QuestionAnswered(effect.question, Items(details=(Detail("factory", self.name),)))
        self.clock.after(0.0, self.tell, answer)

    def _nothing(self, effect: object) -> None:
        """Notices, decisions and news are for people and for `watch`."""


def woken_at(timer: float, base: float) -> float:
    """Return the virtual time at which a clock that began at `base` shows `timer`, and not a rounding less.

    Woken so little too early a factory does nothing and asks for the same moment, and time would stand still.
    """
    due = timer - base
    while due + base < timer:
        due = math.nextafter(due, math.inf)
    return due


_HANDLERS: dict[type, Callable[[Node, Any], None]] = {
    PersistEpoch: Node._keep_epoch,  # noqa: SLF001 (the table is the class's own)
    PersistWindow: Node._keep_window,  # noqa: SLF001
    PersistSuspicion: Node._keep_suspicion,  # noqa: SLF001
    PersistHold: Node._keep_hold,  # noqa: SLF001
    PersistMembers: Node._keep_members,  # noqa: SLF001
    StartMachine: Node._start,  # noqa: SLF001
    StopMachine: Node._stop,  # noqa: SLF001
    GatherAnswer: Node._gather,  # noqa: SLF001
    Decided: Node._nothing,  # noqa: SLF001
    Notify: Node._nothing,  # noqa: SLF001
    Wrote: Node._nothing,  # noqa: SLF001
    RowsChanged: Node._nothing,  # noqa: SLF001
    FactoryChanged: Node._nothing,  # noqa: SLF001
}
