"""Tables become equal, whatever was lost, late, doubled or cut."""

from __future__ import annotations

import pytest

from tests.unit.space.net import Faults, Net, row_of, space
from vacnet.space.happenings import RowsChanged
from vacnet.space.limits import BUCKETS_LARGE_ABOVE
from vacnet.space.table import Liveness
from vacnet.space.wire import RowsOf, Type


def test_an_urgent_row_is_everywhere_after_one_flight() -> None:
    net = space(10)
    net.run(10.0)
    net.set_row("f3", row_of("atlas", net.now, noworks=1), urgent=True)
    net.run(0.01)
    rows = [node.gossip.table.factories["f3"].targets["atlas"].noworks for node in net.running()]
    assert rows == [1] * 10


def test_normal_rows_are_coalesced_to_one_datagram_in_two_seconds() -> None:
    net = space(2)
    net.run(10.0)
    before = len(_announcements(net, "f0"))
    for step in range(20):
        net.set_row("f0", row_of("atlas", net.now, machines_running=step))
        net.run(0.2)
    assert 2 <= len(_announcements(net, "f0")) - before <= 4
    net.run(2.5)
    assert net.equal()


def test_the_same_contents_with_times_within_a_second_are_not_told_again() -> None:
    net = space(2)
    net.set_row("f0", row_of("atlas", net.now, machines_running=3))
    net.run(10.0)
    version = net.gossip("f0").table.me.version
    net.set_row("f0", row_of("atlas", net.now - 9.5, machines_running=3))
    assert net.gossip("f0").table.me.version == version
    net.set_row("f0", row_of("atlas", net.now, machines_running=3, proof_at=net.now))
    assert net.gossip("f0").table.me.version == version + 1


def test_a_row_lost_on_every_way_is_repaired_by_sync_alone() -> None:
    net = space(6)
    net.run(10.0)
    net.faults.loss = 1.0
    net.set_row("f1", row_of("atlas", net.now, noworks=7), urgent=True)
    net.run(0.1)
    net.faults.loss = 0.0
    assert not net.equal()
    assert net.run(20.0, until=net.equal) < 6.0


def test_a_beat_shows_the_gap_and_the_row_is_pulled_without_any_sync() -> None:
    net = space(2)
    net.run(10.0)
    for node in net.running():
        node.gossip._repair.next_at = float("inf")
    net.faults.loss = 1.0
    net.set_row("f1", row_of("atlas", net.now, noworks=7))
    net.run(0.1)
    net.faults.loss = 0.0
    assert not net.equal()
    assert net.run(20.0, until=net.equal) < 5.6


def test_a_pull_that_was_lost_is_sent_again_within_a_second() -> None:
    net = space(2)
    net.run(10.0)
    net.faults.drop = lambda data: data[3] == Type.DIGEST  # no sync comes to anything
    net.faults.loss = 1.0
    net.set_row("f1", row_of("atlas", net.now, noworks=7), urgent=True)
    net.run(0.1)
    net.faults.loss = 0.0
    net.gossip("f0").table.factories["f1"].latest += 1  # what a beat leaves behind whose pull was lost
    assert net.run(3.0, until=net.equal) < 1.2


def test_a_gap_in_what_another_tells_is_asked_of_the_teller() -> None:
    net = space(3)
    net.run(10.0)
    net.faults.drop = lambda data: data[3] == Type.ANN
    net.set_row("f2", row_of("atlas", net.now), urgent=True)
    net.set_row("f2", row_of("alice", net.now), urgent=True)
    told = list(net.gossip("f1")._repair.origins(net.gossip("f2").table.me, 2))
    net.gossip("f1")._core.send(Type.ROWS, RowsOf(told), [net.address("f0")])
    began = len(net.recorded)
    net.collect(net.nodes["f1"])
    net.run(0.05)
    pulls = [
        to
        for sender, to, data in net.recorded[began:]
        if sender == net.address("f0") and data[3] == Type.PULL
    ]
    assert pulls == [net.address("f1")]


def test_each_live_peer_has_its_turn_of_a_sync() -> None:
    net = space(6)
    net.run(20.0)
    began = len(net.recorded)
    net.run(12.0)
    asked = [
        to
        for sender, to, data in net.recorded[began:]
        if sender == net.address("f0") and data[3] == Type.SYNC
    ]
    others = [net.address(f"f{number}") for number in range(1, 6)]
    assert len(asked) >= 10
    assert all(asked.count(other) >= 1 for other in others)
    assert max(asked.count(other) for other in others) <= min(asked.count(other) for other in others) + 2


