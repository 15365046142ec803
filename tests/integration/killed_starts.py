"""A factory's stand-in that is killed while it starts a machine: what both runtimes' killing programs share.

It is forked (imports are done, so that the fork is at once where it matters), says that it begins, starts
the machine and waits; after a given time it is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Protocol

from vacnet.machines.runtime import Runtime
from vacnet.machines.spec import Spec


class Starts(Protocol):
    """What of a site is needed."""

    def runtime(self) -> Runtime:
        """Return a runtime that knows nothing of the one before."""
        ...


def kill_one(site: Starts, spec: Spec, delay_seconds: float) -> None:
    """Start a machine in a child and kill the child so long after it has begun."""
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)  # its log: a line that the kill cuts off must not join the ids on stdout
        asyncio.run(_start(site, spec, begun))
    os.read(ready, 1)
    # waits for nothing: a kill at a random moment is what is tested, and a condition would choose the moment
    time.sleep(delay_seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(begun)


async def _start(site: Starts, spec: Spec, ready: int) -> None:
    runtime = site.runtime()
    await runtime.probe()
    os.write(ready, b"r")
    await runtime.start(spec)
    await asyncio.sleep(1000)
