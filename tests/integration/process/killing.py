"""A program that starts machines and is killed at random: ``killing.py ROOT SANDBOX PREFIX COUNT SEED``.

Who starts each machine is killed after a random time (`killed_starts`).
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from tests.integration.killed_starts import kill_one
from tests.integration.process.process_site import Site

KILL_SECONDS_MAX = 0.08
"""Longer than a start takes on a busy host, so that some are killed after it."""


def main() -> None:
    """Start and kill; print the id of each machine."""
    root, sandbox, prefix, count, seed = sys.argv[1:]
    site, lots = Site(Path(root), sandbox), random.Random(int(seed))
    site.prefix = prefix
    for _ in range(int(count)):
        spec = site.spec("(setsid sleep 1000 &); exec sleep 1000")
        kill_one(site, spec, lots.uniform(0, KILL_SECONDS_MAX))
        sys.stdout.write(spec.id + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
