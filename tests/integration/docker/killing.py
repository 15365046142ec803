"""A program that starts machines and is killed at random: ``killing.py ROOT SOCKET IMAGE PREFIX COUNT SEED``.

Who starts each machine is killed after a random time (`killed_starts`).
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import vacnet.runtimes.docker.api  # noqa: F401 (so that a start does not begin with loading it)
from tests.integration.docker.docker_site import Site
from tests.integration.killed_starts import kill_one

KILL_SECONDS_MAX = 1.0
"""Longer than a start takes on a busy host, so that some are killed after it."""


def main() -> None:
    """Start and kill; print the id of each machine."""
    root, engine, image, prefix, count, seed = sys.argv[1:]
    site, lots = Site(Path(root), engine, image), random.Random(int(seed))
    site.prefix = prefix
    for _ in range(int(count)):
        spec = site.spec("exec sleep 1000")
        kill_one(site, spec, lots.uniform(0, KILL_SECONDS_MAX))
        sys.stdout.write(spec.id + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
