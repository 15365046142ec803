"""A factory at rest: memory and CPU with three targets and sixty peers on loopback.

The factory is a real `vacnet run`; the peers are real agents in one other process. Its targets have a
share and never work, so windows, beats and syncs go on as in a space with nothing to do.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from tools.bench.figure import Figure
from tools.bench.swarm import Swarm
from tools.space import Member, Space
from tools.space.waiting import until

PEERS = 60
PSS_MIB_MAX = 70.0
CPU_PER_CENT_MAX = 1.0
TARGETS = ("one", "two", "three")

_FRAGMENT = "".join(
    f"""
[targets.{name}]
target_share = 1
machine_model = "process"
user_data = "/nowhere/user_data"
"""
    for name in TARGETS
)


def measure(seconds: float) -> Iterator[Figure]:
    """Measure for so many seconds, after as many of coming to rest."""
    with tempfile.TemporaryDirectory(prefix="vn") as directory, _space(Path(directory)) as member:
        time.sleep(seconds / 2)
        process = psutil.Process(member.pid)
        before, began = _cpu(process), time.monotonic()
        time.sleep(seconds)
        spent = _cpu(process) - before
        per_cent = 100 * spent / (time.monotonic() - began)
        how = f"{PEERS} peers, {len(TARGETS)} targets, {seconds:.0f} s after {seconds / 2:.0f} s"
        yield Figure("factory at rest: PSS", process.memory_full_info().pss / 2**20, "MiB", PSS_MIB_MAX, how)
        yield Figure("factory at rest: CPU", per_cent, "% of a core", CPU_PER_CENT_MAX, how)


@contextmanager
def _space(directory: Path) -> Iterator[Member]:
    space = Space.make(directory / "space", 1, fragment=_FRAGMENT)
    space.start()
    member = space.member(1)
    swarm = subprocess.Popen([sys.executable, "-m", "tools.bench.swarm"], stdin=subprocess.PIPE)
    try:
        _begin(swarm, member, space.name)
        until(lambda: _live(member) > PEERS, 120, f"{PEERS} peers are live")
        yield member
    finally:
        swarm.kill()
        swarm.wait()
        space.down()


def _begin(swarm: subprocess.Popen[bytes], member: Member, space: str) -> None:
    key = re.search(r"[0-9a-f]{64}", (member.config / "space.key").read_text())
    if swarm.stdin is None or key is None:
        raise RuntimeError("the space has no key, or the swarm no input")
    plan = Swarm(space, key[0], PEERS, [("127.0.0.1", member.port)], list(TARGETS))
    swarm.stdin.write(msgspec.json.encode(plan) + b"\n")
    swarm.stdin.flush()


def _live(member: Member) -> int:
    return sum(one.state == "live" for one in member.client().space().factories)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
