"""A target whose smallest machine is larger than the host: it says so, and not that others have the room."""

from __future__ import annotations

from random import Random

import pytest

from vacnet.agent.agent import Agent
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged
from vacnet.agent.restored import Restored
from vacnet.targets.model import Target

GIB = 1 << 30


@pytest.mark.parametrize(
    ("processors", "memory_gib", "words"),
    [
        (4, 64, "too large for this host: needs 8 processors, it has 4"),
        (8, 8, "too large for this host: needs 16.0 GiB of memory, it has 8.0 GiB"),
        (8, 16, ""),
    ],
)
def test_what_never_fits_is_told_with_what_the_host_has(processors: int, memory_gib: int, words: str) -> None:
    large = Target(
        name="large",
        target_share=1.0,
        min_processors=8,
        max_processors=8,
        memory_bytes_per_processor=2 * GIB,
    )
    settings = AgentSettings(
        space="s", factory="f", processors=processors, memory_bytes=memory_gib * GIB, targets=(large,)
    )
    agent = Agent(settings, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), 0.0)
    agent.handle(HostChanged(HostFacts()), 0.0)
    why = agent.why("large", 0.0)
    assert why is not None
    assert why.reason is not None
    told = why.reason.words if why.reason.rule == "fit.never" else ""
    assert told == words
