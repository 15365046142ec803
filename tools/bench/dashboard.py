"""The dashboard at 1,000 factories x 20 targets: its first screen, a key, and a redraw of everything.

The first two are taken from the outside, of the command itself in a pseudo terminal of 160x50: from its start
to its footer, and from a key to the line that it changes; a factory by heart stands in for a real
one. The third is the processor time of this process for the whole screen when all that is known is new.
"""

from __future__ import annotations

import asyncio
import gc
import http.server
import os
import pty
import re
import select
import socketserver
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from random import Random
from urllib.parse import urlparse

import msgspec

from tools.bench.figure import Figure
from tools.bench.quantiles import quantile
from vacnet.console.dashboard.app import Dashboard
from vacnet.console.dashboard.options import Options
from vacnet.factory.client import (
    Client,
    DecisionState,
    ErrorAnswer,
    Events,
    FactoryState,
    Machines,
    MachineState,
    Outcome,
    Peers,
    SpaceState,
    TargetState,
)

FACTORIES, TARGETS, MACHINES = 1_000, 20, 30
COLUMNS, LINES = 160, 50
STARTS, KEYS, REDRAWS = 7, 40, 40
START_SECONDS_MAX = 1.0
KEY_MS_MAX = 50.0
REDRAW_MS_MAX = 30.0
PATIENCE_SECONDS = 30.0
HERE = "node0000.example.org"
GIB = 1 << 30
COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
PROGRAM = "import os; os.open(os.ttyname(0), os.O_RDWR); from vacnet.cli import main; main()"


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure all three; the time is what it takes, half a minute."""
    with tempfile.TemporaryDirectory(prefix="vn") as directory:
        for factories in (3, FACTORIES):
            with _answering(Path(directory, f"{factories}.sock"), factories) as socket:
                yield _start(socket, factories)
                if factories == FACTORIES:
                    yield from _keys(socket)
    spent = asyncio.run(_redraws())
    how = f"{FACTORIES} factories x {TARGETS} targets, {COLUMNS}x{LINES}, {REDRAWS} times"
    yield Figure(
        "dashboard: a redraw of everything, p50",
        quantile(spent, 0.5),
        "ms of a processor",
        REDRAW_MS_MAX,
        how,
    )
    yield Figure(
        "dashboard: a redraw of everything, p95", quantile(spent, 0.95), "ms of a processor", None, how
    )


def _start(socket: Path, factories: int) -> Figure:
    spent = sorted(_started(socket) for _ in range(STARTS))
    how = f"{factories} factories; median of {STARTS}, from {spent[0]:.2f} to {spent[-1]:.2f} s"
    return Figure(
        f"dashboard: first screen, {factories} factories", quantile(spent, 0.5), "s", START_SECONDS_MAX, how
    )


def _started(socket: Path) -> float:
    began = time.perf_counter()
    with _terminal(socket) as screen:
        screen.wait_for(b"q quit")
        return time.perf_counter() - began


def _keys(socket: Path) -> Iterator[Figure]:
    with _terminal(socket) as screen:
        screen.wait_for(b"q quit")
        screen.press(b"2")
        screen.wait_for(b"node0000.example.org: live")
        spent = [_pressed(screen, number) for number in range(1, KEYS + 1)]
    how = f"{FACTORIES} factories, {KEYS} times from the key to the line that it changes"
    yield Figure("dashboard: a key, p50", 1000 * quantile(spent, 0.5), "ms", KEY_MS_MAX, how)
    yield Figure("dashboard: a key, p95", 1000 * quantile(spent, 0.95), "ms", None, how)


def _pressed(screen: _Terminal, number: int) -> float:
    began = time.perf_counter()
    screen.press(b"j")
    screen.wait_for(b"node%04d.example.org: live" % number)
    spent = time.perf_counter() - began
    time.sleep(0.05)  # a person's pause, in other places of the second each time
    return spent


class _Terminal:
    """The command's screen, as bytes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._seen = descriptor, b""

    def press(self, key: bytes) -> None:
        """Forget what was seen, and press a key."""
        self._seen = b""
        os.write(self._descriptor, key)

    def wait_for(self, words: bytes) -> None:
        """Read until the words were shown."""
        while words not in COLOURS.sub(b"", self._seen):
            ready, _, _ = select.select([self._descriptor], [], [], PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"{words!r} was not shown within {PATIENCE_SECONDS} s")
            self._seen += os.read(self._descriptor, 1 << 16)


@contextmanager
def _terminal(socket: Path) -> Iterator[_Terminal]:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "VACNET_SOCKET": str(socket), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", PROGRAM, "space"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        yield _Terminal(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


