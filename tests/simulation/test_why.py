"""Every proof that an agent gives at any moment of its life can be checked with a pencil."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.simulation.pencil import wrong
from vacnet.agent.agent import Agent
from vacnet.simulate.network import Weather
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Always, Behaviour, Queue
from vacnet.targets.model import Proof, Target

SECONDS = 400.0
EVERY_SECONDS = 3.1


def _target(name: str, share: float, group: str = "") -> Target:
    return Target(
        name=name,
        target_share=share,
        group=group,
        backoff_seconds=20,
        backoff_max_seconds=80,
        fizzle_seconds=60,
        proof=Proof.JOB_STARTED,
    )


def _behaviours() -> dict[str, Behaviour]:
    return {
        "idle": Always(300),
        "faulty": Always(500),
        "queue": Queue(jobs=[(0.0, 400), (250.0, 40)], work_seconds=20),
        "other": Queue(jobs=[(0.0, 60), (100.0, 300)], work_seconds=15),
    }


def _proofs(seed: int, check: Callable[[dict[str, Any]], None]) -> None:
    """Run a space and have every proof of every factory checked every few seconds."""

    def look(world: World) -> None:
        for node in world.nodes:
            for target in scenario.targets:
                agent = node.agent
                why = agent.why(target.name, world.clock.now) if isinstance(agent, Agent) else None
                if why is not None:
                    check(msgspec.json.decode(msgspec.json.encode(why)))

    times = [EVERY_SECONDS * n for n in range(1, int(SECONDS / EVERY_SECONDS))]
    scenario = Scenario(
        factories=6,
        targets=(
            _target("idle", 1),
            _target("faulty", 1),
            _target("queue", 3, "work"),
            _target("other", 1, "work"),
        ),
        behaviours=_behaviours,
        weather=Weather(loss=0.05, delay_seconds=(0.001, 0.1)),
        faults=tuple((at, look) for at in times),
        seconds=SECONDS,
    )
    run(scenario, seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_pencil_finds_the_same(seed: int) -> None:
    states: Counter[str] = Counter()
    wrongs: Counter[tuple[str, ...]] = Counter()

    def check(why: dict[str, Any]) -> None:
        states[why["window"]["state"]] += 1
        wrongs[tuple(wrong(why))] += 1

    _proofs(seed, check)
    assert set(wrongs) == {()}
    assert {*states} == {"back-off", "probing", "growing", "open"}
