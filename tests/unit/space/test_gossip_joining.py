"""How a factory gets into the space, by whichever edit of whichever peers file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.space.net import Faults, Net, row_of, space
from vacnet.space.counters import Reject
from vacnet.space.happenings import FactoryLive, MemberMet
from vacnet.space.table import Liveness
from vacnet.space.wire import Type


def _space_of(count: int) -> Net:
    return space(count, targets=3)


def test_two_that_know_nobody_stay_alone() -> None:
    net = Net()
    net.add("a")
    net.add("b")
    net.run(30.0)
    assert net.live("a") == {"a"}
    assert net.nodes["a"].sent == 0


@pytest.mark.parametrize("lister", ["a", "b"])
def test_one_entry_in_either_list_joins_two(lister: str) -> None:
    net = Net()
    net.add("a")
    net.add("b")
    net.set_peers(lister, ["b" if lister == "a" else "a"])
    assert net.run(5.0, until=net.complete) < 0.5
    assert [h.name for h in net.told("a", MemberMet) if isinstance(h, MemberMet)] == ["b"]
    assert net.told("b", FactoryLive) == [FactoryLive("a")]


def test_a_newcomer_that_lists_one_is_in_every_table_within_three_seconds() -> None:
    net = _space_of(20)
    net.add("new", peers=["f7"])
    net.set_row("new", row_of("target-0", net.now))
    assert net.run(10.0, until=net.complete) < 3.0


def test_a_newcomer_listed_by_one_is_in_every_table_within_three_seconds_of_the_edit() -> None:
    net = _space_of(20)
    net.add("new")
    net.run(20.0)
    net.set_peers("f7", ["f0", "new"])
    assert net.run(10.0, until=net.complete) < 3.0


def test_a_newcomer_that_starts_long_after_it_was_listed_is_in_within_five_seconds() -> None:
    net = _space_of(10)
    net.add("new")
    net.stop("new")
    net.set_peers("f7", ["f0", "new"])
    net.run(600.0)
    net.add("new")
    assert net.run(10.0, until=net.complete) < 5.0


def test_a_newcomer_is_in_within_five_seconds_though_a_tenth_is_lost() -> None:
    slow = 0
    for seed in range(20):
        net = space(8, seed=seed, faults=Faults(loss=0.1), targets=2)
        net.add("new", peers=["f3"])
        slow += net.run(30.0, until=lambda net=net: net.complete()) > 5.0  # type: ignore[misc]
    assert slow <= 1


def test_two_spaces_become_one_when_one_factory_lists_one_of_the_other() -> None:
    net = Net()
    for side in ("a", "b"):
        for number in range(8):
            net.add(f"{side}{number}", peers=[f"{side}0"])
    net.run(10.0)
    assert net.live("a3") == {f"a{number}" for number in range(8)}
    net.set_peers("a5", ["b6"])
    assert net.run(10.0, until=net.complete) < 5.0


def test_a_whole_space_started_again_forms_from_the_peers_of_one_file() -> None:
    net = Net()
    names = [f"f{number}" for number in range(10)]
    for number, name in enumerate(names):
        net.add(name, host=f"10.0.0.{number}")
    net.set_peers("f4", names)
    assert net.run(10.0, until=net.complete) < 3.0
    for epoch, name in enumerate(names, start=2):
        net.add(name, epoch=epoch, peers=names if name == "f4" else [])
    assert net.run(10.0, until=net.complete) < 3.0


def test_members_met_before_are_tried_after_a_restart() -> None:
    net = _space_of(5)
    met = [(h.name, h.address) for h in net.told("f3", MemberMet) if isinstance(h, MemberMet)]
    assert {name for name, _ in met} == {"f0", "f1", "f2", "f4"}
    net.add("f3", epoch=2).set_members(met, net.now)
    net.collect(net.nodes["f3"])
    assert net.run(10.0, until=net.complete) < 3.0


def test_one_that_lists_itself_among_all_never_meets_itself() -> None:
    net = Net()
    names = ["a", "b", "c"]
    for name in names:
        net.add(name)
    for name in names:
        net.set_peers(name, names)
    assert net.run(10.0, until=net.complete) < 1.0
    net.run(60.0)
    assert net.live("a") == set(names)
    assert not net.gossip("a").conflicted(net.now)
    assert net.gossip("a").counters.rejects[Reject.ITSELF] == 1


def test_a_configured_peer_that_is_away_for_two_days_is_met_when_it_comes_back() -> None:
    net = Net()
    net.add("a")
    net.add("b")
    net.set_peers("a", ["b"])
    net.run(5.0, until=net.complete)
    net.stop("b")
    net.run(30.0)
    net.now += 2 * 86_400.0
    net.run(30.0)
    assert "b" not in net.gossip("a").table.factories
    assert net.gossip("a").unanswered() == [net.address("b")]
    net.add("b", epoch=2)
    assert net.run(10.0, until=net.complete) < 5.0


def test_an_excluded_factory_is_dropped_and_stays_out() -> None:
    net = _space_of(4)
    gossip = net.gossip("f1")
    config = gossip._core.config
    gossip.set_config(type(config)(config.space, config.factory, frozenset({"f2"})), net.now)
    net.run(20.0)
    assert net.live("f1") == {"f0", "f1", "f3"}
    assert net.live("f3") == {"f0", "f1", "f2", "f3"}
    assert gossip.counters.rejects[Reject.EXCLUDED] > 0


def test_joining_makes_the_tables_equal_and_says_so() -> None:
    net = _space_of(3)
    assert all(node.gossip.synced_at is not None for node in net.running())
    net.add("new")
    net.run(10.0)
    assert net.gossip("new").synced_at is None
    net.set_peers("new", ["f1"])
    net.run(3.0)
    assert net.gossip("new").synced_at is not None


def test_a_factory_that_moves_to_a_new_address_is_found_there() -> None:
    net = _space_of(4)
    net.stop("f2")
    net.add("f2", host="10.9.9.9", epoch=2, peers=["f3"])
    assert net.run(10.0, until=net.complete) < 3.0
    assert net.gossip("f1").table.factories["f2"].address == ("10.9.9.9", 995)


def test_a_welcome_names_members_enough_to_meet_all_without_any_row() -> None:
    net = _space_of(6)
    net.faults.drop = lambda data: data[3] not in {Type.HELLO, Type.WELCOME}
    net.add("new", peers=["f3"])
    net.run(2.0)
    assert net.live("new") == {"new", "f0", "f1", "f2", "f3", "f4", "f5"}


def test_a_factory_that_proved_itself_is_asked_for_its_rows_at_once() -> None:
    net = Net()
    net.faults.drop = lambda data: data[3] in {Type.SYNC, Type.ANN}
    net.add("a")
    net.set_row("a", row_of("atlas", net.now, can=1))
    net.add("b", peers=["a"])
    net.run(0.05)
    assert net.gossip("b").table.factories["a"].targets["atlas"].can == 1


def test_what_people_alone_read_goes_with_the_next_beat() -> None:
    net = _space_of(2)
    net.run(10.0)
    gossip = net.gossip("f1")
    version = gossip.table.me.version
    gossip.set_factory_row(replace(gossip.table.me.row, load=7.0), net.now)
    net.collect(net.nodes["f1"])
    assert gossip.table.me.version == version
    net.run(6.0)
    assert net.gossip("f0").table.factories["f1"].row.load == 7.0


def test_the_address_a_factory_advertises_is_used_once_it_answers_there() -> None:
    net = _space_of(2)
    gossip = net.gossip("f1")
    row = gossip.table.me.row
    net._at["10.7.7.7", 4000] = net.nodes["f1"]
    gossip.set_factory_row(type(row)(name="f1", instance=row.instance, advertise="10.7.7.7:4000"), net.now)
    net.collect(net.nodes["f1"])
    net.run(5.0)
    assert net.gossip("f0").table.factories["f1"].address == ("10.7.7.7", 4000)
    assert net.liveness("f0", "f1") is Liveness.LIVE


def test_an_advertised_address_that_does_not_answer_is_not_used() -> None:
    net = _space_of(2)
    gossip = net.gossip("f1")
    row = gossip.table.me.row
    gossip.set_factory_row(type(row)(name="f1", instance=row.instance, advertise="10.7.7.7:4000"), net.now)
    net.collect(net.nodes["f1"])
    net.run(30.0)
    assert net.gossip("f0").table.factories["f1"].address == net.address("f1")
    assert net.complete()
