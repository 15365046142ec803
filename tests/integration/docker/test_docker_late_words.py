"""The word of memory comes after the end, as on a busy host: the end is told with it all the same.

The engine is real, and so are its kill, its events and its states; the test only holds the word back until
the runtime has seen the end, which at rest would come a few milliseconds later.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.integration.docker.docker_site import FAST, MIB, PATIENCE_SECONDS, Site
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.events import Happening
from vacnet.runtimes.docker.runtime import DockerRuntime

pytestmark = pytest.mark.engine("docker")

HOG = "exec dd if=/dev/zero of=/dev/null bs=300M count=1"
NO_MEASURING = replace(FAST, measure_seconds=1000.0)
"""The cgroup's own count would tell it as well, if it were read in its last moment."""


class _Late:
    """A runtime whose engine tells of memory late, or never."""

    def __init__(self, runtime: DockerRuntime, *, never: bool = False) -> None:
        self.runtime = runtime
        self.kept: list[Happening] = []
        self.held_back = 0
        self._never = never
        self._hear, self._awaited = runtime._hear, runtime._late_words.expected
        self._take = runtime._look.take
        runtime._events._hear = self.hear
        runtime._late_words.expected = self.expected  # type: ignore[method-assign]
        runtime._look.take = self.take  # type: ignore[method-assign]

    def hear(self, happening: Happening) -> None:
        """Keep the word of memory back."""
        if happening.action == "oom" and (self._never or not self.held_back):
            self.kept.append(happening)
        else:
            self._hear(happening)

    def take(self, api: object) -> dict[str, Container]:
        """Look with an engine that has not put the word into the state."""
        found = self._take(api)  # type: ignore[arg-type] # as it is called
        return {name: replace(one, oom_killed=False) for name, one in found.items()}

    def expected(self, container: Container, known: object, *, by_us: bool) -> bool:
        """Let the word go once the end has been seen without it."""
        expected = self._awaited(container, known, by_us=by_us)  # type: ignore[arg-type] # as it is called
        self.held_back += expected
        if expected and not self._never:
            for happening in self.kept:
                self._hear(happening)
            self.kept.clear()
        return expected


async def _following(site: Site, *, never: bool = False) -> _Late:
    """Return a runtime that follows its engine's events already."""
    late = _Late(site.runtime(paces=NO_MEASURING), never=never)
    assert not await late.runtime.probe()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await anext(late.runtime.changes())
    return late


async def test_an_end_that_is_told_before_its_reason_waits_for_it(site: Site) -> None:
    late = await _following(site)
    seen = await site.run(site.spec(HOG, memory_bytes=32 * MIB), late.runtime)
    assert late.held_back
    assert (seen.exit_code, seen.out_of_memory, seen.memory_limit_bytes) == (137, True, 32 * MIB)


async def test_an_end_whose_reason_never_comes_is_told_without_it(site: Site) -> None:
    late = await _following(site, never=True)
    seen = await site.run(site.spec(HOG, memory_bytes=32 * MIB), late.runtime)
    assert late.held_back
    assert (seen.exit_code, seen.out_of_memory, seen.lost) == (137, False, "")
