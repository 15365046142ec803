"""How long room stays empty where there is work: by the virtual clock, so that no busy host blurs it."""

from collections import defaultdict, deque
from collections.abc import Sequence

import pytest

from vacnet.agent.effects import StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.simulate.node import Node
from vacnet.simulate.run import Scenario, run
from vacnet.simulate.toys import Behaviour, Queue
from vacnet.targets.model import Proof, Target

REPLACED_SECONDS = 2.0
OPEN_AFTER_SECONDS = 120.0
"""The window is open and every factory full: from now on tickets allow whatever there is room for."""
END_SECONDS = 600.0
WORKER = Target(
    name="worker",
    target_share=1.0,
    backoff_seconds=30,
    backoff_max_seconds=240,
    fizzle_seconds=60,
    proof=Proof.JOB_STARTED,
    gain=1,
)


class Room:
    """When room came free on each factory, and how long after that it was given away."""

    def __init__(self) -> None:
        self.free: dict[str, deque[float]] = defaultdict(deque)
        self.empty_seconds: list[float] = []

    def see(self, factory: str, what: object, now: float) -> None:
        if isinstance(what, MachineEnded) and OPEN_AFTER_SECONDS < now < END_SECONDS:
            self.free[factory].append(now)
        if isinstance(what, StartMachine) and self.free[factory]:
            self.empty_seconds.append(now - self.free[factory].popleft())

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        assert not any(self.free.values()), f"room was left empty, seed {seed}"


def _plenty() -> dict[str, Behaviour]:
    return {"worker": Queue(jobs=[(0.0, 100_000)], trial_seconds=1.0, work_seconds=25.0)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factories", [1, 3, 10])
def test_a_machine_that_ends_is_replaced_within_two_seconds_where_tickets_allow_it(
    factories: int, seed: int
) -> None:
    room = Room()
    run(
        Scenario(
            factories=factories, processors=1, targets=(WORKER,), behaviours=_plenty, seconds=END_SECONDS
        ),
        seed,
        room,
    )
    assert len(room.empty_seconds) > 10 * factories
    assert max(room.empty_seconds) <= REPLACED_SECONDS
