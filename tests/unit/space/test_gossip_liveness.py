"""Who is alive, and that nobody ever looks younger than it is."""

from __future__ import annotations

import pytest

from tests.unit.space.net import Faults, Net, row_of, space
from vacnet.space.happenings import FactoryDeparted, FactoryLive, FactorySilent
from vacnet.space.limits import FORGET_SECONDS
from vacnet.space.table import Known, Liveness
from vacnet.space.wire import Evidence


def test_a_killed_factory_is_silent_everywhere_after_three_beats() -> None:
    net = space(6)
    net.run(20.0)
    net.stop("f2")
    net.run(13.0)
    assert net.liveness("f4", "f2") is Liveness.LIVE
    net.run(8.0)
    assert {net.liveness(f"f{number}", "f2") for number in (0, 1, 3, 4, 5)} == {Liveness.SILENT}
    assert net.told("f4", FactorySilent) == [FactorySilent("f2")]


def test_what_a_silent_factory_runs_counts_until_it_is_forgotten_a_day_later() -> None:
    net = space(2)
    net.set_row("f1", row_of("atlas", net.now, machines_running=5))
    net.run(5.0)
    net.stop("f1")
    table = net.gossip("f0").table
    net.now += FORGET_SECONDS - 30.0
    net.run(10.0)
    assert [known.name for known in table.counted(net.now)] == ["f0", "f1"]
    assert table.factories["f1"].targets["atlas"].machines_running == 5
    net.run(60.0)
    assert list(table.factories) == ["f0"]


@pytest.mark.parametrize("delay", [0.0005, 0.1, 0.4, 0.9])
def test_a_silent_factory_never_looks_more_than_a_second_younger_than_it_is(delay: float) -> None:
    net = space(12, faults=Faults(delay=(delay, delay * 1.1)), targets=2)
    net.run(20.0)
    died = net.now
    net.stop("f5")
    for _ in range(60):
        net.run(10.0)
        for node in net.running():
            known = node.gossip.table.factories["f5"]
            assert known.silence(net.now) >= net.now - died - delay - 1.0


def test_a_latecomer_is_told_no_younger_an_age() -> None:
    net = space(4, faults=Faults(delay=(0.3, 0.5)))
    net.stop("f2")
    died = net.now
    net.run(300.0)
    for number in range(5):
        net.add(f"late{number}", peers=[f"late{number - 1}" if number else "f0"])
        net.run(20.0)
        known = net.gossip(f"late{number}").table.factories["f2"]
        assert known.silence(net.now) >= net.now - died - 1.0
        assert known.liveness(net.now) is Liveness.SILENT


def test_one_piece_of_evidence_moves_the_age_once() -> None:
    net = space(2)
    gossip = net.gossip("f0")
    known = gossip.table.factories["f1"]
    net.stop("f1")
    net.run(60.0)
    counter = known.counter
    _tell(net, Evidence(known.fid, known.epoch, counter, 0))
    assert known.silence(net.now) > 55.0
    _tell(net, Evidence(known.fid, known.epoch, counter + 1, 100))
    assert known.silence(net.now) == pytest.approx(11.0)
    _tell(net, Evidence(known.fid, known.epoch, counter + 1, 0))
    assert known.silence(net.now) == pytest.approx(11.0)
    _tell(net, Evidence(known.fid, known.epoch, counter + 2, 500))
    assert known.silence(net.now) == pytest.approx(11.0), "evidence never makes anyone older"


def test_a_datagram_that_was_overtaken_does_not_lower_the_counter() -> None:
    net = space(2)
    known = net.gossip("f0").table.factories["f1"]
    counter, membership = known.counter, net.gossip("f0")._membership
    membership.hear(known, counter + 5)
    membership.hear(known, counter + 4)
    assert known.counter == counter + 5


def test_evidence_of_another_life_says_nothing() -> None:
    net = space(2)
    known = net.gossip("f0").table.factories["f1"]
    net.stop("f1")
    net.run(60.0)
    _tell(net, Evidence(known.fid, known.epoch + 1, known.counter + 9, 0))
    assert known.silence(net.now) > 55.0


