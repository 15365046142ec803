"""From faults to packet rules: what a node is told to refuse, to lose and to delay."""

from __future__ import annotations

import msgspec

from tools.testbed.faults import partition, table_of
from tools.testbed.plan import Faults, NodePlan, Plan

PLAN = Plan(name="t", way="least", subnet="10.213.1", nodes=tuple(NodePlan(number=n) for n in range(1, 6)))


def _rules(faults: Faults, number: int, *, queue: bool = False) -> list[str]:
    table = table_of(msgspec.structs.replace(PLAN, faults=faults), number, queue=queue)
    return [
        line.removeprefix("-A PREROUTING -i eth0 ") for line in table.splitlines() if line.startswith("-A")
    ]


def test_a_partition_cuts_every_pair_of_different_sides_both_ways_and_no_other() -> None:
    cuts = partition([[1, 2], [3, 4, 5]])
    assert len(cuts) == len(set(cuts)) == 2 * 2 * 3
    assert set(cuts) == {(b, a) for a, b in cuts}
    assert not {(1, 2), (3, 4), (4, 5)} & set(cuts)


def test_a_node_refuses_what_is_cut_on_its_own_side_alone() -> None:
    faults = Faults(cuts=((1, 2),))
    assert _rules(faults, 2) == ["-s 10.213.1.11 -j DROP"]
    assert _rules(faults, 1) == _rules(faults, 3) == []


def test_what_is_lost_is_not_delayed_and_what_the_kernel_delays_needs_no_queue() -> None:
    faults = Faults(loss_percent=10, delay_ms=50)
    lost, delayed = _rules(faults, 1, queue=True)
    assert "--probability 0.1000 -j DROP" in lost
    assert "NFQUEUE" in delayed
    assert _rules(faults, 1) == [lost]


def test_no_faults_leave_an_empty_table_that_replaces_the_one_before() -> None:
    assert table_of(PLAN, 1, queue=True) == "*mangle\n:PREROUTING ACCEPT\nCOMMIT\n"
