"""A simulated factory: the real agent, a disk that survives a crash, and toy machines.

Rules of this file: it carries effects out and tells events, like the daemon does; it decides nothing.
Machines live on while the factory is down; how they ended is told when it is back.
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
    Effect,
    Member,
    Notify,
    PersistEpoch,
    PersistMembers,
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
    Woke,
)
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.outcomes import Outcome
from vacnet.simulate.clock import Clock
from vacnet.simulate.network import Network
from vacnet.simulate.toys import Behaviour, outcome_of
from vacnet.space.address import Address
from vacnet.space.window import Window

Watch = Callable[[str, object, float], None]
"""Told of everything worth checking: factory, effect or event, time."""


@dataclass(slots=True)
class Disk:
    """What a factory keeps over a crash."""

    epoch: int = 0
    windows: dict[str, Window] = field(default_factory=dict)
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
    start_seconds: float = 0.2
    disk: Disk = field(default_factory=Disk)
    agent: Agent | None = None
    facts: HostFacts = field(default_factory=HostFacts)
    _timer: float = math.inf

    @property
    def name(self) -> str:
        """Return the factory's name."""
        return self.settings.factory

    # --- up and down ------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the factory from its disk."""
        now = self.clock.now
        self.disk.epoch = max(self.disk.epoch + 1, 1_700_000_000 + int(now))
        restored = Restored(
            epoch=self.disk.epoch,
            instance=self.rng.randbytes(8),
            machines=tuple(self.disk.machines.values()),
            windows=dict(self.disk.windows),
            members=self.disk.members,
        )
        self.agent = Agent(self.settings, restored, self.keys, Random(self.rng.random()), now)
        self.network.receivers[self.address] = self._receive
        self._timer = math.inf
        self.tell(PeersChanged(self.peers))
        self.tell(HostChanged(self.facts))

    def crash(self, *, lose_disk: bool = False) -> None:
        """Stop the factory at once; its machines go on."""
        self.agent = None
        self.network.receivers.pop(self.address, None)
        if lose_disk:
            self.disk = Disk(machines=self.disk.machines)

    def tell(self, event: Event) -> None:
        """Let the agent handle an event, and carry out what it wants."""
        if self.agent is None:
            return
        self.agent.handle(event, self.clock.now)
        self._carry_out()

    def _receive(self, data: bytes, source: Address) -> None:
        self.tell(DatagramReceived(data, source))

    def _carry_out(self) -> None:
        if self.agent is None:
            return
        for effect in self.agent.effects():
            self.watch(self.name, effect, self.clock.now)
            _HANDLERS[type(effect)](self, effect)
        due = self.agent.next_timer()
        if due < self._timer:
            self._timer = due
            agent = self.agent
            self.clock.at(due, lambda: self._wake(agent, due))

    def _wake(self, agent: Agent, due: float) -> None:
        if agent is self.agent and due == self._timer:
            self._timer = math.inf
            self.tell(Woke())

    # --- effects ----------------------------------------------------------------------------------------

    def _send(self, effect: Send) -> None:
        self.network.send(effect.data, self.address, effect.address)

    def _keep_epoch(self, effect: PersistEpoch) -> None:
        self.disk.epoch = effect.epoch

    def _keep_window(self, effect: PersistWindow) -> None:
        self.disk.windows[effect.target] = effect.window

    def _keep_members(self, effect: PersistMembers) -> None:
        self.disk.members = effect.members

    def _start(self, effect: StartMachine) -> None:
        now = self.clock.now
        self.disk.machines[effect.uuid] = RestoredMachine(
            uuid=effect.uuid,
            target=effect.target.name,
            processors=effect.processors,
            created_at=now,
            started_at=None,
            proved_at=None,
            ticket=effect.ticket,
        )
        self.clock.after(self.start_seconds, lambda: self._started(effect))

    def _started(self, effect: StartMachine) -> None:
        self._change(effect.uuid, MachineStarted(effect.uuid), started_at=self.clock.now)
        trial = self.behaviours[effect.target.name].trial_seconds
        self.clock.after(trial, lambda: self._try(effect))

    def _try(self, effect: StartMachine) -> None:
        verdict = self.behaviours[effect.target.name].try_work(self.name, self.clock.now)
        if verdict.proves:
            self._change(effect.uuid, MachineProved(effect.uuid), proved_at=self.clock.now)
        self.clock.after(verdict.lives_on_seconds, lambda: self._end(effect, verdict.code))

    def _end(self, effect: StartMachine, code: int) -> None:
        machine = self.disk.machines.get(effect.uuid)
        if machine is None or machine.ended_at is not None:
            return
        lived = self.clock.now - (machine.started_at or machine.created_at)
        outcome = outcome_of(code, lived, effect.target.fizzle_seconds)
        event = MachineEnded(effect.uuid, outcome, lived)
        self.watch(self.name, event, self.clock.now)
        self._change(effect.uuid, event, ended_at=self.clock.now, outcome=outcome)

    def _change(self, uuid: str, event: Event, **fields: float | Outcome) -> None:
        machine = self.disk.machines.get(uuid)
        if machine is not None:
            changes: dict[str, Any] = dict(fields)
            self.disk.machines[uuid] = replace(machine, **changes)
            self.tell(event)

    def _stop(self, effect: StopMachine) -> None:
        self.disk.machines.pop(effect.uuid, None)

    def _nothing(self, effect: Effect) -> None:
        """Notices and decisions are for people and for `watch`."""


_HANDLERS: dict[type, Callable[[Node, Any], None]] = {
    Send: Node._send,  # noqa: SLF001 (the table is the class's own)
    PersistEpoch: Node._keep_epoch,  # noqa: SLF001
    PersistWindow: Node._keep_window,  # noqa: SLF001
    PersistMembers: Node._keep_members,  # noqa: SLF001
    StartMachine: Node._start,  # noqa: SLF001
    StopMachine: Node._stop,  # noqa: SLF001
    Decided: Node._nothing,  # noqa: SLF001
    Notify: Node._nothing,  # noqa: SLF001
}