def test_one_sync_in_ten_goes_to_a_silent_factory() -> None:
    net = space(3)
    net.stop("f2")
    net.run(20.0)
    began = len(net.recorded)
    net.run(200.0)
    syncs = [
        to
        for sender, to, data in net.recorded[began:]
        if sender == net.address("f0") and data[3] == Type.SYNC
    ]
    assert 180 <= len(syncs) <= 225
    assert 18 <= syncs.count(net.address("f2")) <= 22


def test_a_newcomer_fetches_a_large_space_without_a_pause_per_page() -> None:
    net = space(2)
    table = net.gossip("f0").table
    for number in range(400):
        ghost = table.add(f"ghost-{number}", 1, net.now)
        assert ghost is not None
        for version in range(1, 26):
            ghost.targets[f"target-{version}"] = row_of(f"target-{version}", net.now)
            ghost.versions[f"target-{version}"] = ghost.version = ghost.latest = version
    net.stop("f1")
    net.add("late", peers=["f0"])
    assert net.run(30.0, until=lambda: net.equal(["f0", "late"])) < 3.0
    net.run(2.5)
    assert net.gossip("late").synced_at is not None


def test_an_urgent_row_is_not_held_up_by_the_loss_of_the_one_before() -> None:
    net = space(2)
    net.run(10.0)
    net.faults.loss = 1.0
    net.set_row("f1", row_of("atlas", net.now, noworks=7), urgent=True)
    net.run(0.1)
    net.faults.loss = 0.0
    net.set_row("f1", row_of("alice", net.now, noworks=7), urgent=True)
    net.run(0.003)
    assert net.equal()  # after one flight, no round trip


def test_a_relay_carries_urgent_rows_over_a_broken_link() -> None:
    net = space(12)
    net.run(10.0)
    net.faults.cut = lambda sender, receiver: {sender, receiver} == {"f1", "f2"}
    heard = 0
    for number in range(20):
        net.set_row("f1", row_of(f"target-{number}", net.now), urgent=True)
        net.run(0.02)
        heard += f"target-{number}" in net.gossip("f2").table.factories["f1"].targets
        net.run(1.0)
    assert heard >= 12  # 11 receivers relay to 2 of 10 each: nine in ten hear of it at once


@pytest.mark.parametrize("seed", range(6))
def test_with_a_third_lost_all_tables_become_equal(seed: int) -> None:
    net = Net(seed, Faults(loss=0.3, delay=(0.001, 0.3), duplicate=0.2))
    for number in range(12):
        net.add(f"f{number}", peers=["f0"])
    for number in range(12):
        for target in range(12):
            net.set_row(f"f{number}", row_of(f"target-{target}", net.now, can=number))
    assert net.run(120.0, until=net.complete) < 60.0


def test_with_loss_changes_go_on_and_after_calm_tables_are_equal_within_two_beats() -> None:
    net = space(10, faults=Faults(loss=0.3, delay=(0.001, 0.5), duplicate=0.1))
    for step in range(60):
        net.set_row(f"f{step % 10}", row_of(f"target-{step % 7}", net.now, can=step), urgent=step % 3 == 0)
        net.run(0.5)
    net.faults.loss = net.faults.duplicate = 0.0
    assert net.run(60.0, until=net.complete) < 20.0


def test_both_sides_of_a_partition_work_on_and_heal_to_equal_tables() -> None:
    net = space(20, targets=3)
    left = {f"f{number}" for number in range(8)}
    net.faults.cut = lambda sender, receiver: (sender in left) != (receiver in left)
    for step in range(120):
        net.set_row(f"f{step % 20}", row_of("target-1", net.now, can=step), urgent=step % 2 == 0)
        net.run(1.0)
    assert net.live("f0") == left
    assert len(net.live("f19")) == 12
    assert net.liveness("f0", "f19") is Liveness.SILENT
    net.faults.cut = lambda _sender, _receiver: False
    assert net.run(60.0, until=net.complete) < 20.0


def test_a_long_partition_heals_as_fast() -> None:
    net = space(8, targets=2)
    net.faults.cut = lambda sender, receiver: (sender < "f4") != (receiver < "f4")
    net.run(900.0)
    net.faults.cut = lambda _sender, _receiver: False
    assert net.run(60.0, until=net.complete) < 20.0