def _tell(net: Net, evidence: Evidence) -> None:
    core = net.gossip("f0")._core
    core.now = net.now
    net.gossip("f0")._membership.hear_of(core.table.factories["f1"], evidence)


def test_goodbye_ends_liveness_at_once_and_counts_for_ten_minutes() -> None:
    net = space(5, targets=1)
    net.run(5.0)
    net.gossip("f3").goodbye(net.now)
    net.collect(net.nodes["f3"])
    net.run(0.05)
    assert {net.liveness(name, "f3") for name in ("f0", "f1", "f2", "f4")} == {Liveness.DEPARTED}
    assert net.told("f1", FactoryDeparted) == [FactoryDeparted("f3")]
    table = net.gossip("f1").table
    net.run(595.0)
    assert "f3" in [known.name for known in table.counted(net.now)]
    net.run(10.0)
    assert "f3" not in [known.name for known in table.counted(net.now)]


def test_after_goodbye_nothing_more_is_said() -> None:
    net = space(3)
    gossip = net.gossip("f1")
    gossip.goodbye(net.now)
    net.collect(net.nodes["f1"])
    sent = net.nodes["f1"].sent
    net.run(100.0)
    assert net.nodes["f1"].sent == sent
    assert gossip.next_timer() == float("inf")


def test_a_goodbye_that_was_lost_is_learnt_from_those_who_heard_it() -> None:
    net = space(6)
    net.run(10.0)
    net.faults.cut = lambda sender, receiver: sender == "f1" and receiver != "f2"
    net.gossip("f1").goodbye(net.now)
    net.collect(net.nodes["f1"])
    net.run(12.0)
    assert {net.liveness(f"f{number}", "f1") for number in (0, 2, 3, 4, 5)} == {Liveness.DEPARTED}


def test_a_departed_factory_that_starts_again_is_live_and_keeps_its_rows_meanwhile() -> None:
    net = space(3, targets=2)
    net.run(5.0)
    net.gossip("f1").goodbye(net.now)
    net.collect(net.nodes["f1"])
    net.run(1.0)
    net.stop("f1")
    assert set(net.gossip("f2").table.factories["f1"].targets) == {"target-0", "target-1"}
    net.add("f1", epoch=2, peers=["f0"])
    net.set_row("f1", row_of("target-1", net.now, can=3))
    assert net.run(10.0, until=net.complete) < 3.0
    assert net.liveness("f2", "f1") is Liveness.LIVE
    assert set(net.gossip("f2").table.factories["f1"].targets) == {"target-1"}


def test_rows_of_the_last_life_stay_until_those_of_the_new_one_are_complete() -> None:
    net = space(2)
    for number in range(100):
        net.set_row("f1", row_of(f"{number:03}" + "t" * 60, net.now, tickets=1))
    net.run(10.0)
    net.stop("f1")
    net.faults.delay = (0.01, 0.2)
    net.add("f1", epoch=2, peers=["f0"])
    for number in range(100):
        net.set_row("f1", row_of(f"{number:03}" + "t" * 60, net.now, tickets=1))
    known = net.gossip("f0").table.factories["f1"]
    least = [100]

    def complete() -> bool:
        least[0] = min(least[0], sum(row.tickets for row in known.targets.values()))
        return known.epoch == 2 and net.complete()

    assert net.run(20.0, until=complete) < 20.0
    assert least == [100]


def test_heard_again_is_told_again() -> None:
    net = space(2)
    net.faults.cut = lambda _sender, _receiver: True
    net.run(30.0)
    net.faults.cut = lambda _sender, _receiver: False
    net.run(30.0)
    told = net.told("f0", FactoryLive) + net.told("f0", FactorySilent)
    assert told == [FactoryLive("f1"), FactoryLive("f1"), FactorySilent("f1")]


def test_me_is_always_live() -> None:
    net = Net()
    net.add("a")
    net.now += 200_000.0
    net.run(10.0)
    me: Known = net.gossip("a").table.me
    assert me.liveness(net.now) is Liveness.LIVE
    assert net.gossip("a").table.live(net.now) == [me]
