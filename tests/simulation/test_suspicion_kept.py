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


def _told(world: World, number: int) -> tuple[str, tuple[str, ...]]:
    """Return what the table of the space on a node says of the broken factory: its note and its flags."""
    node = world.nodes[number]
    assert isinstance(node.agent, Agent)
    factory = next(one for one in node.agent.view(node.now).factories if one.name == BROKEN)
    return factory.note, factory.flags


def test_a_restart_forgets_no_suspicion() -> None:
    seen: list[Suspicion] = []
    told: list[tuple[str, tuple[str, ...]]] = []
    told_to_another: list[tuple[str, tuple[str, ...]]] = []

    def look(world: World) -> None:
        seen.append(board(world, 1).ledgers["work"].suspicion)
        told.append(_told(world, 1))
        told_to_another.append(_told(world, 2))

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
    assert told == [("work fails here and not elsewhere", ("suspect",))] * 2
    assert [flags for _, flags in told_to_another] == [("suspect",)] * 2
    assert all("`vacnet space` there says why" in note for note, _ in told_to_another)
    assert [start.at for start in counts.starts if start.factory == BROKEN and start.at > HOUR] == []
