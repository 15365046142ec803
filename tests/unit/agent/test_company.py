"""Whether a factory is alone: peers that were named count, also while nobody knows where they are."""

from __future__ import annotations

from random import Random

import pytest

from vacnet.agent.agent import Agent
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged, PeersChanged, Woke
from vacnet.agent.host import ISOLATED_SECONDS, SETTLE_SECONDS
from vacnet.agent.restored import Restored

NOW = 1000.0
PEER = ("192.0.2.1", 8885)


def _rules(peers: PeersChanged, after: float = 0.0) -> set[str]:
    """Return the vetoes so many seconds after the start; nobody has been heard by then."""
    settings = AgentSettings(space="s", factory="f1", processors=4, memory_bytes=1 << 33, disk_bytes=0)
    agent = Agent(settings, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), NOW)
    agent.handle(HostChanged(HostFacts(memory_free_bytes=1 << 33, disk_free_bytes=1 << 40)), NOW)
    agent.handle(peers, NOW)
    if after:
        agent.handle(Woke(), NOW + after)
    return {reason.rule for reason in agent.host.reasons}


@pytest.mark.parametrize("peers", [PeersChanged((PEER,)), PeersChanged((), unresolved=1)])
def test_with_peers_configured_a_factory_listens_before_it_starts_anything(peers: PeersChanged) -> None:
    assert _rules(peers) == {"host.settling"}


def test_who_has_listened_and_heard_nobody_is_isolated_for_a_while_and_then_goes_on_alone() -> None:
    peers = PeersChanged((PEER,))
    assert _rules(peers, after=SETTLE_SECONDS) == {"host.isolated"}
    assert _rules(peers, after=ISOLATED_SECONDS) == set()


def test_without_any_peers_a_factory_is_a_space_of_its_own() -> None:
    assert _rules(PeersChanged(())) == set()
