"""Delay of what a node receives, where the kernel has no netem: packets wait in a queue of netfilter.

`python -m tools.testbed.inside.delay FILE WORKS`, FILE with the milliseconds; the program ends when the file
is gone, and the packets that wait are let through; WORKS is there as long as it delays. It speaks nfnetlink
itself: bind a queue, have packets' numbers (not their bytes) sent, answer each with a verdict when its time
has come. The kernel holds the packets. Jitter is a fifth, so packets overtake each other as on real networks.
Formats: linux/netfilter/nfnetlink_queue.h; all numbers are big-endian but the header's.
"""

from __future__ import annotations

import heapq
import itertools
import random
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.testbed.faults import QUEUE

NETLINK_NETFILTER = 12
SUBSYSTEM = 3 << 8
PACKET, VERDICT, CONFIG = SUBSYSTEM, SUBSYSTEM | 1, SUBSYSTEM | 2
REQUEST, ACKNOWLEDGE = 1, 4
ERROR = 2
CONFIG_COMMAND, CONFIG_PARAMETERS, CONFIG_LENGTH = 1, 2, 3
BIND, COPY_META, ACCEPT = 1, 1, 1
HEADER_ATTRIBUTE, VERDICT_ATTRIBUTE = 1, 2
QUEUE_PACKETS = 16384
JITTER = 0.2
LOOK_SECONDS = 0.5


class Queue:
    """A queue of netfilter."""

    def __init__(self, number: int) -> None:
        """Bind it.

        Raises:
            OSError: another program has it, or there are no queues for us.
        """
        self._number = number
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        # A burst that fills the socket would lose packet numbers, and with them the packets.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._configure(CONFIG_COMMAND, struct.pack(">BBH", BIND, 0, 0))
        self._configure(CONFIG_PARAMETERS, struct.pack(">IB", 0, COPY_META))
        self._configure(CONFIG_LENGTH, struct.pack(">I", QUEUE_PACKETS))

    def packets(self) -> Iterator[int]:
        """Yield the numbers of the packets of one read."""
        for kind, body in _messages(self.socket.recv(1 << 16)):
            if kind == PACKET:
                yield from _packet_numbers(body)

    def accept(self, packet: int) -> None:
        """Let a packet go on."""
        self._send(VERDICT, REQUEST, _attribute(VERDICT_ATTRIBUTE, struct.pack(">II", ACCEPT, packet)))

    def _configure(self, attribute: int, value: bytes) -> None:
        self._send(CONFIG, REQUEST | ACKNOWLEDGE, _attribute(attribute, value))
        for kind, body in _messages(self.socket.recv(1 << 16)):
            problem = struct.unpack_from("=i", body)[0] if kind == ERROR else 0
            if problem:
                raise OSError(-problem, "the queue of packets cannot be had")

    def _send(self, kind: int, flags: int, attributes: bytes) -> None:
        body = struct.pack(">BBH", 0, 0, self._number) + attributes
        self.socket.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body)


def main(words: list[str]) -> None:
    """Delay until the first file is gone; the second is there meanwhile."""
    told, works = map(Path, words)
    queue = Queue(QUEUE)
    works.touch()
    try:
        _delay(queue, told)
    finally:
        queue.socket.close()
        works.unlink()


def _delay(queue: Queue, told: Path) -> None:
    waiting, serial = list[tuple[float, int, int]](), itertools.count()
    while told.exists():
        seconds = _seconds(told)
        if select.select([queue.socket], [], [], _until_next(waiting))[0]:
            for packet in queue.packets():
                due = time.monotonic() + seconds * random.uniform(1 - JITTER, 1 + JITTER)
                heapq.heappush(waiting, (due, next(serial), packet))
        while waiting and waiting[0][0] <= time.monotonic():
            queue.accept(heapq.heappop(waiting)[2])
    for _, _, packet in waiting:
        queue.accept(packet)


def _seconds(told: Path) -> float:
    try:
        return float(told.read_text()) / 1000
    except FileNotFoundError:  # between two looks: the end
        return 0.0


def _until_next(waiting: list[tuple[float, int, int]]) -> float:
    return min(LOOK_SECONDS, max(0.0, waiting[0][0] - time.monotonic())) if waiting else LOOK_SECONDS


def _messages(read: bytes) -> Iterator[tuple[int, bytes]]:
    while len(read) >= 16:  # noqa: PLR2004 (of a netlink header)
        length, kind = struct.unpack_from("=IH", read)
        yield kind, read[16:length]
        read = read[(length + 3) & ~3 :]


def _packet_numbers(body: bytes) -> Iterator[int]:
    attributes = body[4:]
    while len(attributes) >= 4:  # noqa: PLR2004 (of an attribute's header)
        length, kind = struct.unpack_from("=HH", attributes)
        if kind & 0x7FFF == HEADER_ATTRIBUTE:
            yield struct.unpack_from(">I", attributes, 4)[0]
        attributes = attributes[(length + 3) & ~3 :]


def _attribute(kind: int, value: bytes) -> bytes:
    padding = bytes(-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding


if __name__ == "__main__":
    main(sys.argv[1:])
