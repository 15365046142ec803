"""A factory under a flood of datagrams that are not genuine: how late genuine ones are, and what is lost.

Two factories, each a real `vacnet run` on loopback. The second tells a change fifty times a second
(`teller`); the first is flooded by a process of its own (`flooder`) and writes down when it knew each
(`witness`). Each kind of flood is run with the receive buffer that a factory asks for, and with what Linux
grants where nobody raised net.core.rmem_max. The delay of a change is from when its factory said it to when
the other held it, by one clock; in it is what two cores make of three busy processes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.bench import flooder, witness
from tools.bench.figure import Figure
from tools.bench.flooder import FORGED, JUNK, REPLAYED, Flood, Sent
from tools.bench.quantiles import quantile
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.udp import RECEIVE_BUFFER_BYTES

PER_SECOND = 50_000.0
P99_SECONDS_MAX = 0.100
"""With the buffer that was asked for."""
REPAIRED_SECONDS_MAX = 3.0
"""With Linux's default."""
LINUX_BUFFER_BYTES = 212_992
"""net.core.rmem_max of a host where nobody raised it: socket(7)."""
BUFFERS = (RECEIVE_BUFFER_BYTES, LINUX_BUFFER_BYTES)
PATIENCE_SECONDS = 60.0
NARROW = (sys.executable, "-m", "tools.bench.narrow")
"""Behind it the bytes of the buffer."""
TELLER = (sys.executable, "-m", "tools.bench.teller")


@dataclass(frozen=True, slots=True)
class Flooded:
    """What came of a flood."""

    sent: Sent
    delays: tuple[float, ...]
    """Of each change that was said meanwhile, in seconds; all of them came."""
    dropped: int
    """By the kernel, genuine ones and others."""
    refused: int
    cpu_per_cent: float
    """Of the factory that was flooded."""


def measure(seconds: float) -> Iterator[Figure]:
    """Measure each kind of flood with each buffer, for a quarter of the seconds."""
    for buffer_bytes in BUFFERS:
        directory = Path(tempfile.mkdtemp(prefix="vn"))
        space = Space.make(directory / "s", 2)
        try:
            start(space, buffer_bytes)
            for kind in (None, JUNK, FORGED, REPLAYED):
                load = os.getloadavg()[0]
                yield from _figures(kind, space, flood(space, kind, seconds / 4), load)
        finally:
            space.down()
            shutil.rmtree(directory)


def start(space: Space, buffer_bytes: int) -> None:
    """Start the factory that is to be flooded, with a receive buffer, and the one that tells."""
    first, second = space.members
    first.start((*NARROW, str(buffer_bytes)))
    second.start(TELLER)
    space.wait_whole()


def flood(space: Space, kind: str | None, seconds: float) -> Flooded:
    """Flood the first factory, or only wait if no kind is told; return what came of it once all is repaired.

    Raises:
        TimeoutError: not all that was said came in the end.
    """
    first, second = space.members
    before, spent = first.client().health().counters, _cpu(first)
    since = time.clock_gettime(time.CLOCK_BOOTTIME)
    sent = _send(space, kind, seconds)
    end = time.clock_gettime(time.CLOCK_BOOTTIME)
    spent = _cpu(first) - spent
    said = [
        line for line in witness.lines(second.directory) if line.kind == "said" and since <= line.now <= end
    ]
    until(lambda: _newest(first) >= said[-1].version, PATIENCE_SECONDS, "all that was said has come")
    counters = first.client().health().counters
    return Flooded(
        sent=sent,
        delays=tuple(_delays(first, said)),
        dropped=counters["udp_dropped_by_kernel"] - before["udp_dropped_by_kernel"],
        refused=_refused(counters) - _refused(before),
        cpu_per_cent=100 * spent / (end - since),
    )


def granted_bytes(member: Member) -> int:
    """Return the receive buffer that a factory was granted."""
    return member.client().health().counters["udp_receive_buffer_bytes"]


def _send(space: Space, kind: str | None, seconds: float) -> Sent:
    first, second = space.members
    if kind is None:
        time.sleep(seconds)
        return Sent(0, seconds)
    data = flooder.datagram(kind, space.name, first, second.name)
    with flooder.flooding(Flood(first.port, data, PER_SECOND, seconds)) as process:
        return flooder.sent(process)


def _figures(kind: str | None, space: Space, came: Flooded, load: float) -> Iterator[Figure]:
    granted = granted_bytes(space.member(1))
    whole = granted >= RECEIVE_BUFFER_BYTES
    p99_max = 1000 * P99_SECONDS_MAX if whole and kind in (JUNK, FORGED) else None
    most = None if whole or kind is None else 1000 * REPAIRED_SECONDS_MAX
    how = f"{len(came.delays)} changes, {came.cpu_per_cent:.0f} % of a core, load {load:.1f} before"
    name = f"{kind or 'no flood'}, buffer {granted >> 10} KiB"
    yield Figure(f"{name}: sent a second", came.sent.per_second, "datagrams", how=how)
    yield Figure(f"{name}: dropped by the kernel", came.dropped, "datagrams", how=f"{came.refused} refused")
    yield Figure(f"{name}: a change known, p50", 1000 * quantile(came.delays, 0.5), "ms")
    yield Figure(f"{name}: a change known, p99", 1000 * quantile(came.delays, 0.99), "ms", p99_max)
    yield Figure(f"{name}: a change known, the latest", 1000 * max(came.delays), "ms", most)


def _delays(hearer: Member, said: list[witness.Line]) -> Iterator[float]:
    """Yield for each change that was said how long it took until it was known; both in ascending versions."""
    knew = [line for line in witness.lines(hearer.directory) if line.kind == "knew"]
    at = 0
    for line in said:
        while knew[at].version < line.version:
            at += 1
        yield knew[at].now - line.now


def _newest(hearer: Member) -> int:
    knew = [line.version for line in witness.lines(hearer.directory) if line.kind == "knew"]
    return knew[-1] if knew else 0


def _refused(counters: dict[str, int]) -> int:
    return sum(count for name, count in counters.items() if name.startswith("gossip_reject_"))


def _cpu(member: Member) -> float:
    times = psutil.Process(member.pid).cpu_times()
    return float(times.user + times.system)
