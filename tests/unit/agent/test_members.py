"""Members met: kept for the next start, at most so many, and forgotten when they are gone for a day."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Member, PersistMembers, Send
from vacnet.agent.events import AgentSettings, DatagramReceived, KeysChanged, SettingsChanged, Woke
from vacnet.agent.restored import Restored
from vacnet.space import limits
from vacnet.space.address import Address

KEYS = KeysChanged((("member", bytes(range(32))),))
HERE, THERE = ("10.0.0.1", 995), ("10.0.0.2", 995)


def _settings(name: str, exclude: Iterable[str] = ()) -> AgentSettings:
    return AgentSettings(space="s", factory=name, processors=4, exclude=frozenset(exclude))


def _agent(name: str, members: tuple[Member, ...] = (), now: float = 0.0) -> Agent:
    restored = Restored(epoch=1, instance=name.encode(), members=members)
    return Agent(_settings(name), restored, KEYS, Random(name), now)


def _kept(agent: Agent) -> list[tuple[str, ...]]:
    effects = agent.effects()
    return [tuple(m.name for m in one.members) for one in effects if isinstance(one, PersistMembers)]


def _wake_until(agent: Agent, end: float) -> list[tuple[str, ...]]:
    """Let time pass for an agent whose datagrams reach nobody."""
    kept = []
    while (now := agent.next_timer()) < end:
        agent.handle(Woke(), now)
        kept += _kept(agent)
    return kept


def _exchange(one: Agent, other: Agent, now: float) -> list[tuple[str, ...]]:
    """Carry datagrams between two until none is left; return what `one` keeps."""
    kept: list[tuple[str, ...]] = []
    sides: list[tuple[Agent, Address, Agent]] = [(one, HERE, other), (other, THERE, one)]
    for _ in range(20):
        for sender, address, receiver in sides:
            for effect in sender.effects():
                if isinstance(effect, Send):
                    receiver.handle(DatagramReceived(effect.data, address), now)
                elif isinstance(effect, PersistMembers) and sender is one:
                    kept.append(tuple(member.name for member in effect.members))
    return kept


def test_a_member_met_is_kept_and_forgotten_after_a_day_of_silence() -> None:
    one, other = _agent("one", (Member("other", THERE),)), _agent("other")
    one.handle(Woke(), 0.1)
    _exchange(one, other, 0.1)
    assert "other" in one.gossip.table.factories
    kept = _wake_until(one, 0.1 + limits.FORGET_SECONDS + 200.0)
    assert kept[-1] == ()


def test_a_member_that_is_never_met_again_is_forgotten_after_a_day() -> None:
    one = _agent("one", (Member("gone", THERE),))
    assert _wake_until(one, limits.FORGET_SECONDS - 100.0) == []
    assert _wake_until(one, limits.FORGET_SECONDS + 200.0) == [()]


def test_a_member_that_is_excluded_is_forgotten_at_once() -> None:
    one, other = _agent("one", (Member("other", THERE),)), _agent("other")
    one.handle(Woke(), 0.1)
    _exchange(one, other, 0.1)
    one.handle(SettingsChanged(_settings("one", ["other"])), 1.0)
    assert _kept(one)[-1] == ()


@pytest.mark.parametrize("count", [limits.MEMBERS_KEPT - 1, limits.MEMBERS_KEPT, 2 * limits.MEMBERS_KEPT])
def test_no_more_members_are_kept_than_so_many_and_the_newest_is(count: int) -> None:
    before = tuple(Member(f"m{n}", (f"10.1.{n // 250}.{1 + n % 250}", 995)) for n in range(count))
    one, other = _agent("one", (*before, Member("first", THERE))), _agent("other")
    one.handle(Woke(), 0.1)
    kept = _exchange(one, other, 0.1)[-1]
    assert len(kept) == min(limits.MEMBERS_KEPT, count + 2)
    assert kept[-1] == "other"