def test_a_pair_that_cannot_hear_each_other_lives_for_each_other_by_hearsay() -> None:
    net = space(8, targets=2)
    net.faults.cut = lambda sender, receiver: {sender, receiver} == {"f1", "f2"}
    silent = 0
    for _ in range(120):
        net.run(1.0)
        silent += net.liveness("f1", "f2") is not Liveness.LIVE
    net.set_row("f2", row_of("target-1", net.now, can=9))
    assert net.run(30.0, until=net.equal) < 10.0
    assert silent == 0


def test_one_that_was_never_heard_directly_is_known_by_hearsay() -> None:
    net = Net(1, Faults(cut=lambda sender, receiver: {sender, receiver} == {"a", "c"}))
    for name in ("a", "b", "c"):
        net.add(name)
    net.set_peers("b", ["a", "c"])
    net.set_row("c", row_of("atlas", net.now, can=4))
    assert net.run(20.0, until=net.complete) < 5.0
    net.run(120.0)
    assert net.complete()
    assert net.gossip("a").table.factories["c"].link is None


def test_a_target_no_longer_offered_stays_as_a_row_that_says_so() -> None:
    net = space(3, targets=2)
    net.set_row("f1", row_of("target-0", net.now, gone=True))
    net.run(5.0)
    assert net.gossip("f2").table.factories["f1"].targets["target-0"].gone
    net.add("late", peers=["f0"])
    net.run(5.0)
    assert net.gossip("late").table.factories["f1"].targets["target-0"].gone


def test_the_agent_hears_of_each_row_once_with_what_stood_before() -> None:
    net = space(3)
    net.run(5.0)
    net.set_row("f1", row_of("atlas", net.now, can=1))
    net.run(5.0)
    net.set_row("f1", row_of("atlas", net.now, can=2), urgent=True)
    net.run(5.0)
    told = [(h.factory, h.rows["atlas"]) for h in net.told("f2", RowsChanged) if isinstance(h, RowsChanged)]
    assert [(factory, row.before and row.before.can, row.after.can) for factory, row in told] == [
        ("f1", None, 1),
        ("f1", 1, 2),
    ]


def test_a_full_table_of_long_rows_travels_in_pages() -> None:
    net = space(2)
    for number in range(256):
        net.set_row("f0", row_of(f"{number:03}" + "t" * 60, net.now, can=number % 256))
    net.add("late", peers=["f1"])
    assert net.run(30.0, until=net.complete) < 1.0  # though its pages overtake each other
    assert len(net.gossip("late").table.factories["f0"].targets) == 256
    assert max(len(data) for _, _, data in net.recorded) > 1100


def test_pages_that_overtake_each_other_are_not_pulled() -> None:
    net = space(2)
    net.run(10.0)
    began = len(net.recorded)
    for number in range(256):
        net.set_row("f0", row_of(f"target-{number}", net.now))
    assert net.run(1.0, until=net.equal) < 0.2
    assert [data for _, _, data in net.recorded[began:] if data[3] == Type.PULL] == []


def test_a_page_lost_of_many_is_pulled_again() -> None:
    net = space(2, faults=Faults(loss=0.3))
    for number in range(256):
        net.set_row("f0", row_of(f"{number:03}" + "t" * 60, net.now))
    assert net.run(60.0, until=net.complete) < 30.0


def test_gone_rows_make_room_for_new_targets_the_same_everywhere() -> None:
    net = space(3)
    for number in range(256):
        net.set_row("f0", row_of(f"target-{number}", net.now, gone=number in {5, 9}))
    net.run(5.0)
    net.set_row("f0", row_of("new", net.now))
    net.run(5.0)
    assert net.equal()
    targets = net.gossip("f2").table.factories["f0"].targets
    assert not {"target-5", "target-9"} & targets.keys()
    assert "new" in targets
    net.set_row("f0", row_of("more", net.now))
    version = net.gossip("f0").table.me.version
    net.set_row("f0", row_of("one too many", net.now))
    assert net.gossip("f0").table.me.version == version
    assert "one too many" not in net.gossip("f0").table.me.targets


@pytest.mark.slow
def test_a_space_beyond_two_thousand_uses_more_buckets_and_stays_repairable() -> None:
    net = space(2)
    for number in range(BUCKETS_LARGE_ABOVE):
        net.gossip("f0").table.add(f"ghost-{number}", 1, net.now)
    assert net.run(120.0, until=net.equal) < 60.0


def _announcements(net: Net, name: str) -> list[bytes]:
    address = net.address(name)
    return [data for sender, _, data in net.recorded if sender == address and data[3] == 1]
