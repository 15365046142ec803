"""Caps of a target: in the whole space never more machines than it allows, and as many where work is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulation.decide_space import LOSSY, WAN, play, target
from vacnet.agent import here, starting
from vacnet.agent.effects import StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.simulate.counts import Counts
from vacnet.simulate.run import World
from vacnet.simulate.toys import Behaviour, Queue
from vacnet.targets.model import Target

Patch = pytest.MonkeyPatch
CAP = 15
SECONDS = 400.0


@dataclass(slots=True)
class Most:
    """The most machines and processors that ran at a time, counted from starts and ends."""

    machines: int = 0
    processors: int = 0
    on_one_factory: int = 0
    _running: dict[str, tuple[str, int]] = field(default_factory=dict)

    def see(self, factory: str, what: object, now: float) -> None:
        """Count."""
        if isinstance(what, MachineEnded):
            self._running.pop(what.uuid, None)
        if isinstance(what, StartMachine):
            self._running[what.uuid] = factory, what.processors
            self.machines = max(self.machines, len(self._running))
            self.processors = max(self.processors, sum(count for _, count in self._running.values()))
            most = max(Counter(one for one, _ in self._running.values()).values())
            self.on_one_factory = max(self.on_one_factory, most)

    def finish(self, nodes: object, seed: int) -> None:
        """Nothing is promised."""


def _run(capped: Target, seed: int, *, work: float = 60.0, **more: Any) -> tuple[Most, Counts]:
    most = Most()

    def behaviours() -> dict[str, Behaviour]:
        return {"capped": Queue([(0.0, 10**6)], work_seconds=work)}

    usual: dict[str, Any] = {"factories": 10, "processors": 4, "seconds": SECONDS, "weather": LOSSY}
    faults = tuple(more.pop("faults", ()))
    counts, _ = play(behaviours, (capped,), seed, checkers=(most,), faults=faults, **{**usual, **more})
    return most, counts


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("cap", [1, 3, CAP])
def test_machines_in_the_space_never_exceed_the_cap_and_reach_it(cap: int, seed: int) -> None:
    most, counts = _run(target("capped", gain=2, max_machines_running=cap), seed)
    assert most.machines == cap
    assert counts.busy(cap, SECONDS / 2, SECONDS) > 0.75


@pytest.mark.parametrize("seed", range(2))
def test_processors_in_the_space_never_exceed_the_cap(seed: int) -> None:
    capped = target("capped", gain=2, min_processors=1, max_processors=4, max_processors_running=10)
    most, _ = _run(capped, seed)
    assert 8 <= most.processors <= 10


@pytest.mark.parametrize("seed", range(2))
def test_machines_on_a_factory_never_exceed_its_cap(seed: int) -> None:
    most, _ = _run(target("capped", gain=2, max_machines_per_factory=2), seed)
    assert most.on_one_factory == 2


@pytest.mark.parametrize("seed", range(2))
def test_where_rows_come_late_or_not_at_all_it_is_exceeded_by_few(seed: int) -> None:
    most, _ = _run(target("capped", gain=2, max_machines_running=CAP), seed, weather=WAN)
    assert CAP <= most.machines <= CAP + 1


def _cut(world: World) -> None:
    names = [node.address for node in world.nodes]
    world.network.partition(names[:4], names[4:])


def _mend(world: World) -> None:
    world.network.partition()


def test_two_parts_of_a_space_fill_what_was_left_when_they_were_cut_off() -> None:
    faults = ((150.0, _cut), (300.0, _mend))
    most, _ = _run(target("capped", gain=2, max_machines_running=CAP), 0, faults=faults)
    assert most.machines <= CAP + 2


def test_restarts_of_all_factories_hold_it() -> None:
    def restart(number: int) -> Callable[[World], None]:
        def fault(world: World) -> None:
            world.nodes[number].crash()
            world.clock.after(10.0, world.nodes[number].boot)

        return fault

    faults = tuple((100.0 + 25 * n, restart(n)) for n in range(10))
    most, _ = _run(target("capped", gain=2, max_machines_running=CAP), 1, faults=faults)
    assert most.machines <= CAP


# --- mutants ----------------------------------------------------------------------------------------------


def test_open_targets_that_are_not_claimed_exceed_it(monkeypatch: Patch) -> None:
    monkeypatch.setattr(starting, "is_capped", lambda _: False)
    most, _ = _run(target("capped", gain=2, max_machines_running=CAP), 0)
    assert most.machines > CAP


def test_claims_that_do_not_count_exceed_it(monkeypatch: Patch) -> None:
    monkeypatch.setattr(here, "ahead", lambda *_: ())
    most = max(
        (_run(target("capped", gain=2, max_machines_running=3), seed)[0] for seed in range(2)),
        key=lambda one: one.machines,
    )
    assert most.machines > 3
