"""What `status` prints: a line for each node, and what is wrong with the network."""

from __future__ import annotations

from collections.abc import Iterator

from tools.testbed.node import Node
from tools.testbed.plan import Faults
from tools.testbed.testbed import Testbed
from tools.testbed.ways import RUNNING, WAYS


def status(testbed: Testbed) -> Iterator[str]:
    """Yield the lines."""
    nodes = testbed.nodes
    yield f"{testbed.plan.name}: {len(nodes)} nodes, {WAYS[testbed.plan.way].words}"
    yield from (_of_node(node, testbed.state(node), len(nodes)) for node in nodes)
    yield from (f"network: {words}" for words in _of_faults(testbed.plan.faults))


def _of_node(node: Node, state: str, count: int) -> str:
    line = f"{node.name:8} {node.address:15} {state:8}"
    space = node.space() if state == RUNNING else None
    if space is None:
        return f"{line} factory does not answer" if state == RUNNING else line.rstrip()
    live = sum(one.state == "live" for one in space.factories)
    machines = sum(one.machines_running for one in space.factories if one.itself)
    return f"{line} sees {live} of {count} live, {machines} machines, vacnet {space.version}"


def _of_faults(faults: Faults) -> Iterator[str]:
    if faults.cuts:
        yield "cut: " + ", ".join(f"{a}->{b}" for a, b in faults.cuts)
    if faults.loss_percent:
        yield f"loss of {faults.loss_percent:g} % of what arrives"
    if faults.delay_ms:
        yield f"delay of {faults.delay_ms:g} ms one way"
