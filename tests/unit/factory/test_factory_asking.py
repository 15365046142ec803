"""Asking another factory for its machines: pages over loss, whom a name means, words for who is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.unit.space.net import Address, Net, ring
from vacnet.factory import asking
from vacnet.factory.asking import Asking
from vacnet.factory.clock import boot_seconds
from vacnet.factory.control import RefusedError
from vacnet.factory.messages.machines import MachineState
from vacnet.space.happenings import Asked
from vacnet.space.items import Items, MachineItem
from vacnet.space.outbox import Datagram
from vacnet.space.wire import Topic

RUNNING, ENDED = 30, 5
BORN = boot_seconds() - 100.0
STEP_SECONDS = 0.2
"""Ages travel in tenths, and two clocks are read one after the other."""


def _item(number: int, state: str) -> MachineItem:
    return MachineItem(
        id=f"1795520000_work_{number:02}",
        name=f"f1-{number:02}.example.org",
        uuid=str(UUID(int=number)),
        target="work",
        kind="PR",
        state=state,
        processors=1,
        memory_bytes=1 << 30,
        created_at=BORN,
        started_at=BORN,
        ended_at=BORN + 10.0 if state == "ended" else None,
    )


ITEMS = {
    Topic.MACHINES: tuple(_item(number, "running") for number in range(RUNNING)),
    Topic.ENDED: tuple(_item(number, "ended") for number in range(RUNNING + ENDED, RUNNING, -1)),
}


class There:
    """Factory f1 at work: its gossip is the real one, its shell tells the items."""

    def __init__(self, ago: float = 0.0) -> None:
        self.net = Net()
        self.net.now = boot_seconds() - ago
        for name in ("f0.example.org", "f1.example.org"):
            self.net.add(name, peers=["f0.example.org"] if name != "f0.example.org" else ())
        assert self.net.run(30.0, until=self.net.complete) < 30.0
        self.asking = Asking(lambda: self.net.gossip("f0.example.org"), self)
        self.lost = 0
        self.asked = 0

    def send(self, data: bytes, address: Address) -> None:
        """Carry a question there and its answer back, unless it is lost."""
        self.asked += 1
        if self.asked <= self.lost or address != self.net.address("f1.example.org"):
            return
        gossip = self.net.gossip("f1.example.org")
        gossip.receive(data, self.net.address("f0.example.org"), self.net.now)
        for happening in gossip.happened():
            if isinstance(happening, Asked):
                gossip.answer(happening.question, _gathered(happening), boot_seconds())
        for answer in gossip.drain():
            if isinstance(answer, Datagram) and self.asking.take(answer.data):
                assert not self.asking.take(answer.data), "an answer counts once"

    async def machines(self, ended: int = 0) -> tuple[MachineState, ...]:
        return (await self.asking.machines(self.asking.known("f1"), ended)).machines


def _gathered(asked: Asked) -> Items:
    items = ITEMS[Topic(asked.question.topic)]
    ids = [item.id for item in items]
    first = ids.index(asked.question.after) + 1 if asked.question.after else 0
    return Items(machines=items[first:])


@pytest.mark.parametrize("lost", [0, 1])
async def test_all_machines_come_over_loss_with_times_of_this_hosts_clock(lost: int) -> None:
    there = There()
    there.lost = lost
    least = boot_seconds() - BORN - STEP_SECONDS
    came = await there.machines()
    most = boot_seconds() - BORN + STEP_SECONDS
    assert [one.id for one in came] == [item.id for item in ITEMS[Topic.MACHINES]]
    assert {one.factory for one in came} == {"f1.example.org"}
    assert all(least < one.hours * 3600 < most for one in came)


async def test_of_those_that_ended_so_many_of_the_last_come_behind_oldest_first() -> None:
    came = await There().machines(ended=3)
    assert [one.state for one in came] == ["running"] * RUNNING + ["ended"] * 3
    assert [one.id for one in came[-3:]] == [item.id for item in ITEMS[Topic.ENDED][:3]][::-1]


@pytest.mark.parametrize(
    ("ago", "gone", "words"),
    [(0.0, [], "so it runs"), (330.0, [], "silent for 5m"), (330.0, ["f1"], "stopped in order 5m")],
)
async def test_who_does_not_answer_is_told_in_one_line_with_when_it_was_heard(
    ago: float, gone: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = There(ago)
    if gone:
        there.net.gossip("f1.example.org").goodbye(there.net.now)
        there.net.collect(there.net.nodes["f1.example.org"])
        there.net.run(1.0)
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.02)
    there.lost = 1 << 30
    with pytest.raises(RefusedError, match=words) as refused:
        await there.machines()
    assert "f1.example.org does not answer" in refused.value.words
    assert "\n" not in refused.value.words


async def test_whoever_is_not_known_or_cannot_be_told_apart_is_not_asked() -> None:
    there = There()
    assert there.asking.known("f1") is there.asking.known("f1.example.org")
    with pytest.raises(RefusedError, match="knows none of that name"):
        there.asking.known("f9")
    there.net.add("f1.example.net", peers=["f0.example.org"])
    assert there.net.run(30.0, until=there.net.complete) < 30.0
    with pytest.raises(RefusedError, match="several"):
        there.asking.known("f1")


async def test_only_answers_to_what_is_asked_are_kept_from_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    there = There()
    seen: list[bytes] = []
    send: Callable[[bytes, Address], None] = there.send

    def hear_all(data: bytes, address: Address) -> None:
        seen.extend(data for _, _, data in there.net.recorded)
        assert not any(map(there.asking.take, seen)), "no other datagram is taken while one is asked"
        send(data, address)

    monkeypatch.setattr(there, "send", hear_all)
    await there.machines()
    assert seen
    assert not there.asking.take(seen[0])


async def test_without_a_key_nobody_is_asked() -> None:
    there = There()
    there.net.gossip("f0.example.org").set_keys(type(ring())([], "test"), there.net.now)
    with pytest.raises(RefusedError, match="no member key"):
        await asyncio.wait_for(there.machines(), 1.0)
