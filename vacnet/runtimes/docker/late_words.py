"""Ends that are held back for a moment, because the engine's word of memory may still be on its way.

Rules of this file: of a machine that the kernel killed for its memory an engine tells the end (137) and why,
and on a busy host the end can come first: then neither the container's state nor an event says why yet. So
an end by SIGKILL that nobody explains is shown as running still until the word is there, and at most for
`WAIT_SECONDS` after it was first seen; then it is inspected once more and told as it is. For an end of long
ago, which a factory finds at its start, no word is on its way.

Source: in Docker 20.10 `OOMKilled` is set only if containerd's event of it comes before that of the end
(moby, libcontainerd/remote/client.go); the event `oom` comes either way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.seen import Known, unexplained_kill

WAIT_SECONDS = 1.0
LONG_AGO_SECONDS = 60.0


class LateWords:
    """Which ends wait for a word."""

    def __init__(self, look_again: Callable[[Container], None]) -> None:
        """Wait for nothing yet; `look_again` is called when the wait for a container is over."""
        self._look_again = look_again
        self._until: dict[str, float] = {}

    def expected(self, container: Container, known: Known, *, by_us: bool) -> bool:
        """Tell whether the end of a container is not to be told yet."""
        if by_us or not unexplained_kill(container, known) or _long_ago(container):
            return False
        now = time.monotonic()
        if container.id not in self._until:
            self._until[container.id] = now + WAIT_SECONDS
            asyncio.get_running_loop().call_later(WAIT_SECONDS, self._over, container)
        return now < self._until[container.id]

    def _over(self, container: Container) -> None:
        self._until[container.id] = 0.0  # whatever the clock of this file says by then
        self._look_again(container)

    def drop(self, container: str) -> None:
        """Forget a container."""
        self._until.pop(container, None)


def _long_ago(container: Container) -> bool:
    return container.ended_wall is not None and time.time() - container.ended_wall > LONG_AGO_SECONDS