async def _redraws() -> list[float]:
    """Return the milliseconds of each redraw of a picture of which nothing is the same as before."""
    app = Dashboard(Client("/nowhere"), state(FACTORIES), Options())
    spent = []
    async with app.run_test(size=(COLUMNS, LINES)) as pilot:
        gc.freeze()  # as the command does
        for turn in range(REDRAWS):
            app.live.space = state(FACTORIES, turn)
            await pilot.pause(0.0)
            began = time.thread_time()
            app.renew()
            await pilot.pause(0.0)
            spent.append(1000 * (time.thread_time() - began))
    return spent


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    answers: dict[str, bytes]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the command is killed in the middle of what it asks."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer by heart."""
        body = self.server.answers.get(urlparse(self.path).path)
        self.send_response(404 if body is None else 200)
        body = body or msgspec.json.encode(ErrorAnswer(error="not known here"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def _answering(socket: Path, factories: int) -> Iterator[Path]:
    server = _Server(str(socket), _Handler)
    server.answers = _answers(factories)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield socket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answers(factories: int) -> dict[str, bytes]:
    now = time.time()
    told = {
        "/v1/space": state(factories),
        "/v1/machines": Machines(
            factory=HERE, time=now, machines=tuple(_machine(n) for n in range(MACHINES))
        ),
        "/v1/peers": Peers(factory=HERE, time=now, peers=()),
        "/v1/events": Events(factory=HERE, time=now, events=()),
        "/v1/decisions": DecisionState(factory=HERE, time=now, made=None, decision=None),
    }
    return {path: msgspec.json.encode(answer) for path, answer in told.items()}


def state(factories: int, turn: int = 0) -> SpaceState:
    """Return a space of so many factories; each turn gives other numbers."""
    rng = Random(turn)
    return SpaceState(
        space="bench.example.org",
        factory=HERE,
        time=time.time() + 3600,  # of the future: never old, however long the bench takes
        version="0",
        factories=tuple(_factory(number, rng) for number in range(factories)),
        targets=tuple(_target(number, rng) for number in range(TARGETS)),
        starts_last_minute=40,
        warnings=(),
    )


def _factory(number: int, rng: Random) -> FactoryState:
    free = rng.randint(0, 16)
    return FactoryState(
        name=f"node{number:04d}.example.org",
        itself=number == 0,
        state="live",
        heard_seconds=rng.random(),
        address=f"192.0.2.{number % 250}:5995",
        flags=(),
        processors_total=16,
        processors_free=free,
        machines_running=16 - free,
        machines_starting=rng.randint(0, 2),
        load=16.0 - free,
        memory_free_bytes=rng.randint(1, 64) * GIB,
        disk_free_bytes=rng.randint(1, 900) * GIB,
        deadline_seconds=None,
        version="0",
        settings_differ=False,
        note="",
    )


def _target(number: int, rng: Random) -> TargetState:
    kinds = (("ok", 200), ("nowork", 300), ("error", 600))
    ends = [rng.choice(kinds) for _ in range(24)]
    return TargetState(
        name=f"target-{number:02d}",
        model="docker",
        origin="vacnet.toml:1",
        share=1 / TARGETS,
        got=rng.random() / 10,
        machines_running=rng.randint(0, 500),
        machines_starting=rng.randint(0, 9),
        processors=500,
        state=rng.choice(("open", "growing", "back-off")),
        words="5 tickets of 9 taken, 4 proofs",
        window_number=7,
        window_opener=HERE,
        window_length_seconds=600.0,
        back_off_left_seconds=0.0,
        streak=1,
        proofs=4,
        noworks=0,
        tickets_available=9,
        tickets_taken=5,
        here="at its share",
        outcomes=tuple(Outcome(kind=kind, code=code, factory=HERE, ago_seconds=5.0) for kind, code in ends),
    )


def _machine(number: int) -> MachineState:
    then = time.time() - 3600
    return MachineState(
        name=f"node0000-{number:02d}.example.org",
        id=f"1795520000_target_{number:02d}",
        uuid="",
        factory=HERE,
        target=f"target-{number % TARGETS:02d}",
        state="running",
        processors=1,
        memory_bytes=2 * GIB,
        kind="DC",
        created=then,
        started=then,
        ended=None,
        hours=1.0,
        cpu_seconds=3500.0,
        cpu_efficiency=0.97,
        cpu_efficiency_recent=0.99,
        deadline=then + 86_400,
        proven=True,
        ticket=-1,
        outcome="",
        message="",
        by_vacnet=False,
        directory="",
    )
