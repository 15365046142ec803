"""Two running factories of one name: both say so and stop starting, and neither ends a machine (DESIGN 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Notify, StartMachine, StopMachine
from vacnet.simulate.node import Node
from vacnet.simulate.run import Scenario, World, factory_name, run
from vacnet.simulate.toys import Behaviour, Queue
from vacnet.space.rows import Flags
from vacnet.targets.model import Proof, Target

TWIN_AT, NOTICED_AT, END = 100.0, 115.0, 200.0
WORK = Target(name="work", target_share=1.0, backoff_seconds=10, fizzle_seconds=60, proof=Proof.JOB_STARTED)


@dataclass(slots=True)
class Watch:
    """Notes what factories of the name want done, and when."""

    seen: list[tuple[float, object]] = field(default_factory=list)

    def see(self, factory: str, what: object, now: float) -> None:
        if factory == factory_name(1):
            self.seen.append((now, what))

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Judge nothing: the test does."""


def _behaviours() -> dict[str, Behaviour]:
    return {"work": Queue(jobs=[(0.0, 10_000)], trial_seconds=1.0, work_seconds=20.0)}


def _clone(world: World) -> None:
    """Bring another host up under the name of one that runs."""
    host = world.nodes[2]
    host.crash(lose_disk=True)
    host.settings = replace(host.settings, factory=factory_name(1))
    host.boot()


def test_both_say_so_both_stop_starting_and_no_machine_is_ended() -> None:
    watch = Watch()
    scenario = Scenario(
        targets=(WORK,), behaviours=_behaviours, faults=((TWIN_AT, _clone),), seconds=END, calm_seconds=0.0
    )
    world = run(scenario, 1, watch)
    starts = [at for at, what in watch.seen if isinstance(what, StartMachine)]
    assert max(starts) < NOTICED_AT
    assert [at for at in starts if TWIN_AT - 30.0 < at < TWIN_AT], "it was at work before"
    assert not [what for _, what in watch.seen if isinstance(what, StopMachine)]
    told = [what for _, what in watch.seen if isinstance(what, Notify) and what.name == "factory.conflict"]
    for node in world.nodes[1:]:
        assert isinstance(node.agent, Agent)
        assert node.agent.host.is_conflicted
        assert node.agent.gossip.table.me.row.flags & Flags.CONFLICT
    assert len(told) >= 2
    others = world.nodes[0].disk.machines.values()
    assert any(machine.ended_at is None for machine in others), "who is alone with its name works on"
