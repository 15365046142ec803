"""How soon a hundred virtual machines at once are answered by the metadata service of one factory.

The service is in a process of its own, as it is beside a factory's agent; the machines are one other
process with a connection for each question, all at the same moment, each from an address of its own. A
question is timed from the call to the last byte, by bare sockets: a client with a task for each machine took
longer for a hundred answers than the service, and was what was measured. Files are put on the disk of the
temporary directory, and acknowledged when they are safe there, so the last figure is that disk's as much as
ours.
"""

from __future__ import annotations

import asyncio
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from tools.bench.figure import Figure
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines import directory
from vacnet.machines.metadata.service import Resident
from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import HostIdentity
from vacnet.targets.model import Model, Target

MACHINES = 100
P99_MS_MAX = 100.0
ROUND_PAUSE_SECONDS = 0.2
"""Questions of a machine in a payload's life are seconds apart; rounds do not queue on each other."""
ANSWER = re.compile(rb"HTTP/1.1 20[01] .*?Content-Length: (\d+).*?\r\n\r\n", re.DOTALL)
ANSWER_BYTES_MAX = 1 << 16
"""All answers are shorter, and one segment on loopback."""
PATHS = (
    "/latest/user-data",
    "/openstack/latest/meta_data.json",
    "/latest/meta-data/instance-id",
    "/machinefeatures/shutdowntime",
)
HOST = HostIdentity(factory="bench.example.org", space="vac.example.org", boot_id="bench", host="bench")


def measure(seconds: float) -> Iterator[Figure]:
    """Measure for so many seconds."""
    with tempfile.TemporaryDirectory(prefix="vn") as home:
        words = [sys.executable, "-m", "tools.bench.metadata", home]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            if server.stdout is None:
                raise RuntimeError("the service has no output")
            port = int(server.stdout.readline())
            read, put = _rounds(port, seconds)
            server.communicate()
    how = f"{MACHINES} machines at once, {{}} questions in {seconds:.0f} s"
    yield Figure("metadata read: p99", _p99(read), "ms", P99_MS_MAX, how.format(len(read)))
    yield Figure("metadata read: median", statistics.median(read), "ms", None, how.format(len(read)))
    yield Figure("joboutputs put: p99", _p99(put), "ms", None, how.format(len(put)))


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[-1]


def _rounds(port: int, seconds: float) -> tuple[list[float], list[float]]:
    read: list[float] = []
    put: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path in PATHS:
            read += _all_at_once(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(ROUND_PAUSE_SECONDS)
        beat = b"PUT /joboutputs/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbeat"
        put += _all_at_once(port, beat)
        time.sleep(ROUND_PAUSE_SECONDS)
    return read, put


def _all_at_once(port: int, request: bytes) -> list[float]:
    """Return the milliseconds that each machine waited for the whole of its answer."""
    took: list[float] = []
    with selectors.DefaultSelector() as answers:
        for number in range(MACHINES):
            began = time.perf_counter()
            answers.register(_asked(port, _address(number), request), selectors.EVENT_READ, began)
        while len(took) < MACHINES:
            for key, _ in answers.select():
                answers.unregister(key.fileobj)
                took.append(_waited(cast("socket.socket", key.fileobj), key.data))
    return took


def _asked(port: int, address: str, request: bytes) -> socket.socket:
    asked = socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
    asked.sendall(request)
    return asked


def _waited(asked: socket.socket, began: float) -> float:
    answer = asked.recv(ANSWER_BYTES_MAX)
    ended = time.perf_counter()
    asked.close()
    told = ANSWER.match(answer)
    if told is None or len(answer) != told.end() + int(told[1]):
        raise RuntimeError(f"answered {answer[:100]!r}")
    return 1000 * (ended - began)


# --- the service --------------------------------------------------------------------------------


async def _serve(home: Path) -> None:
    server = MetadataServer()
    for number in range(MACHINES):
        spec = _spec(home, number)
        directory.prepare(spec, HOST, b"#cloud-config\n" + b"# filler\n" * 1000)
        server.admit(Resident(spec=spec, address=_address(number)))
    print(await server.listen("127.0.0.1", 0), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()


def _address(number: int) -> str:
    return f"127.0.1.{number + 1}"


def _spec(home: Path, number: int) -> Spec:
    machine_id = f"1700000000_bench_{number:02d}"
    return Spec(
        id=machine_id,
        uuid=str(uuid.UUID(int=number)),
        name=f"bench-{number:02d}.example.org",
        number=number,
        factory=HOST.factory,
        space=HOST.space,
        target=Target(name="bench", machine_model=Model.VM),
        processors=1,
        memory_bytes=2 << 30,
        disk_bytes=0,
        directory=home / machine_id,
        created_wall=1_700_000_000,
        deadline_at=3600.0,
        deadline_wall=1_700_003_600,
        ticket_number=0,
        window_number=0,
        window_opener="",
    )


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
