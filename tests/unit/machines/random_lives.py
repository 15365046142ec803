"""Machines that come and go while one keeper after the other is killed, and what happens between two of them.

Everything is drawn from a seed: who is made, what happens to whom, after how many steps a keeper dies, what
the host goes through while none is there.
"""

import asyncio
import random
from collections.abc import Callable

from tests.unit.machines.factory_floor import Floor
from tests.unit.machines.kills import Script, Stage, to_the_end
from tests.unit.machines.stories import AWAY

HOUR = 3600.0
RECORD_LOST = 0.03
"""How often the record is lost with a keeper."""

Mishap = Callable[[Stage, random.Random], None]


async def play_at_random(floor: Floor, seed: int, kills: int = 6) -> Stage:
    """Let machines come and go, kill keeper after keeper somewhere, and return the stage after the end."""
    lot = random.Random(seed)
    stage = Stage(floor, floor.keeper())
    stage.keep_window()
    for round_ in range(kills):
        stage.steps_left = lot.randrange(1, 60)
        await stage.perform(_some_lives(lot, round_), settle=False)
        stage.pass_time(lot.random() * 10.0)
        lot.choice(WHILE_DOWN)(stage, lot)
        if lot.random() < RECORD_LOST:
            await stage.lose_record()
        stage.pass_time(lot.random() * 10.0)
    return await to_the_end(stage)


def _some_lives(lot: random.Random, round_: int) -> Script:
    """Make a few machines and let things happen to whatever runs, its maker alive or not."""

    async def happen(stage: Stage) -> None:
        engine, sources = stage.floor.engine, stage.floor.sources
        for number in range(lot.randrange(4)):
            stage.wish(f"uuid-{round_}-{number}")
        for _ in range(12):
            await asyncio.sleep(lot.random() * 0.01)
            engine.away = AWAY if lot.random() < 0.15 else ""
            engine.away_for_starts = AWAY if lot.random() < 0.05 else ""
            engine.refusal = "exec format error" if lot.random() < 0.05 else ""
            engine.forget_fails = "device or resource busy" if lot.random() < 0.05 else ""
            sources.away = "https://example.org: HTTP 503" if lot.random() < 0.05 else ""
            if engine.running:
                lot.choice(HAPPENS)(stage, lot.choice(engine.running))

    return happen


HAPPENS: tuple[Callable[[Stage, str], None], ...] = (
    *(Stage.end, Stage.prove, Stage.stop_by_id, Stage.lower) * 3,
    Stage.vanish,
)
"""What may happen to a machine that runs, the last less often than the others."""


def _to_one(do: Callable[[Stage, str], None]) -> Mishap:
    """Do something to one machine that runs, if any does."""

    def mishap(stage: Stage, lot: random.Random) -> None:
        if stage.floor.engine.running:
            do(stage, lot.choice(stage.floor.engine.running))

    return mishap


def _nothing(_stage: Stage, _lot: random.Random) -> None:
    """Let the next keeper find all as the last one left it."""


def _clock_is_set(stage: Stage, lot: random.Random) -> None:
    stage.step_clock(lot.choice([-HOUR, -5.0, 5.0, HOUR]))


def _host_is_booted(stage: Stage, _lot: random.Random) -> None:
    stage.reboot(down_seconds=100.0)


def _clock_is_set_after_an_end(stage: Stage, lot: random.Random) -> None:
    _to_one(Stage.end)(stage, lot)
    _clock_is_set(stage, lot)


def _host_is_booted_after_a_proof(stage: Stage, lot: random.Random) -> None:
    _to_one(Stage.prove)(stage, lot)
    _host_is_booted(stage, lot)


def _engine_is_away(stage: Stage, _lot: random.Random) -> None:
    """Have the next keeper adopt without a word of the engine."""
    stage.floor.engine.away = AWAY


WHILE_DOWN: tuple[Mishap, ...] = (
    _nothing,
    _to_one(Stage.end),
    _to_one(Stage.prove),
    _to_one(Stage.vanish),
    _clock_is_set,
    _clock_is_set_after_an_end,
    _host_is_booted,
    _host_is_booted_after_a_proof,
    _engine_is_away,
)
"""What may happen while no keeper is there."""
