"""Ports of loopback that nobody uses now: of UDP for gossip, of TCP for the metrics beside it."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress


def free_ports(count: int) -> list[int]:
    """Return so many different free ports: the kernel chooses, all at once so that none comes twice."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = _bound(held, socket.SOCK_DGRAM, 0)
            with suppress(OSError):  # another program has TCP's
                ports.append(_bound(held, socket.SOCK_STREAM, port))
    return ports


def _bound(held: ExitStack, kind: socket.SocketKind, port: int) -> int:
    made = held.enter_context(socket.socket(socket.AF_INET, kind))
    made.bind(("127.0.0.1", port))
    return int(made.getsockname()[1])
