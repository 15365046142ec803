"""The Docker engine that benches measure on: the one that answers, or for root one of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.engines.dockerd import private_docker
from tools.engines.probe import USUAL_DOCKER, probe_docker


@contextmanager
def engine(directory: Path, bench: str) -> Iterator[str]:
    """Yield the engine's address; empty, with a word on stderr, where there is none for this bench."""
    problem = probe_docker()
    if not problem:
        yield os.environ.get("DOCKER_HOST", USUAL_DOCKER)
    elif os.geteuid() != 0:
        sys.stderr.write(f"{bench} is left out: {problem}\n")
        yield ""
    else:
        with private_docker(directory) as environment:
            yield environment["DOCKER_HOST"]
