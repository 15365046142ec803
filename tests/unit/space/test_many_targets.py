"""As many targets as a factory may tell of, while they come and go and some factories do not hear of it."""

from __future__ import annotations

from msgspec.structs import replace

from tests.unit.space.net import Net, row_of, space
from vacnet.space.limits import TARGETS_MAX

AWAY, TELLER = "f2", "f0"
SPARE = 12


def _net(targets: int) -> Net:
    """Return a space that knows so many targets of one factory."""
    net = space(3, seed=3)
    for number in range(targets):
        net.set_row(TELLER, row_of(f"t{number:03d}", net.now, machines_running=1))
    net.run(30.0, until=net.equal)
    assert net.equal()
    return net


def _replace(net: Net, number: int) -> None:
    """Have the teller offer one more target in the place of another."""
    old = net.gossip(TELLER).table.me.targets[f"t{number:03d}"]
    net.set_row(TELLER, replace(old, machines_running=0, gone=True))
    net.set_row(TELLER, row_of(f"t{TARGETS_MAX + number:03d}", net.now, machines_running=2))


def _offered(net: Net, name: str) -> dict[str, int]:
    """Return the targets that the teller offers as another knows them, with their machines."""
    rows = net.gossip(name).table.factories[TELLER].targets.values()
    return {row.target: row.machines_running for row in rows if not row.gone}


def test_who_was_away_while_targets_came_and_went_knows_them_all_afterwards() -> None:
    net = _net(TARGETS_MAX)
    net.faults.cut = lambda sender, receiver: AWAY in {sender, receiver}
    for number in range(SPARE):
        _replace(net, number)
    net.run(60.0)
    net.faults.cut = lambda _sender, _receiver: False
    net.run(60.0, until=net.equal)
    net.run(30.0)
    expected = {f"t{n:03d}": 1 if n < TARGETS_MAX else 2 for n in range(SPARE, TARGETS_MAX + SPARE)}
    for name in ("f0", "f1", AWAY):
        assert _offered(net, name) == expected, name
    assert net.equal()


def test_one_target_in_the_place_of_another_is_heard_of_by_all_at_once() -> None:
    net = _net(TARGETS_MAX)
    epoch = net.gossip(TELLER).epoch
    _replace(net, 0)
    assert net.gossip(TELLER).epoch == epoch + 1
    net.run(10.0)
    for name in ("f1", AWAY):
        assert "t000" not in _offered(net, name)
        assert _offered(net, name)[f"t{TARGETS_MAX:03d}"] == 2
        assert net.live(name) == {"f0", "f1", "f2"}
    assert net.equal()


def test_with_room_left_no_new_life_is_begun() -> None:
    net = _net(TARGETS_MAX - SPARE)
    epoch = net.gossip(TELLER).epoch
    for number in range(SPARE):
        _replace(net, number)
    net.run(10.0)
    assert net.gossip(TELLER).epoch == epoch
    assert net.equal()


def test_a_target_too_many_is_not_told_of_and_costs_no_life() -> None:
    net = _net(TARGETS_MAX)
    epoch = net.gossip(TELLER).epoch
    net.set_row(TELLER, row_of("one-too-many", net.now))
    net.run(10.0)
    assert net.gossip(TELLER).epoch == epoch
    assert all("one-too-many" not in _offered(net, name) for name in ("f0", "f1", "f2"))


def test_what_the_others_offer_of_a_target_stays_when_one_has_dropped_it() -> None:
    net = _net(TARGETS_MAX)
    net.set_row("f1", row_of("t000", net.now, machines_running=5))
    net.run(5.0)
    _replace(net, 0)
    net.run(10.0)
    row = net.gossip(TELLER).table.factories["f1"].targets["t000"]
    assert (row.machines_running, row.gone) == (5, False)
