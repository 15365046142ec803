"""A host that suspects itself still does after a restart of its factory, and tries nothing."""

from __future__ import annotations

from random import Random

from tests.simulation.decide_space import HOUR, board, play, says, target, works
from vacnet.agent.agent import Agent
from vacnet.decide.blackholes import NONE, Suspicion
from vacnet.simulate.payloads import Scripted
from vacnet.simulate.run import World
from vacnet.simulate.toys import Verdict

BROKEN = "factory1.sim.example.org"


def _fails_on_one(factory: str, _now: float, _rng: Random) -> Verdict:
    return says(500) if factory == BROKEN else works(1200)


def _note(world: World) -> str:
    """Return what the factory says of itself in the table of the space."""
    node = world.nodes[1]
    assert isinstance(node.agent, Agent)
    return next(one.note for one in node.agent.view(node.now).factories if one.name == BROKEN)


def test_a_restart_forgets_no_suspicion() -> None:
    seen: list[Suspicion] = []
    notes: list[str] = []

    def look(world: World) -> None:
        seen.append(board(world, 1).ledgers["work"].suspicion)
        notes.append(_note(world))

    def restart(world: World) -> None:
        look(world)
        world.nodes[1].crash()
        world.clock.after(5.0, world.nodes[1].boot)

    counts, _ = play(
        lambda: {"work": Scripted(_fails_on_one)},
        (target("work", gain=2),),
        factories=3,
        processors=4,
        faults=((HOUR, restart), (HOUR + 10.0, look)),
        seconds=1.5 * HOUR,
    )
    before, after = seen
    assert before == after != NONE
    assert notes == ["work fails here and not elsewhere: this host suspects itself"] * 2
    assert [start.at for start in counts.starts if start.factory == BROKEN and start.at > HOUR] == []
