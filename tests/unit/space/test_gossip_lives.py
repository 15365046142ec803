"""Restarts, lost records, and two factories of one name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.space.net import Net, row_of, space
from vacnet.space.happenings import Conflict
from vacnet.space.limits import JUMP_MAX
from vacnet.space.seal import read_header
from vacnet.space.twin import Twin
from vacnet.space.wire import Origin, Rival


@pytest.mark.parametrize("epoch", [1, 4, 5, 6])
def test_a_factory_restarted_with_any_epoch_is_accepted_within_a_second(epoch: int) -> None:
    net = space(5, targets=1)
    net.add("f2", epoch=5, peers=["f0"])
    net.run(10.0, until=net.complete)
    net.run(5.0)
    net.add("f2", epoch=epoch, peers=["f0"])
    net.set_row("f2", row_of("target-0", net.now, can=7))
    assert net.run(20.0, until=net.complete) < 1.0
    assert net.gossip("f4").table.factories["f2"].targets["target-0"].can == 7
    assert net.nodes["f2"].epoch == net.gossip("f2").epoch
    assert not net.gossip("f2").conflicted(net.now)


def test_a_factory_restarted_with_an_empty_disk_and_without_peers_is_found_by_the_others() -> None:
    net = space(5, targets=1)
    net.add("f2", epoch=9, peers=["f0"])
    net.run(20.0)
    net.add("f2", epoch=1)
    assert net.run(60.0, until=net.complete) < 30.0


def test_a_factory_restarted_elsewhere_with_a_lower_epoch_waits_a_second_and_jumps() -> None:
    net = space(4)
    net.add("f2", epoch=9, peers=["f0"])
    net.run(20.0)
    net.stop("f2")
    net.add("f2", epoch=1, host="10.3.3.3", peers=["f0"])
    assert net.run(20.0, until=net.complete) < 4.0
    assert 9 < net.gossip("f2").epoch <= 9 + JUMP_MAX
    assert net.told("f2", Conflict) == []


def test_the_raised_epoch_comes_before_the_first_datagram_that_bears_it() -> None:
    net = space(2)
    net.add("f1", epoch=9, peers=["f0"])
    net.run(10.0)
    net.add("f1", epoch=1, peers=["f0"])
    net.run(10.0)
    epochs = [read_header(data).epoch for sender, _, data in net.recorded if sender == net.address("f1")]
    assert 9 < epochs[-1] == net.nodes["f1"].epoch  # and the net refuses what is not yet durable


def test_the_highest_epoch_of_all_is_not_jumped_over() -> None:
    net = space(2)
    net.add("f1", epoch=(1 << 32) - 2, peers=["f0"])
    net.run(10.0)
    net.add("f1", epoch=1, peers=["f0"])
    net.run(30.0)
    assert net.gossip("f1").epoch == 1


def test_a_life_whose_rows_nobody_got_leaves_equal_tables() -> None:
    net = space(4, targets=2)
    net.run(5.0)
    net.stop("f1")
    net.run(20.0)
    net.faults.cut = lambda sender, receiver: {sender, receiver} == {"f1", "f2"} or receiver == "f3"
    gossip = net.add("f1", epoch=2, peers=["f0"])
    net.run(5.0, until=lambda: net.gossip("f0").table.factories["f1"].epoch == 2)
    net.stop("f1")
    net.faults.cut = lambda _sender, _receiver: False
    assert gossip.epoch == 2
    net.add("late", peers=["f2"])
    assert net.run(60.0, until=net.complete) < 30.0


@pytest.mark.parametrize("epochs", [(5, 5), (5, 6), (6, 5), (5, 5000)])
def test_two_running_factories_of_one_name_notice_each_other(epochs: tuple[int, int]) -> None:
    net = space(5)
    net.add("one", alias="twin", epoch=epochs[0], peers=["f0"])
    net.run(20.0)
    net.add("two", alias="twin", epoch=epochs[1], peers=["f3"])
    net.run(20.0)
    for name in ("one", "two"):
        assert net.gossip(name).conflicted(net.now), name
        told = [h for h in net.told(name, Conflict) if isinstance(h, Conflict)]
        assert told[0].factory == "twin"


def test_twins_do_not_race_epochs() -> None:
    net = space(5)
    net.add("one", alias="twin", epoch=5, peers=["f0"])
    net.add("two", alias="twin", epoch=5, peers=["f3"])
    net.run(600.0)
    assert max(net.gossip(name).epoch for name in ("one", "two")) == 5
    assert all(net.gossip(name).conflicted(net.now) for name in ("one", "two"))


def test_twins_that_cannot_reach_each_other_slow_down_and_say_so() -> None:
    net = space(5)
    net.add("one", alias="twin", epoch=5, peers=["f0"])
    net.add("two", alias="twin", epoch=5, peers=["f3"])
    net.faults.cut = lambda sender, receiver: {sender, receiver} == {"one", "two"}
    net.run(600.0)
    assert max(net.gossip(name).epoch for name in ("one", "two")) < 6 + 6 * JUMP_MAX
    assert all(net.gossip(name).conflicted(net.now) for name in ("one", "two"))


def test_a_conflict_ends_when_the_twin_is_stopped() -> None:
    net = space(5)
    net.add("one", alias="twin", epoch=6, peers=["f0"])
    net.add("two", alias="twin", epoch=5, peers=["f3"])
    net.run(30.0)
    net.stop("one")
    net.run(120.0)
    assert not net.gossip("two").conflicted(net.now)
    assert net.complete()
    assert 6 < net.gossip("two").epoch <= 6 + JUMP_MAX


def test_two_lives_that_are_told_of_the_same_past_do_not_jump_to_one_epoch() -> None:
    """Three bore one name and one died; or one without record and time hears of an older life of its own."""
    epochs = set()
    for seed in (1, 2):
        net = space(2, seed=seed)
        net.add("nobody")
        net.stop("nobody")
        _tell(net, 10, 9000, "nobody")
        net.run(20.0)
        epochs.add(net.gossip("f1").epoch)
    assert len(epochs) == 2
    assert min(epochs) > 10


def test_two_lives_that_took_one_epoch_are_told_apart() -> None:
    net = space(3)
    gossip = net.gossip("f1")
    gossip.set_factory_row(replace(gossip.table.me.row, processors_free=3), net.now)
    net.run(8.0)
    net.stop("f1")
    held = list(net.gossip("f0")._repair.origins(net.gossip("f0").table.factories["f1"], 0))
    net.stop("f2")
    net.add("f0", epoch=2)
    net.add("f1", epoch=1, peers=["f0"])
    net.run(1.0)
    fresh = net.gossip("f0")
    for origin in held:  # as if told by one who knows the last life only
        known = fresh._membership.vouched(origin)
        assert known is not None
        fresh._membership.learn(known, origin)
    net.collect(net.nodes["f0"])
    assert net.run(20.0, until=lambda: net.gossip("f1").epoch > 1 and net.complete()) < 3.0


def test_a_new_life_that_is_first_known_by_hearsay_is_no_rival_of_itself() -> None:
    net = space(3)
    net.stop("f1")
    membership = net.gossip("f0")._membership
    assert membership.vouched(Origin("f1", 2, 0, 0, 0, 1, 0, "", 0, None, [])) is not None
    net.add("f1", epoch=2, peers=["f0"])
    assert net.run(20.0, until=net.complete) < 3.0
    assert net.gossip("f1").epoch == 2


def _tell(net: Net, epoch: int, silence: int, where: str) -> Twin:
    """Tell f1 of another life of its name."""
    gossip = net.gossip("f1")
    gossip._core.now = net.now
    rival = Rival(epoch, b"another!", *net.address(where), silence)
    gossip._handshake._hear_rival(rival, proved=True)
    net.collect(net.nodes["f1"])
    return gossip._twin


def test_each_jump_doubles_the_wait_before_the_next() -> None:
    net = space(2)
    net.add("nobody")
    net.stop("nobody")
    waits = []
    for epoch in (10, 10_000, 20_000, 30_000):
        waits.append(_tell(net, epoch, 9000, "nobody").next_at - net.now)
        net.run(20.0)
        assert epoch < net.gossip("f1").epoch <= epoch + JUMP_MAX
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_an_epoch_is_never_lowered() -> None:
    net = space(2)
    net.add("f1", epoch=7, peers=["f0"])
    net.run(10.0)
    _tell(net, 3, 0, "f1")
    net.run(5.0)
    assert net.gossip("f1").epoch == 7
    assert not net.gossip("f1").conflicted(net.now)


def test_nobody_believes_what_others_say_of_itself() -> None:
    net = space(3)
    net.set_row("f1", row_of("atlas", net.now, can=5))
    net.run(5.0)
    lie = net.gossip("f2").table.factories["f1"]
    lie.targets["atlas"] = row_of("atlas", net.now, can=99)
    lie.version = lie.versions["atlas"] = 50
    net.run(30.0)
    assert net.gossip("f1").table.me.targets["atlas"].can == 5
