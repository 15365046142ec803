"""What a factory that fell silent or left still counts for: what it runs and holds, not what it could do.

DESIGN section 6: what a silent or departed factory runs and holds counts until it is forgotten, or ten
minutes after its goodbye; its free room and candidacy end at once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.space.net import Net, row_of, space
from vacnet.agent.neighbours import neighbours
from vacnet.decide.standing import Standing, stand
from vacnet.space.limits import DEPARTED_COUNTED_SECONDS, FORGET_SECONDS
from vacnet.targets.model import Target

TARGET = Target(name="work", target_share=1.0)
RUNS = {"machines_running": 3, "processors_running": 3, "can": 5, "tickets": 1}


def _space() -> Net:
    """Return f0 and f1, of which f1 runs three machines, holds ticket 0, and could start five more."""
    net = space(2)
    net.set_row("f1", row_of("work", net.now, **RUNS), urgent=True)
    net.run(5.0)
    assert _free(net) == 8.0
    assert _standing(net).candidates == ("f1",)
    return net


def _free(net: Net) -> float:
    return neighbours(net.gossip("f0").table, net.now).free_work(8)


def _standing(net: Net, later: float = 0.0) -> Standing:
    """Return how the target stands for f0, also if nothing more is heard for so many seconds."""
    now = net.now + later
    peers = neighbours(net.gossip("f0").table, now).peers("work")
    window = peers[0].row.window if peers else row_of("work", now).window
    return stand(TARGET, window, peers, now)


def _leave(net: Net) -> None:
    net.gossip("f1").goodbye(net.now)
    net.collect(net.nodes["f1"])
    net.run(0.1)


def _fall_silent(net: Net) -> None:
    net.stop("f1")
    net.run(20.0)


@pytest.mark.parametrize(
    ("go", "counted_seconds"), [(_leave, DEPARTED_COUNTED_SECONDS), (_fall_silent, FORGET_SECONDS)]
)
def test_room_and_candidacy_end_at_once_and_what_it_runs_counts_on(
    go: Callable[[Net], None], counted_seconds: float
) -> None:
    net = _space()
    go(net)
    assert _free(net) == 0.0
    stands = _standing(net)
    assert stands.candidates == ()
    assert (stands.machines_running, stands.processors, stands.taken) == (3, 3, 1)
    assert _standing(net, counted_seconds - 60.0).machines_running == 3
    assert _standing(net, counted_seconds + 60.0).machines_running == 0
