"""Chaos, then calm: whatever happened, the tables become equal and nobody sees a twin that never was."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.unit.space.net import Faults, Net, row_of

CHAOS_SECONDS = 60.0
SECRETLY_LOST = 0.3
"""Of all restarts, those without their disk: the epoch is 1 again."""


class Chaos:
    """One run: a space of a few factories and what befalls it, drawn from the seed."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"chaos {seed}")
        faults = Faults(loss=self.rng.choice([0.0, 0.01, 0.2, 0.4]), duplicate=self.rng.choice([0.0, 0.2]))
        faults.delay = (0.001, self.rng.choice([0.01, 0.2, 1.0]))
        self.net = Net(seed, faults)
        self.names = [f"f{number}" for number in range(self.rng.randint(3, 9))]
        self.listed = {
            name: [self.names[self.rng.randrange(max(1, at))]] for at, name in enumerate(self.names)
        }
        for name in self.names:
            self.net.add(name)
        for name in self.names:
            self.net.set_peers(name, self.listed[name])

    def row(self, name: str) -> None:
        if self.net.nodes[name].running:
            target = f"target-{self.rng.randrange(12)}"
            row = row_of(target, self.net.now, can=self.rng.randrange(256), gone=self.rng.random() < 0.05)
            self.net.set_row(name, row, urgent=self.rng.random() < 0.3)

    def cut(self, _name: str) -> None:
        side, one_way = set(self.rng.sample(self.names, len(self.names) // 2)), self.rng.random() < 0.3
        self.net.faults.cut = lambda sender, receiver: (
            sender in side and receiver not in side if one_way else (sender in side) != (receiver in side)
        )

    def heal(self, _name: str) -> None:
        self.net.faults.cut = lambda _sender, _receiver: False

    def stop(self, name: str) -> None:
        node = self.net.nodes[name]
        if node.running and self.rng.random() < 0.5:
            node.gossip.goodbye(self.net.now)
            self.net.collect(node)
        self.net.stop(name)

    def restart(self, name: str) -> None:
        epoch = 1 if self.rng.random() < SECRETLY_LOST else self.net.nodes[name].epoch + 1
        moved = {"host": f"10.1.{self.rng.randrange(99)}.{self.rng.randrange(1, 99)}"}
        self.net.add(name, epoch=epoch, peers=self.listed[name], **(moved if self.rng.random() < 0.2 else {}))
        for _ in range(self.rng.randrange(5)):
            self.row(name)

    def replay(self, _name: str) -> None:
        recorded = self.net.recorded
        for sender, receiver, data in self.rng.sample(recorded, min(50, len(recorded))):
            self.net.deliver(data, sender, receiver)

    def run(self) -> None:
        faults: list[Callable[[str], None]] = [
            self.row,
            self.cut,
            self.heal,
            self.stop,
            self.restart,
            self.replay,
        ]
        until = self.net.now + CHAOS_SECONDS
        while self.net.now < until:
            fault = self.rng.choices(faults, weights=[60, 8, 12, 5, 10, 5])[0]
            fault(self.rng.choice(self.names))
            self.net.run(self.rng.choice([0.01, 0.1, 1.0, 3.0]))

    def calm(self) -> None:
        """End all faults; whoever runs lists one that does, else it may have nobody to find."""
        self.net.faults = Faults()
        alive = self.net.running()[0].name
        for node in self.net.running():
            self.net.set_peers(node.name, [*self.listed[node.name], alive])


@pytest.mark.parametrize("seed", range(12))
def test_after_chaos_and_twenty_seconds_of_calm_all_tables_are_equal(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.run()
    chaos.restart("f0")
    chaos.calm()
    assert chaos.net.run(60.0, until=chaos.net.complete) < 20.0
    assert [node.name for node in chaos.net.running() if node.gossip.conflicted(chaos.net.now)] == []


def test_the_same_seed_gives_the_same_bytes() -> None:
    runs = []
    for _ in range(2):
        chaos = Chaos(3)
        chaos.run()
        runs.append(chaos.net.recorded)
    assert runs[0] == runs[1]
    assert len(runs[0]) > 100
