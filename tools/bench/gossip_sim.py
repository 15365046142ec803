"""Gossip in simulation, at sizes that no host runs as processes: how fast, how it heals, what rest costs.

The engine, codec and timers are real; clock and network are simulated (0.2 to 2 ms a way). What the
figures depend on is drawn from fixed seeds, so they are the same on every host.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.figure import Figure
from vacnet.simulate import figures

CHANGES = {100: 200, 1000: 10}
"""Urgent rows written, by size of the space."""
KNOWN_MS_MAX = {100: (10.0, 100.0), 1000: (10.0, 150.0)}
HEALED_SECONDS_MAX = 10.0
REST_KB_MAX = {10: 1.0, 100: 3.5, 1000: 10.0}


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure all; the time is what it takes, some minutes for the largest."""
    for factories, (p50, p99) in KNOWN_MS_MAX.items():
        yield from _spread(factories, p50, p99)
    how = "100 factories, cut 40 to 60 for two minutes, rows written on both sides, 1 % loss"
    healed = figures.healing_seconds()
    yield Figure("cut healed: all tables the same", healed, "s", HEALED_SECONDS_MAX, how)
    for factories, limit in REST_KB_MAX.items():
        how = "sent by one, 10 targets, 0.01 rows a second, IP and UDP headers included"
        sent = figures.bytes_at_rest(factories) / 1000
        yield Figure(f"traffic at rest, {factories} factories", sent, "kB/s", limit, how)


def _spread(factories: int, p50: float, p99: float) -> Iterator[Figure]:
    found = figures.spread(factories, CHANGES[factories])
    how = f"{CHANGES[factories]} urgent rows, each at {factories - 1} others, 1 % loss"
    for share, limit in ((0.5, p50), (0.99, p99)):
        value = 1000 * figures.quantile(found.each, share)
        yield Figure(f"a change is known, {factories} factories: p{share:.0%}"[:-1], value, "ms", limit, how)
    value = 1000 * figures.quantile(found.last, 0.5)
    yield Figure(f"a change is known by the last of {factories}: median", value, "ms", None, how)
