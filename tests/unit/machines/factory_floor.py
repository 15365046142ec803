"""A floor to keep machines on in a test: a real record, a toy engine, a clock that the test sets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.machines.toy_engine import ToyEngine, ToyRuntime
from vacnet.agent.effects import Notify, StartMachine, Ticket
from vacnet.agent.events import Event, MachineEnded
from vacnet.agent.restored import RestoredMachine
from vacnet.machines.keeper import Keeper
from vacnet.machines.paces import Paces
from vacnet.machines.runtime import NotNowError
from vacnet.machines.surroundings import HostIdentity, Template
from vacnet.record.record import Record
from vacnet.targets.model import Model, Target

FAST = Paces(
    look_seconds=0.02,
    listen_again_seconds=0.01,
    beat_seconds=0.01,
    measure_seconds=0.02,
    keep_usage_seconds=0.02,
    expiry_seconds=0.02,
    retry_seconds=0.01,
)

PROCESS = Target(name="grid-prod", machine_model=Model.PROCESS, user_data="script", fizzle_seconds=60)


@dataclass
class ToyClock:
    """Both times, moved by the test (and by the toy engine's word of them)."""

    boot: float = 500.0
    wall_ahead: float = 1_000_000.0

    def boottime(self) -> float:
        return self.boot

    def wall(self) -> float:
        return self.boot + self.wall_ahead


@dataclass
class ToySources:
    """User_data from memory."""

    body: bytes = b"#!/bin/sh\n# ##user_data_uuid##\n"
    away: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    """When set, fetching waits for it."""
    waiting: int = 0

    def close_gate(self) -> asyncio.Event:
        self.gate = asyncio.Event()
        return self.gate

    async def template(self, _target: Target) -> Template:
        await asyncio.sleep(0)
        if self.gate is not None:
            self.waiting += 1
            await self.gate.wait()
        if self.away:
            raise NotNowError(self.away)
        return Template(self.body, "https://example.org/user_data")

    async def file(self, _target: Target, name: str) -> bytes:
        return self.files[name]


@dataclass
class Floor:
    """What outlives a keeper, and what it told."""

    state: Path
    record: Record
    engine: ToyEngine
    clock: ToyClock
    sources: ToySources = field(default_factory=ToySources)
    wanted: bool = True
    """Some target has a model that the engine makes."""
    told: list[Event] = field(default_factory=list)
    notes: list[Notify] = field(default_factory=list)
    host: HostIdentity = field(
        default_factory=lambda: HostIdentity(
            factory="wn01.example.org",
            space="vac.example.org",
            boot_id="boot-1",
            host="wn01",
            domain=".example.org",
        )
    )

    def keeper(self, on_step: Callable[[str], None] = lambda _: None, paces: Paces = FAST) -> Keeper:
        return Keeper(
            record=self.record,
            runtimes=[ToyRuntime(self.engine)],
            state_directory=self.state,
            host=self.host,
            sources=self.sources,
            tell=self.told.append,
            notify=self.notes.append,
            clock=self.clock,
            on_step=on_step,
            wanted=lambda _models: self.wanted,
            paces=paces,
        )

    def prove(self, machine_id: str) -> None:
        """Let a machine say that it found work."""
        (self.state / "machines" / machine_id / "joboutputs" / "job_started").touch()

    async def lose_record(self) -> None:
        """Begin a new record, as after a database that had to be set aside."""
        await self.record.close()
        for path in self.state.glob("vacnet.db*"):
            path.unlink()
        self.record = await open_record(self.state, self.clock)

    @asynccontextmanager
    async def keeping(self, keeper: Keeper | None = None) -> AsyncIterator[Keeper]:
        """Adopt and run until the block ends."""
        keeper = keeper or self.keeper()
        self.restored: tuple[RestoredMachine, ...] = await keeper.adopt()
        task = asyncio.create_task(keeper.run())
        try:
            yield keeper
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def started(self, keeper: Keeper, uuid: str = "uuid-1", target: Target = PROCESS) -> str:
        """Make a machine and return its id once it runs."""
        keeper.start(self.wish(uuid, target))
        await until(lambda: any(view.uuid == uuid and view.state == "running" for view in keeper.live()))
        return next(view.id for view in keeper.live() if view.uuid == uuid)

    def wish(self, uuid: str = "uuid-1", target: Target = PROCESS, *, lives: float = 3600.0) -> StartMachine:
        return StartMachine(
            uuid=uuid,
            target=target,
            processors=1,
            deadline_at=self.clock.boot + lives,
            ticket=Ticket(7, "wn02.example.org", 3),
        )

    async def ended(self, uuid: str = "uuid-1") -> MachineEnded:
        """Return how a machine ended once that is told."""
        await until(lambda: self.ends(uuid) != [])
        return self.ends(uuid)[0]

    def ends(self, uuid: str) -> list[MachineEnded]:
        return [event for event in self.told if isinstance(event, MachineEnded) and event.uuid == uuid]

    def told_of(self, uuid: str) -> list[str]:
        return [type(event).__name__ for event in self.told if getattr(event, "uuid", "") == uuid]


async def open_record(state: Path, clock: ToyClock) -> Record:
    """Open the record of the floor's factory."""
    return await Record.open(
        state / "vacnet.db",
        factory="wn01.example.org",
        wall=clock.wall,
        boottime=clock.boottime,
        boot_id="boot-1",
    )


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (a test waits for what anybody may change)
            await asyncio.sleep(0.001)
