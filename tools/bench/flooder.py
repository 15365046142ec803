"""`python -m tools.bench.flooder`: sends one datagram to a factory again and again, so many times a second.

It reads a `Flood` as a line of JSON, sends for its seconds, and writes a `Sent` as a line. It keeps its pace
by the clock, a millisecond's worth at a time; where the host does not let it, it sends less and says how much
it was. The datagrams come from many ports, so that no one address stands out.

Three kinds, each further through the gate than the one before:

- `junk` is refused for its first two bytes;
- `forged` has all that somebody on the way can copy (magic, version, the id of a key in use, the name of a
  live factory) and a wrong tag, so it costs its receiver the computing of the right one;
- `replayed` was sealed by a member once, in an earlier life: its tag is good, and its sender is asked again.
"""

from __future__ import annotations

import itertools
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tools.space import Member
from vacnet.space.keyring import KeyRing
from vacnet.space.limits import TAG_BYTES
from vacnet.space.seal import Header, factory_id, seal
from vacnet.space.wire import Announce, Type, encode

JUNK, FORGED, REPLAYED = "junk", "forged", "replayed"
KINDS = (JUNK, FORGED, REPLAYED)
BYTES = 200
"""Of each datagram: an announcement of a few rows."""
SOURCES = 128
"""More ports than a factory remembers strangers."""
STEP_SECONDS = 0.001
OWED_SECONDS = 0.02
"""What it was kept from sending is made up for as far as this."""


class Flood(msgspec.Struct, frozen=True):
    """What to send, to which port of loopback."""

    port: int
    data: bytes
    per_second: float
    seconds: float


class Sent(msgspec.Struct, frozen=True):
    """What was sent, and in how long."""

    datagrams: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Return the rate that was reached."""
        return self.datagrams / self.seconds


def datagram(kind: str, space: str, target: Member, speaker: str) -> bytes:
    """Return what to flood a factory of a space with, as if `speaker` had said it."""
    found = re.search(r"[0-9a-f]{64}", (target.config / "space.key").read_text())
    if found is None:
        raise ValueError(f"{target.config}/space.key has no key")
    key = KeyRing([("member", bytes.fromhex(found[0]))], space).keys[0]
    empty = Announce(1, 1, 1, urgent=False, factory=None, rows=[], padding=bytes(BYTES - 60))
    sealed = seal(Header(Type.ANN, key.id, factory_id(speaker), 1, 1), encode(empty), key.secret)
    made = {
        JUNK: random.Random(1).randbytes(BYTES),
        FORGED: sealed[:-TAG_BYTES] + bytes(TAG_BYTES),
        REPLAYED: sealed,
    }
    return made[kind]


@contextmanager
def flooding(flood: Flood) -> Iterator[subprocess.Popen[bytes]]:
    """Have a process of its own send while the block lasts, and no longer; `sent` waits for its end."""
    command = [sys.executable, "-m", "tools.bench.flooder"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(flood) + b"\n")
            process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.communicate()


def sent(process: subprocess.Popen[bytes]) -> Sent:
    """Return what a flood came to, once it is over."""
    told = process.stdout.readline() if process.stdout is not None else b""
    return msgspec.json.decode(told, type=Sent)


def send(flood: Flood) -> Sent:
    """Send a flood."""
    sources = itertools.cycle([_to(flood.port) for _ in range(SOURCES)])
    most = max(1, int(flood.per_second * OWED_SECONDS))
    began, count, given_up = time.monotonic(), 0, 0
    while (passed := time.monotonic() - began) < flood.seconds:
        owed = int(passed * flood.per_second) - count - given_up
        given_up += max(0, owed - most)
        for source in itertools.islice(sources, min(owed, most)):
            source.send(flood.data)
        count += min(owed, most)
        time.sleep(STEP_SECONDS)
    return Sent(count, time.monotonic() - began)


def _to(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.connect(("127.0.0.1", port))
    return made


if __name__ == "__main__":
    plan = msgspec.json.decode(sys.stdin.readline(), type=Flood)
    sys.stdout.write(msgspec.json.encode(send(plan)).decode() + "\n")
