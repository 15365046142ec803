"""How long a command takes from its call to its end: `vacnet --help` and `vacnet machines --json`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bench.figure import Figure
from tools.space import Space

RUNS = 11
SECONDS_MAX = 0.5
VACNET = (sys.executable, "-c", "from vacnet.cli import main; main()")


def measure(_seconds: float) -> Iterator[Figure]:
    """Run each command several times; the median counts."""
    with tempfile.TemporaryDirectory(prefix="vn") as directory:
        space = Space.make(Path(directory) / "space", 1)
        space.start()
        try:
            yield _time("vacnet --help", ["--help"])
            socket = str(space.member(1).socket)
            yield _time("vacnet machines --json", ["machines", "--json", "--socket", socket])
        finally:
            space.down()


def _time(name: str, words: list[str]) -> Figure:
    spent = sorted(_once(words) for _ in range(RUNS))
    how = f"median of {RUNS}, from {spent[0]:.2f} to {spent[-1]:.2f} s"
    return Figure(name, statistics.median(spent), "s", SECONDS_MAX, how)


def _once(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([*VACNET, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
