"""The end of a container is held back for the word of memory: which ends, until when, and no longer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.unit.runtimes.docker_samples import ended
from vacnet.runtimes.docker import late_words
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.late_words import LateWords
from vacnet.runtimes.docker.seen import Known, Sample, still_running, unexplained_kill

ENDS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("killed, and nobody says why", {}, {}, True),
    ("the engine says why", {"oom_killed": True}, {}, False),
    ("an event says why", {}, {"oom_told": True}, False),
    ("its cgroup says why", {}, {"sample": Sample(oom_kills=1)}, False),
    ("its memory has no limit", {"memory_limit_bytes": 0}, {}, False),
    ("asked to end", {"exit_code": 143}, {}, False),
    ("ended by itself", {"exit_code": 1}, {}, False),
    ("over its disk", {}, {"over_disk": True}, False),
    ("a foreign hand", {}, {"foreign_signal_wall": 1999.0}, False),
    ("the engine was started anew", {}, {"engine_started_wall": 2001.0}, False),
    ("the host was booted", {}, {"boot_wall": 1500.0}, False),
    ("it never ran", {"status": "created"}, {}, False),
    ("it runs", {"status": "running"}, {}, False),
]


@pytest.mark.parametrize(("facts", "known", "is_so"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_only_a_kill_that_may_have_been_for_memory_and_that_nobody_explains_is_unexplained(
    facts: dict[str, Any],
    known: dict[str, Any],
    is_so: bool,  # noqa: FBT001 (a column of a table)
) -> None:
    assert unexplained_kill(ended(**{"exit_code": 137, **facts}), Known(**known)) is is_so


def _killed(seconds_ago: float = 0.0) -> Container:
    return ended(exit_code=137, ended_wall=time.time() - seconds_ago)


class _Waiting:
    """The waits of one runtime, and of which containers another look was asked for."""

    def __init__(self) -> None:
        self.again: asyncio.Queue[Container] = asyncio.Queue()
        self.words = LateWords(self.again.put_nowait)

    def expected(self, container: Container, *, by_us: bool = False, **known: Any) -> bool:
        return self.words.expected(container, Known(**known), by_us=by_us)


async def test_an_end_waits_until_its_time_is_over_and_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(late_words, "WAIT_SECONDS", 0.05)
    waiting, container = _Waiting(), _killed()
    assert waiting.expected(container)
    async with asyncio.timeout(10):
        assert await waiting.again.get() is container
    assert not waiting.expected(container)
    assert waiting.again.empty()


async def test_an_end_waits_no_longer_than_until_the_word_is_there() -> None:
    waiting, container = _Waiting(), _killed()
    assert waiting.expected(container)
    assert not waiting.expected(container, oom_told=True)


async def test_our_own_kill_and_an_end_of_long_ago_wait_for_nothing() -> None:
    waiting = _Waiting()
    assert not waiting.expected(_killed(), by_us=True)
    assert not waiting.expected(_killed(seconds_ago=3600))


async def test_what_is_held_back_looks_as_it_did_while_it_ran() -> None:
    seen = still_running(_killed(), Known())
    assert (seen.running, seen.exit_code, seen.ended_wall, seen.lost) == (True, None, None, "")
