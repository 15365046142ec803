"""Killing a keeper at a chosen fault point, and what must then be true of every machine.

A *story* leads a keeper along one row of the life-cycle table; `play` kills the keeper the first time it
passes a given point, throws it away, lets the next one adopt, brings everything to an end and returns what
is wrong. The engine keeps the truth: what ran, and how it ended.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec import structs

from tests.unit.machines.factory_floor import PROCESS, Floor, until
from vacnet.agent.events import MachineEnded, MachineProved
from vacnet.agent.restored import RestoredMachine
from vacnet.machines.keeper import Keeper
from vacnet.record.rows import MachineRecord
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
        """Stop a machine if the keeper has it; a kill may come before that is written."""
        for view in self.keeper.live():
            if view.id == machine_id:
                self.keeper.stop(view.uuid, "drain")

    def lower(self, _machine_id: str) -> None:
        self.keeper.lower_deadline(self.floor.clock.boot + 300.0)

    async def lose_record(self) -> None:
        """Lose the record, and with it what only it knew."""
        self.record_lost = True
        self.truth.clear()
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
    return await _to_the_end(stage)


async def play_at_random(floor: Floor, seed: int, kills: int = 6) -> Stage:
    """Let machines come and go, kill keeper after keeper somewhere, and return the stage after the end."""
    lot = random.Random(seed)
    stage = Stage(floor, floor.keeper())
    stage.keep_window()
    for round_ in range(kills):
        stage.steps_left = lot.randrange(1, 60)
        await stage.perform(_some_lives(lot, round_), settle=False)
    return await _to_the_end(stage)


async def _to_the_end(stage: Stage) -> Stage:
    stage.points, stage.steps_left = [], -1
    await stage.perform(_calm, settle=True)
    stage.wrong += await _what_is_wrong(stage)
    return stage


def _some_lives(lot: random.Random, round_: int) -> Script:
    """Make a few machines and let things happen to whatever runs, its maker alive or not."""

    async def happen(stage: Stage) -> None:
        engine = stage.floor.engine
        for number in range(lot.randrange(4)):
            stage.wish(f"uuid-{round_}-{number}")
        for _ in range(12):
            await asyncio.sleep(lot.random() * 0.01)
            engine.away = "toy: connection refused" if lot.random() < 0.15 else ""
            if not engine.running:
                continue
            machine_id = lot.choice(engine.running)
            lot.choice([stage.end, stage.floor.prove, stage.stop_by_id, stage.lower])(machine_id)

    return happen


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


async def _calm(stage: Stage) -> None:
    """Let everything be had again and end what runs."""
    floor = stage.floor
    floor.engine.away = floor.engine.refusal = floor.sources.away = ""
    floor.engine.gate = floor.sources.gate = None
    unfinished = {row.id for row in await floor.record.machines(unfinished=True)}
    for machine_id in unfinished.intersection(floor.engine.running):
        if stage.truth.get(machine_id) == "100 drain":
            # Asked to stop and killed before that was written: it ran on, as it should.
            del stage.truth[machine_id]
        stage.end(machine_id, stage.truth.get(machine_id, "200 done"))


async def _what_is_wrong(stage: Stage) -> list[str]:
    """Compare the record, and what was told, with what the engine knows."""
    floor, wrong = stage.floor, []
    rows = {row.id: row for row in await floor.record.machines(unfinished=False)}
    told = Counter(event.uuid for event in floor.told if isinstance(event, MachineEnded))
    wrong += [f"{row.id} is left unfinished" for row in rows.values() if row.state != "ended"]
    wrong += [f"{machine_id} is left in the engine" for machine_id in floor.engine.objects]
    wrong += [
        f"{machine_id} was started {n} times"
        for machine_id, n in Counter(floor.engine.starts).items()
        if n > 1
    ]
    wrong += [f"the end of {uuid} was told {n} times" for uuid, n in told.items() if n > 1]
    if not stage.record_lost:
        wrong += [
            f"{note.fields['id']} was not in the record"
            for note in floor.notes
            if note.name == "machine.adopted"
        ]
    wrong += _wrong_with_proofs(stage, {row.uuid: row.id for row in rows.values()})
    wrong += await _wrong_with_accounting(stage, rows)
    known = set(told) | {machine.uuid for machine in stage.restored if machine.outcome is not None}
    for machine_id in floor.engine.starts:
        row = rows.get(machine_id)
        if row is None:
            wrong.append(f"{machine_id} ran and is not in the record")
            continue
        message = f"{row.message_code} {row.message_text}"
        if message != stage.truth.get(machine_id, message):
            wrong.append(f"{machine_id} ended with {stage.truth[machine_id]!r}, the record says {message!r}")
        if row.uuid not in known:
            wrong.append(f"the end of {row.uuid} was neither told nor restored")
    return wrong


async def _wrong_with_accounting(stage: Stage, rows: dict[str, MachineRecord]) -> list[str]:
    """Compare accounting with what ran; a start that was stopped before anybody saw it run is in none."""
    times = Counter(row.id for row in await stage.floor.record.accounting(ended_from=0.0, limit=10_000))
    unseen = {row.id for row in rows.values() if row.stop_reason and row.started_wall is None}
    return [
        f"{machine_id} ran and is {times[machine_id]} times in accounting"
        for machine_id in set(stage.floor.engine.starts) - unseen
        if times[machine_id] != 1
    ]


def _wrong_with_proofs(stage: Stage, ids: dict[str, str]) -> list[str]:
    """Compare what was told of proofs with the files in which the machines showed them."""
    told = [event for event in stage.floor.told if isinstance(event, MachineProved)]
    times = Counter(event.uuid for event in told)
    wrong = [f"the proof of {uuid} was told {n} times" for uuid, n in times.items() if n > 1]
    known = set(times) | {machine.uuid for machine in stage.restored if machine.proved_at is not None}
    for uuid, machine_id in ids.items():
        written = (stage.floor.state / "machines" / machine_id / "joboutputs" / "job_started").exists()
        if written and uuid not in known:
            wrong.append(f"the proof of {uuid} was neither told nor restored")
    return wrong + [
        f"the proof of {event.uuid} was told after its end" for event in told if _ended_before(stage, event)
    ]


def _ended_before(stage: Stage, proved: MachineProved) -> bool:
    ends = stage.floor.ends(proved.uuid)
    return bool(ends) and stage.floor.told.index(ends[0]) < stage.floor.told.index(proved)
