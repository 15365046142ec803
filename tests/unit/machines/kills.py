"""Killing a keeper at a chosen fault point, and what must then be true of every machine.

A *story* leads a keeper along one row of the life-cycle table; `play` kills the keeper the first time it
passes a given point, throws it away, lets the next one adopt, brings everything to an end and returns what
is wrong. The engine keeps the truth: what ran, and how it ended.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from msgspec import structs

from tests.unit.machines.factory_floor import PROCESS, Floor, until
from tests.unit.machines.wrongs import untold_deadlines, what_is_wrong
from vacnet.agent.restored import RestoredMachine
from vacnet.machines.keeper import Keeper
from vacnet.space.window import Window

TARGET = structs.replace(PROCESS, exit_codes={3: 300}, fizzle_seconds=60)
"""A machine that ends without a word and without our doing has fizzled, unless it says 3."""


class Crash(BaseException):
    """Stands for kill -9: nothing in the keeper may catch it."""


Script = Callable[["Stage"], Awaitable[None]]


async def _nothing(_stage: "Stage") -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """How to bring a keeper to a row of the table."""

    first: Script
    killed_at: str = ""
    """A point at which a first keeper is killed; empty: it is cancelled after `first` if `then` is given."""
    down: Callable[["Stage"], Awaitable[None]] = _nothing
    """What happens while no keeper is there."""
    then: Script | None = None
    """What is done with the second keeper."""


@dataclass
class Stage:
    """A floor with a keeper that may die."""

    floor: Floor
    keeper: Keeper
    points: list[str] = field(default_factory=list)
    """Where to die, one after the other."""
    steps_left: int = -1
    """After how many announcements to die, wherever that is; negative: never."""
    restored: list[RestoredMachine] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    """Machine id to the message that its outcome must have, as far as the engine knows better."""
    record_lost: bool = False
    vanished: set[str] = field(default_factory=set)
    """Machines that a foreign hand removed."""
    wrong: list[str] = field(default_factory=list)
    patience_seconds: float = 10.0

    def on_step(self, point: str) -> None:
        self.steps_left -= 1
        if self.steps_left == 0:
            raise Crash(point)
        if self.points and point == self.points[0]:
            self.points.pop(0)
            raise Crash(point)

    async def start(self, uuid: str = "uuid-1") -> str:
        return await self.floor.started(self.keeper, uuid, TARGET)

    def wish(self, uuid: str = "uuid-1") -> None:
        self.keeper.start(self.floor.wish(uuid, TARGET))

    def end(self, machine_id: str, message: str = "200 done") -> None:
        """End a machine by itself, its proof and its message written in its last moment.

        The message may be an exit code that stands for one.
        """
        self.truth[machine_id] = message
        self.floor.prove(machine_id)
        if message == "300 exit code 3":
            self.floor.engine.end(machine_id, exit_code=3)
        else:
            self.floor.engine.end(machine_id, message=message)

    async def stopped(self, machine_id: str, uuid: str = "uuid-1") -> None:
        """Stop a machine and wait until the engine has ended it."""
        self.truth[machine_id] = "100 drain"
        self.keeper.stop(uuid, "drain")
        await until(lambda: machine_id not in self.floor.engine.running)

    def stop_by_id(self, machine_id: str) -> None:
        """Stop a machine if the keeper has it and is sure of it; a kill may come before that is written."""
        for view in self.keeper.live():
            if view.id == machine_id and not self.keeper.unsure(view.uuid):
                self.keeper.stop(view.uuid, "drain")

    def lower(self, _machine_id: str) -> None:
        self.keeper.lower_deadline(self.floor.clock.boot + 300.0)

    def prove(self, machine_id: str) -> None:
        self.floor.prove(machine_id)

    def vanish(self, machine_id: str) -> None:
        self.vanished.add(machine_id)
        self.truth.pop(machine_id, None)
        self.floor.engine.vanish(machine_id)

    def pass_time(self, seconds: float) -> None:
        self.floor.clock.boot += seconds
        self.floor.engine.wall = self.floor.clock.wall()

    def step_clock(self, seconds: float) -> None:
        """Set the wall clock."""
        self.floor.clock.wall_ahead += seconds
        self.floor.engine.wall = self.floor.clock.wall()

    def reboot(self, down_seconds: float) -> None:
        """Boot the host anew: all that runs ends with it, without a word, and another clock begins."""
        for machine_id in self.floor.engine.running:
            self.truth.pop(machine_id, None)
            self.floor.engine.end(machine_id, exit_code=137)
        clock, before = self.floor.clock, self.floor.host.boot_id
        clock.boot, clock.wall_ahead = 7.0, clock.wall() + down_seconds - 7.0
        self.floor.engine.wall = clock.wall()
        self.floor.host = replace(self.floor.host, boot_id=f"{before} and another")
        self.keep_window()

    async def lose_record(self) -> None:
        """Lose the record, and with it what only it knew; what was told before is another agent's past."""
        self.record_lost = True
        self.truth.clear()
        self.restored.clear()
        self.floor.told.clear()
        self.floor.engine.starts = list(self.floor.engine.objects)
        await self.floor.lose_record()
        self.keep_window()

    def keep_window(self) -> None:
        """Let all machines be under the newest window, so that what ended untold is restored."""
        window = Window(7, "wn02.example.org", self.floor.clock.boot, 60.0, 1)
        self.floor.record.keep_window("grid-prod", window)

    # --- playing ------------------------------------------------------------------------------

    async def perform(self, script: Script, *, settle: bool) -> None:
        """Run a keeper and a script beside it, until both are done or the keeper dies."""
        self.keeper = self.floor.keeper(on_step=self.on_step)
        self.restored += await self.keeper.adopt()
        running = asyncio.create_task(self.keeper.run())
        acting = asyncio.create_task(self._act(script, settle=settle))
        await asyncio.wait({running, acting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            await _put_away(acting)
        except TimeoutError:
            self.wrong.append("it did not come to its end")
        await _put_away(running)
        await self._check_that_the_record_knows_what_runs()

    async def _act(self, script: Script, *, settle: bool) -> None:
        await script(self)
        if settle:
            await until(self._settled, self.patience_seconds)

    def _settled(self) -> bool:
        return not self.keeper.live() and not self.floor.engine.objects

    async def _check_that_the_record_knows_what_runs(self) -> None:
        for machine_id in self.floor.engine.objects:
            if await self.floor.record.machine(machine_id) is None and not self.record_lost:
                self.wrong.append(f"{machine_id} exists and is not in the record")


async def _put_away(task: asyncio.Task[None]) -> None:
    """Drop a task as a kill would, if it is not done; what it raised is raised but for the kill itself."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        try:
            await task
        except BaseExceptionGroup as group:
            rest = group.split(Crash)[1]
            if rest is not None:
                raise rest from None


async def play(floor: Floor, story: Story, point: str, seed: int, patience_seconds: float = 10.0) -> Stage:
    """Play a story with a kill at a point and return the stage after everything has come to its end."""
    points = [story.killed_at, point] if story.killed_at else [point]
    stage = Stage(floor, floor.keeper(), points, patience_seconds=patience_seconds)
    stage.keep_window()
    alone, crowded = story.first, _with_bystanders(story.then or story.first, seed)
    if story.then is not None:
        await stage.perform(alone, settle=bool(story.killed_at))
        await story.down(stage)
    await stage.perform(crowded, settle=True)
    if stage.points:
        stage.wrong.append(f"never came to {stage.points}")
    return await to_the_end(stage)


async def to_the_end(stage: Stage) -> Stage:
    """Bring everything to an end with a keeper that nobody kills, and look for what is wrong then."""
    stage.points, stage.steps_left = [], -1
    await stage.perform(_calm, settle=True)
    stage.wrong += await what_is_wrong(stage)
    return stage


def _with_bystanders(script: Script, seed: int) -> Script:
    """Let other machines live and end beside the story's own, at moments that the seed chooses."""
    lot = random.Random(seed)

    async def bystander(stage: Stage, uuid: str) -> None:
        await asyncio.sleep(lot.random() * 0.02)
        stage.wish(uuid)
        await asyncio.sleep(lot.random() * 0.05)
        found = next((view.id for view in stage.keeper.live() if view.uuid == uuid), "")
        if found not in stage.floor.engine.running:
            stage.keeper.stop(uuid, "drain")
        elif lot.random() < 0.3:
            await stage.stopped(found, uuid)
        else:
            stage.end(found, lot.choice(["200 done", "300 exit code 3", "600 no proxy"]))

    async def everything(stage: Stage) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(2 if seed else 0):
                group.create_task(bystander(stage, f"bystander-{number}"))
            await script(stage)

    return everything


def _all_known(stage: Stage) -> bool:
    """Tell whether the keeper has, or has dealt with, all that runs: also what its record did not have."""
    known = {view.id for view in stage.keeper.live() if view.state != "created"}
    return known.issuperset(stage.floor.engine.running)


async def _calm(stage: Stage) -> None:
    """Let everything be had again and end what runs."""
    floor = stage.floor
    floor.engine.away = floor.engine.refusal = floor.sources.away = ""
    floor.engine.away_for_starts = floor.engine.forget_fails = ""
    floor.engine.gate = floor.sources.gate = None
    await until(lambda: _all_known(stage) and not untold_deadlines(stage), stage.patience_seconds)
    unfinished = {row.id for row in await floor.record.machines(unfinished=True)}
    for machine_id in unfinished.intersection(floor.engine.running):
        if stage.truth.get(machine_id) == "100 drain":
            # Asked to stop and killed before that was written: it ran on, as it should.
            del stage.truth[machine_id]
        stage.end(machine_id, stage.truth.get(machine_id, "200 done"))
