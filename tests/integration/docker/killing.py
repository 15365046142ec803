"""A program that starts machines and is killed at random: ``killing.py ROOT SOCKET IMAGE PREFIX COUNT SEED``.

For each machine it forks a factory's stand-in (imports are done, so that the fork is at once where it
matters), which says that it begins, starts the machine and waits; after a random time it is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
import time
from pathlib import Path

import structlog

import vacnet.runtimes.docker.api  # noqa: F401 (so that a start does not begin with loading it)
from tests.integration.docker.docker_site import Site
from vacnet.machines.spec import Spec

KILL_SECONDS_MAX = 1.0
"""Longer than a start takes on a busy host, so that some are killed after it."""


async def _start(site: Site, spec: Spec, ready: int) -> None:
    runtime = site.runtime()
    await runtime.probe()
    os.write(ready, b"r")
    await runtime.start(spec)
    await asyncio.sleep(1000)


def _kill_one(site: Site, spec: Spec, delay_seconds: float) -> None:
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(_start(site, spec, begun))
    os.read(ready, 1)
    time.sleep(delay_seconds)  # waits for nothing: a kill at a random moment is what is tested
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(begun)


def main() -> None:
    """Start and kill; print the id of each machine, and nothing else: a log line cut off would spoil one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    root, engine, image, prefix, count, seed = sys.argv[1:]
    site, lots = Site(Path(root), engine, image), random.Random(int(seed))
    site.prefix = prefix
    for _ in range(int(count)):
        spec = site.spec("exec sleep 1000")
        _kill_one(site, spec, lots.uniform(0, KILL_SECONDS_MAX))
        sys.stdout.write(spec.id + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
