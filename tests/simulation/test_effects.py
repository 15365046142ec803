"""Both shells carry out every effect an agent may want; a question of the space is answered by either."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from vacnet.agent.effects import Effect, GatherAnswer, Send
from vacnet.factory.effects import handlers
from vacnet.simulate import node
from vacnet.simulate.run import SECRET, Scenario, World, address_of, factory_name, run
from vacnet.space.inquiry import Inquiry
from vacnet.space.keyring import KeyRing
from vacnet.space.outbox import Datagram
from vacnet.space.wire import Topic

ALL = frozenset(Effect.__args__)
SOURCE = ("10.9.9.9", 4000)


def test_the_factory_has_a_hand_for_every_effect() -> None:
    anything: Any = SimpleNamespace(start=None, gather=None)
    assert set(handlers(anything, anything, anything, anything, anything, anything)) == ALL


def test_the_simulation_has_a_hand_for_every_effect() -> None:
    assert set(node._HANDLERS) & ALL == ALL - {Send}, "datagrams go to the network"


def test_a_simulated_factory_answers_who_asks_for_its_details() -> None:
    seen: list[object] = []
    world: World | None = run(Scenario(factories=2, seconds=20.0), 1)
    assert world is not None
    ring = KeyRing([("member", SECRET)], world.nodes[0].settings.space)
    inquiry = Inquiry(ring.keys[0], Topic.DETAILS, address_of(1), Random(1), world.clock.now)
    world.nodes[1].watch = lambda _factory, what, _now: seen.append(what)
    world.network.receivers[SOURCE] = lambda data, _source: inquiry.receive(data, world.clock.now)
    inquiry.wake(world.clock.now)
    for datagram in inquiry.drain():
        assert isinstance(datagram, Datagram)
        world.network.send(datagram.data, SOURCE, datagram.address)
    world.clock.run_until(world.clock.now + 1.0)
    assert [detail.value for detail in inquiry.details] == [factory_name(1)]
    assert [what for what in seen if isinstance(what, GatherAnswer)]
