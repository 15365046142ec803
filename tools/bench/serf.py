"""Serf agents on this host, asked over their RPC sockets; for a comparison in the same run.

Sources: Serf's documentation of its RPC protocol (MessagePack over TCP: a header, then a body).
"""

from __future__ import annotations

import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any, Self

import msgpack
import psutil

from tools.bench.figure import Figure
from tools.bench.quantiles import quantile
from tools.space.waiting import until

SIZES = (20, 50)
EVENT_SECONDS = 2.0
"""Between two events, so that one is over before the next."""
PATIENCE_SECONDS = 120.0


def found() -> bool:
    """Tell whether the program is there."""
    return shutil.which("serf") is not None


def measure(count: int, seconds: float) -> Iterator[Figure]:
    """Start so many agents; send an event every two seconds and see when each has told of it."""
    with ExitStack() as stack:
        began = time.monotonic()
        agents = _start(count, stack)
        rpcs = [stack.enter_context(_Rpc(port)) for _, port in agents]
        until(lambda: all(len(rpc.members()) == count for rpc in rpcs), PATIENCE_SECONDS, "all agents meet")
        whole = time.monotonic() - began
        for rpc in rpcs:
            rpc.listen()
        spent = _cpu(agents)
        delays = [_spread(rpcs, number) for number in range(max(1, int(seconds / EVENT_SECONDS)))]
        used = _cpu(agents) - spent
        memory = sum(psutil.Process(agent.pid).memory_full_info().pss for agent, _ in agents)
    name, how = f"Serf, {count} agents", f"{len(delays)} events, local profile"
    yield Figure(f"{name}: an event known at all, p50", 1000 * quantile(delays, 0.5), "ms", how=how)
    yield Figure(f"{name}: an event known at all, p99", 1000 * quantile(delays, 0.99), "ms", how=how)
    yield Figure(f"{name}: from no process to full membership", whole, "s")
    yield Figure(f"{name}: memory of one (PSS)", memory / count / 2**20, "MiB")
    yield Figure(f"{name}: CPU of one", 100 * used / (len(delays) * EVENT_SECONDS) / count, "% of a core")


def _start(count: int, stack: ExitStack) -> list[tuple[subprocess.Popen[bytes], int]]:
    ports = _free_ports(2 * count)
    first = f"127.0.0.1:{ports[0]}"
    agents = []
    for number in range(count):
        gossip, rpc = ports[2 * number : 2 * number + 2]
        words = ["serf", "agent", f"-node=n{number}", f"-bind=127.0.0.1:{gossip}"]
        words += [f"-rpc-addr=127.0.0.1:{rpc}", "-profile=local", "-log-level=err"]
        words += [f"-retry-join={first}", "-retry-interval=1s"] if number else []
        agent = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(agent.wait)
        stack.callback(agent.kill)
        agents.append((agent, rpc))
    return agents


def _free_ports(count: int) -> list[int]:
    """Return ports that are free for UDP and for TCP, both of which an agent binds."""
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp.bind(("127.0.0.1", 0))
            with suppress(OSError):
                udp.bind(tcp.getsockname())
                found.append(tcp.getsockname()[1])
    return found


def _cpu(agents: list[tuple[subprocess.Popen[bytes], int]]) -> float:
    times = [psutil.Process(agent.pid).cpu_times() for agent, _ in agents]
    return float(sum(one.user + one.system for one in times))


def _spread(rpcs: list[_Rpc], number: int) -> float:
    """Send an event at one agent; return the seconds until the last other one has told of it."""
    name, speaker = f"change{number}", rpcs[number % len(rpcs)]
    waiting = {rpc for rpc in rpcs if rpc is not speaker}
    began = time.monotonic()
    speaker.event(name)
    with selectors.DefaultSelector() as ready:
        for rpc in rpcs:
            ready.register(rpc.socket, selectors.EVENT_READ, rpc)
        while waiting and time.monotonic() - began < PATIENCE_SECONDS:
            for key, _ in ready.select(1.0):
                if name in key.data.told():
                    waiting.discard(key.data)
    took = time.monotonic() - began
    time.sleep(max(0.0, EVENT_SECONDS - took))
    return took


class _Rpc:
    """A connection to one agent."""

    def __init__(self, port: int) -> None:
        until(lambda: self._connects(port), PATIENCE_SECONDS, "an agent listens")
        self._unpacker = msgpack.Unpacker(max_buffer_size=1 << 24)
        self._sequence = 0
        self._ask("handshake", {"Version": 1})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def members(self) -> list[Any]:
        """Return who is a member, as this agent knows."""
        self._ask("members")
        return [one for one in self._next()["Members"] if one["Status"] == "alive"]

    def listen(self) -> None:
        """Have it tell of events from now on."""
        self._ask("stream", {"Type": "user"})

    def event(self, name: str) -> None:
        """Send an event; its answer comes among what is told."""
        self._send("event", {"Name": name, "Payload": b"", "Coalesce": False})

    def told(self) -> list[str]:
        """Return the names of events that have come."""
        self._unpacker.feed(self.socket.recv(1 << 16))
        return [value["Name"] for value in self._unpacker if "Name" in value]

    def _connects(self, port: int) -> bool:
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            return False
        return True

    def _send(self, command: str, body: dict[str, object] | None = None) -> None:
        self._sequence += 1
        header = msgpack.packb({"Command": command, "Seq": self._sequence})
        self.socket.sendall(header + (msgpack.packb(body) if body is not None else b""))

    def _ask(self, command: str, body: dict[str, object] | None = None) -> None:
        self._send(command, body)
        if error := self._next()["Error"]:
            raise RuntimeError(f"serf: {command}: {error}")

    def _next(self) -> Any:
        while True:
            try:
                return self._unpacker.unpack()
            except msgpack.OutOfData:
                self._unpacker.feed(self.socket.recv(1 << 16))
