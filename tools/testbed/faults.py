"""From what is wrong with the network to the packet rules of one node. Pure.

Rules of this file: a node only refuses what arrives, for what others send is not its own; the table `mangle`
is the testbed's alone (Docker uses `filter` and `nat`), so a state of faults replaces it whole and a
state without faults leaves it empty. Packets for machines inside a node pass PREROUTING as well, so a cut
cuts them too. Loss is drawn per packet (`statistic`), delay is a queue (`inside.delay`) where the kernel has
no netem.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tools.testbed.plan import Faults, Plan

CARD = "eth0"
QUEUE = 1


def partition(sides: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Return the cuts that leave each side alone with itself."""
    side_of = {number: at for at, side in enumerate(sides) for number in side}
    return tuple((a, b) for a in side_of for b in side_of if side_of[a] != side_of[b])


def table_of(plan: Plan, number: int, *, queue: bool) -> str:
    """Return the whole `mangle` table of a node as `iptables-restore` reads it.

    Args:
        plan: the testbed's.
        number: of the node.
        queue: delay by the queue, for the kernel has no netem.
    """
    rules = [*_cuts(plan, number), *_of_all(plan.faults, queue=queue)]
    lines = [f"-A PREROUTING -i {CARD} {rule}" for rule in rules]
    return "\n".join(["*mangle", ":PREROUTING ACCEPT", *lines, "COMMIT", ""])


def _cuts(plan: Plan, number: int) -> Iterator[str]:
    for sender, receiver in plan.faults.cuts:
        if receiver == number:
            yield f"-s {plan.address(sender)} -j DROP"


def _of_all(faults: Faults, *, queue: bool) -> Iterable[str]:
    if faults.loss_percent:
        yield f"-m statistic --mode random --probability {faults.loss_percent / 100:.4f} -j DROP"
    if faults.delay_ms and queue:
        yield f"-j NFQUEUE --queue-num {QUEUE} --queue-bypass"
