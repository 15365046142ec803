"""Probes: how many machines a space makes to learn that there is no work, at the sizes that a site may have.

Real agents over the simulated network, three of ten with room; a test holds the smaller sizes. A thousand
agents would be hours of datagrams, so there the boards alone are real (`tools/bench/boards.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.boards import probed_by_boards
from tools.bench.figure import Figure
from vacnet.simulate.network import Weather
from vacnet.simulate.probing import Probed, probed

LOSSY = Weather(loss=0.01, delay_seconds=(0.001, 0.1))
FAR = Weather(loss=0.1, delay_seconds=(0.05, 0.15))
AGENTS = ((10, 500, LOSSY, 1.02), (100, 500, LOSSY, 1.02), (100, 100, FAR, 1.05))
"""Factories, windows, weather and the most machines a window."""
BOARDS = ((1000, 60, LOSSY, 1.02),)


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure all; the time is what it takes, the better part of an hour of one processor."""
    for factories, windows, weather, limit in AGENTS:
        yield _figure(factories, probed(factories, windows, weather), weather, limit, "agents")
    for factories, windows, weather, limit in BOARDS:
        yield _figure(factories, probed_by_boards(factories, windows, weather), weather, limit, "boards")


def _figure(factories: int, found: Probed, weather: Weather, limit: float, of: str) -> Figure:
    seen = f"at most {found.most}, {found.none} windows without any"
    how = f"{found.windows} windows of {of}, {weather.loss:.0%} loss; {seen}"
    return Figure(f"probes a window, {factories} factories", found.mean, "machines", limit, how)
