"""Mishaps: what befalls machines and hosts in a scenario, besides what befalls a network.

Rules of this file: each is a function of a node, to be put among a scenario's faults; none of them knows
what should come of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from vacnet.agent.effects import Ticket
from vacnet.agent.restored import RestoredMachine
from vacnet.simulate.node import Disk, Node
from vacnet.simulate.run import World
from vacnet.space.window import Window
from vacnet.targets.model import Target

NO_TICKET = -1
HOURS_AGO = 3.0


def unfinished(node: Node, target: str = "") -> Iterator[RestoredMachine]:
    """Yield the machines of a host that have not ended, of one target or of all."""
    for machine in list(node.disk.machines.values()):
        if machine.ended_at is None and target in ("", machine.target):
            yield machine


def stop_machines(node: Node, why: str, target: str = "") -> int:
    """Stop a host's machines, as a drain or a deadline does; return how many there were."""
    stopped = 0
    for machine in unfinished(node, target):
        node.end_machine(machine.uuid, "", 0.0, stopped=why)
        stopped += 1
    return stopped


def die(node: Node) -> None:
    """Let a host die with its machines and its disk, for ever."""
    node.crash()
    node.disk = Disk(epoch=node.disk.epoch)


def power_cut(world: World, least: float, most: float) -> None:
    """Take the power from all hosts; each is back after a while, without its machines."""
    for node in world.nodes:
        node.crash()
        world.clock.after(world.rng.uniform(least, most), _reboot, node)


def _reboot(node: Node) -> None:
    lost = list(unfinished(node))
    node.boot()
    for machine in lost:
        node.end_machine(machine.uuid, "", 0.0, stopped="the host was rebooted")


def at_work_before(node: Node, target: Target, count: int, *, open_window: Window | None = None) -> list[str]:
    """Have a host run so many proven machines from before the run; return their ids."""
    began = node.now - HOURS_AGO * 3600
    window = open_window or Window(1, node.name, began - 1.0, 0.0, 1, open=True)
    node.disk.windows[target.name] = window
    uuids = [f"before{number}.{node.name}" for number in range(count)]
    for uuid in uuids:
        node.disk.machines[uuid] = RestoredMachine(
            uuid=uuid,
            target=target.name,
            processors=1,
            created_at=began,
            started_at=began,
            proved_at=began + 1.0,
            ticket=Ticket(window.number, window.opener, NO_TICKET),
        )
    return uuids


__all__ = ["at_work_before", "die", "power_cut", "stop_machines", "unfinished"]
