"""A change at one of many real factories: how long until all know it, beside Serf agents on the same host.

Every factory is a real `vacnet run` (`witness`) with a target that never has work: the space probes it
once in a window, so claims, tickets and windows change at one factory after the other, each a row that
others wait for. The time of a change is from when its factory knew it to when the last of the others did.

Serf (HashiCorp; Debian's package `serf`) spreads a user event by SWIM and gossip: its agents run by its
`local` profile, the one that its authors mean for one host, and are asked over their RPC sockets.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil

from tools.bench import serf, witness
from tools.bench.figure import Figure
from tools.bench.quantiles import quantile
from tools.space import Space
from tools.space.waiting import until

FACTORIES = (20, 50, 100)
P99_SECONDS_MAX = 0.150
"""Of 100 factories on one host."""
PATIENCE_SECONDS = 240.0
COMMAND = (sys.executable, "-m", "tools.bench.witness")

_NOTHING = """\
#!/bin/sh
echo "300 no work" >"$JOBOUTPUTS/shutdown_message"
"""
_FRAGMENT = """
[targets.idle]
target_share = 1
machine_model = "process"
user_data = "{program}"
backoff_seconds = 2
backoff_max_seconds = 2
fizzle_seconds = 60
memory_per_processor = "64 MiB"
"""


def measure(seconds: float) -> Iterator[Figure]:
    """Measure each size for so many seconds once all see each other, then Serf's."""
    for count in FACTORIES:
        yield from _vacnet(count, seconds)
        if serf.found() and count in serf.SIZES:
            yield from serf.measure(count, seconds)


def _vacnet(count: int, seconds: float) -> Iterator[Figure]:
    directory = Path(tempfile.mkdtemp(prefix="vn"))
    directory.chmod(0o711)
    program = directory / "nothing"
    program.write_text(_NOTHING)
    program.chmod(0o755)
    space = Space.make(directory / "s", count, processors=1, fragment=_FRAGMENT.format(program=program))
    try:
        yield from _measured(space, seconds)
    finally:
        space.down()
        shutil.rmtree(directory)


def _measured(space: Space, seconds: float) -> Iterator[Figure]:
    count, began = len(space.members), time.clock_gettime(time.CLOCK_BOOTTIME)
    for member in space.members:
        member.start(COMMAND)
    until(lambda: _lives(space) >= count * (count - 1), PATIENCE_SECONDS, f"{count} factories see each other")
    whole = max(_times(space, "live").values()) - began
    start, spent = time.clock_gettime(time.CLOCK_BOOTTIME), _cpu(space)
    time.sleep(seconds)
    spent = _cpu(space) - spent
    memory = sum(psutil.Process(member.pid).memory_full_info().pss for member in space.members)
    delays = _delays(space, start)
    how = f"{len(delays)} changes in {seconds:.0f} s, {len(space.members)} processes"
    limit = P99_SECONDS_MAX if count == FACTORIES[-1] else None
    name = f"vacnet, {count} factories"
    yield Figure(f"{name}: a change known at all, p50", 1000 * quantile(delays, 0.5), "ms", how=how)
    yield Figure(
        f"{name}: a change known at all, p99",
        1000 * quantile(delays, 0.99),
        "ms",
        None if limit is None else 1000 * limit,
        how,
    )
    yield Figure(f"{name}: from no process to full membership", whole, "s")
    yield Figure(f"{name}: memory of one (PSS)", memory / count / 2**20, "MiB")
    yield Figure(f"{name}: CPU of one", 100 * spent / seconds / count, "% of a core")


def _delays(space: Space, start: float) -> list[float]:
    """Return for each change said since `start` how long the last of the others needed, in seconds."""
    last = time.clock_gettime(time.CLOCK_BOOTTIME) - 5.0  # later ones may still be on their way
    knew = _times_by_factory(space)
    delays = []
    for speaker, version, now in _lines(space, "said"):
        if start <= now <= last:
            delays.append(
                max(_first(knew[other, speaker], version) for other in _others(space, speaker)) - now
            )
    return delays


def _others(space: Space, speaker: str) -> Iterator[str]:
    return (member.name for member in space.members if member.name != speaker)


def _first(heard: list[tuple[int, float]], version: int) -> float:
    """Return when a factory first held rows up to a version."""
    return next((now for known, now in heard if known >= version), float("inf"))


def _times_by_factory(space: Space) -> dict[tuple[str, str], list[tuple[int, float]]]:
    found: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for member in space.members:
        for kind, speaker, version, now in witness.lines(member.directory):
            if kind == "knew":
                found[member.name, speaker].append((version, now))
    return found


def _lines(space: Space, wanted: str) -> Iterator[tuple[str, int, float]]:
    for member in space.members:
        for kind, factory, version, now in witness.lines(member.directory):
            if kind == wanted:
                yield factory, version, now


def _lives(space: Space) -> int:
    return len(_times(space, "live"))


def _times(space: Space, wanted: str) -> dict[tuple[str, str], float]:
    """Return by witness and factory when a line of a kind was first written."""
    found: dict[tuple[str, str], float] = {}
    for member in space.members:
        for kind, factory, _version, now in witness.lines(member.directory):
            if kind == wanted:
                found.setdefault((member.name, factory), now)
    return found


def _cpu(space: Space) -> float:
    times = [psutil.Process(member.pid).cpu_times() for member in space.members]
    return float(sum(one.user + one.system for one in times))
