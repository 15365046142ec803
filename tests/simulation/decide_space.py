"""What the scenarios of the collective decision have in common: targets, and a run with its counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vacnet.agent.agent import Agent
from vacnet.simulate.counts import Counts, NeverStuck
from vacnet.simulate.network import Weather
from vacnet.simulate.payloads import DONE
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Behaviour, Verdict
from vacnet.space.window import Window
from vacnet.targets.model import Proof, Target

LOSSY = Weather(loss=0.01, delay_seconds=(0.001, 0.1))
WAN = Weather(loss=0.1, delay_seconds=(0.05, 0.15))
HOUR = 3600.0


def target(name: str, backoff: int = 60, **options: Any) -> Target:
    """Return a target whose machines prove by a file."""
    usual: dict[str, Any] = {"target_share": 1.0, "backoff_max_seconds": 8 * backoff, "fizzle_seconds": 60}
    return Target(name=name, backoff_seconds=backoff, **{"proof": Proof.JOB_STARTED, **usual, **options})


def play(
    behaviours: Callable[[], dict[str, Behaviour]],
    targets: tuple[Target, ...],
    seed: int = 0,
    **scenario: Any,
) -> tuple[Counts, World]:
    """Run a scenario under the promise that nothing is ever stuck, and return what it did."""
    counts, stuck = Counts(), NeverStuck()
    faults = ((0.0, stuck.watch), *scenario.pop("faults", ()))
    checkers = (counts, stuck, *scenario.pop("checkers", ()))
    world = run(Scenario(targets=targets, behaviours=behaviours, faults=faults, **scenario), seed, *checkers)
    assert stuck.looks > 10
    return counts, world


def works(seconds: float, proves_after: float = 0.0) -> Verdict:
    """Return the verdict on a machine that finds a job of this length."""
    return Verdict(DONE, proves=True, lives_on_seconds=seconds, proves_after_seconds=proves_after)


def says(code: int, after: float = 0.0) -> Verdict:
    """Return the verdict on a machine that proves nothing and says this code in the end."""
    return Verdict(code, proves=False, lives_on_seconds=after)


def window(world: World, name: str, node: int = 0) -> Window:
    """Return the window of a target as a factory holds it."""
    held: Window = board(world, node).ledgers[name].window
    return held


def board(world: World, node: int = 0) -> Any:
    """Return a factory's board."""
    agent = world.nodes[node].agent
    assert isinstance(agent, Agent)
    return agent.board
