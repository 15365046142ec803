"""Floods of datagrams that are not genuine: all are counted, genuine news come through, drops are shown.

The factory that is flooded is a real one on loopback, and so is the one whose news it is to hear. What a
flood costs in time is measured by `python -m tools.bench gossip-flood`; here is what holds on any host.
"""

from __future__ import annotations

from collections.abc import Callable
from signal import SIGCONT, SIGSTOP

import pytest

from tests.integration.factory.test_looking import vacnet
from tests.integration.hostile.conftest import PATIENCE_SECONDS, MakeSpace, counter, events, goes_on, started
from tools.bench import flooder, gossip_flood
from tools.bench.flooder import FORGED, JUNK, KINDS, REPLAYED, Flood, Sent
from tools.space import Member, Space
from tools.space.waiting import until

PER_SECOND = 10_000.0
SECONDS = 1.0
REFUSED_FOR = {JUNK: "magic", FORGED: "tag", REPLAYED: "epoch"}


def _flood(member: Member, speaker: Member, kind: str) -> Sent:
    data = flooder.datagram(kind, "demo", member, speaker.name)
    with flooder.flooding(Flood(member.port, data, PER_SECOND, SECONDS)) as process:
        return flooder.sent(process)


def _live_and_whole(member: Member, other: Member) -> bool:
    peers = member.client().peers().peers
    return any(one.factory == other.name and one.state == "live" and not one.rows_missing for one in peers)


def test_what_is_not_genuine_is_refused_and_counted_and_what_is_comes_through(make_space: MakeSpace) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    for kind in KINDS:
        _floods_in_vain(first, second, kind)
    assert counter(first, "loop_datagrams_broke_the_agent") == 0
    assert not events(first, "factory.silent")
    assert not [one for one in first.client().space().factories if one.name not in _names(space)]
    until(lambda: _live_and_whole(first, second), PATIENCE_SECONDS, "all rows of the other are here")
    goes_on(first)


def _floods_in_vain(first: Member, second: Member, kind: str) -> None:
    """Flood a factory and wait until each datagram was refused for its reason, or dropped by the kernel."""
    name = f"gossip_reject_{REFUSED_FOR[kind]}"
    before, dropped = counter(first, name), counter(first, "udp_dropped_by_kernel")
    sent = _flood(first, second, kind)
    assert sent.datagrams > 0

    def all_counted() -> bool:
        counters = first.client().health().counters
        refused = counters.get(name, 0) - before
        lost = counters["udp_dropped_by_kernel"] - dropped
        return refused <= sent.datagrams <= refused + lost

    until(all_counted, PATIENCE_SECONDS, f"all that is {kind} is counted")


def _names(space: Space) -> set[str]:
    return {member.name for member in space.members}


def test_what_the_kernel_drops_is_counted_shown_with_what_to_do_and_repaired(make_space: MakeSpace) -> None:
    """A factory that stands still while it is flooded: however quick the host is, its buffer runs over."""
    space = make_space(2)
    first, second = space.members
    first.start((*gossip_flood.NARROW, str(gossip_flood.LINUX_BUFFER_BYTES)))
    started(second)
    space.wait_whole()
    first._signal(SIGSTOP)
    try:
        _flood(first, second, FORGED)
    finally:
        first._signal(SIGCONT)
    until(lambda: counter(first, "udp_dropped_by_kernel") > 0, PATIENCE_SECONDS, "drops are counted")
    until(lambda: bool(events(first, "gossip.dropped")), PATIENCE_SECONDS, "the log tells of them")
    for words in (("space", "--once"), ("peers", "list")):
        told = " ".join(vacnet(*words, "--socket", first.socket).stdout.split())
        assert "the kernel dropped datagrams that came faster than they were taken" in told
        assert "sysctl -w net.core.rmem_max" in told
    until(lambda: _live_and_whole(first, second), PATIENCE_SECONDS, "all rows of the other are here")
    goes_on(first)


@pytest.mark.slow  # floods of a minute, with all that two cores give
@pytest.mark.timeout(300)
@pytest.mark.parametrize("buffer_bytes", gossip_flood.BUFFERS)
def test_all_news_come_through_a_flood_that_takes_a_core(
    make_space: MakeSpace, record_property: Callable[[str, object], None], buffer_bytes: int
) -> None:
    space = make_space(2)
    gossip_flood.start(space, buffer_bytes)
    for kind in KINDS:
        came = gossip_flood.flood(space, kind, 15.0)
        assert came.refused > 0
        assert came.delays
        rate = f"{came.sent.per_second:.0f} a second of {kind}, buffer {buffer_bytes}"
        late = f"news late by {1000 * max(came.delays):.0f} ms at most"
        record_property("told", f"flood: {rate}: {late}, {came.dropped} dropped")
    first = space.member(1)
    assert not events(first, "factory.silent")
    assert counter(first, "loop_datagrams_broke_the_agent") == 0
