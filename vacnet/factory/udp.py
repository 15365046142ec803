"""The UDP endpoint: datagrams in batches out of the kernel, datagrams into it, and what was lost counted.

Rules of this file: nothing is looked into. The loop says that a socket is readable and up to 64
datagrams are taken in that turn, so that a flood delays the rest by a fraction of a millisecond and
no more. asyncio's own datagram transport takes one datagram a turn into a buffer of 256 KiB: ten
times the CPU, and 85 % lost at 100,000 a second (docs: measured on loopback).

A datagram that cannot be sent now is lost, like any other: gossip repairs it. So no error of a
socket leaves this file; each is counted by its name, and `Counters` are shown by `vacnet health`.

Datagrams are never fragmented (the payload stays below 1,232 bytes): IP_MTU_DISCOVER=DO makes a path
that is narrower an EMSGSIZE that is seen, instead of fragments that a firewall drops in silence.
Sources: ip(7), socket(7), udp(7); RFC 8085 section 3.2.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from vacnet.space.address import Address

DATAGRAMS_A_TURN = 64
DATAGRAM_BYTES_MAX = 2048
"""Above the 1,228 bytes that a datagram may have: a longer one is seen to be too long."""
RECEIVE_BUFFER_BYTES = 4 << 20
"""About 2,000 datagrams: what 1,000 factories send while the loop stalls for two seconds."""

SENDERS_KEPT = 4096
"""Addresses of which it is known where they were heard: all peers of a large space, and strangers beside."""

# Not in Python's socket module: linux/in.h, linux/in6.h, asm-generic/socket.h, linux/sock_diag.h
IP_MTU_DISCOVER = 10
IPV6_MTU_DISCOVER = 23
PMTUDISC_DO = 2
SO_RCVBUFFORCE = 33
SO_MEMINFO = 55
MEMINFO_WORDS = 9
MEMINFO_DROPS = 8

Receive = Callable[[bytes, Address], None]


class ListenError(Exception):
    """An address of `[space] listen` cannot be used; the text says which, why, and what to do."""


class Endpoint:
    """The sockets of a factory."""

    def __init__(self, listen: tuple[str, ...], receive: Receive) -> None:
        """Bind every ``address:port`` of `listen`; `receive` is called with each datagram.

        Raises:
            ListenError: an address cannot be bound; none is bound then.
        """
        self.counters: Counter[str] = Counter()
        self._receive = receive
        self._sockets: list[socket.socket] = []
        self._heard_on: dict[Address, socket.socket] = {}
        """Where each address was heard last, the latest last; kept only where that leaves a choice."""
        try:
            self._sockets.extend(_bound(address) for address in listen)
        except ListenError:
            self.close()
            raise
        self._has_choice = len({each.family for each in self._sockets}) < len(self._sockets)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the loop call when datagrams have come."""
        for each in self._sockets:
            loop.add_reader(each.fileno(), self._take, each, DATAGRAMS_A_TURN)

    def unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave what still comes to the kernel."""
        for each in self._sockets:
            loop.remove_reader(each.fileno())

    def close(self) -> None:
        """Close all sockets."""
        for each in self._sockets:
            each.close()

    def addresses(self) -> tuple[Address, ...]:
        """Return what is bound, with the ports that the kernel chose for port 0."""
        return tuple(each.getsockname()[:2] for each in self._sockets)

    def drain(self, most: int) -> None:
        """Take what has come already, up to `most` datagrams of each socket."""
        for each in self._sockets:
            self._take(each, most)

    def send(self, data: bytes, address: Address) -> None:
        """Send a datagram from where its receiver was heard; what is not taken is lost and counted."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        first = next((each for each in self._sockets if each.family == family), None)
        if source := self._heard_on.get(address, first):
            self._send_from(source, data, address)
        else:
            self.counters["sent_no_such_family"] += 1

    def dropped_by_kernel(self) -> int:
        """Return how many datagrams the kernel threw away because nobody took them in time."""
        return sum(_drops(each) for each in self._sockets)

    def receive_buffer_bytes(self) -> int:
        """Return the smallest receive buffer that was granted; the kernel tells the double (socket(7))."""
        told = (each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2 for each in self._sockets)
        return min(told, default=RECEIVE_BUFFER_BYTES)

    def _take(self, source: socket.socket, most: int) -> None:
        for _ in range(most):
            try:
                data, address = source.recvfrom(DATAGRAM_BYTES_MAX)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP answer to something sent: says nothing of what has come
                self._count("receive", error)
                continue
            self.counters["received"] += 1
            sender = sender_of(address)
            if self._has_choice:
                self._hear(sender, source)
            self._receive(data, sender)

    def _hear(self, sender: Address, source: socket.socket) -> None:
        """Remember where an address was heard: a host of two networks answers in the right one."""
        self._heard_on.pop(sender, None)
        self._heard_on[sender] = source
        if len(self._heard_on) > SENDERS_KEPT:
            del self._heard_on[next(iter(self._heard_on))]

    def _send_from(self, source: socket.socket, data: bytes, address: Address) -> None:
        try:
            source.sendto(data, address)
        except OSError as error:
            self._count("send", error)
            return
        self.counters["sent"] += 1

    def _count(self, what: str, error: OSError) -> None:
        self.counters[f"{what}_{errno.errorcode.get(error.errno or 0, 'unknown').lower()}"] += 1


def sender_of(address: tuple[Any, ...]) -> Address:
    """Return where a datagram came from, as one that goes there has to be addressed.

    A link-local IPv6 address means a host on one link, whose interface the kernel tells beside it (RFC 4007);
    without it an answer leaves by whichever interface comes first.
    """
    if len(address) < 4 or not address[3]:  # noqa: PLR2004 (sockaddr_in6: its scope id is the fourth)
        return address[0], address[1]
    try:
        zone = socket.if_indextoname(address[3])
    except OSError:  # the interface has just gone
        zone = str(address[3])
    return f"{address[0]}%{zone}", address[1]


def split_address(text: str) -> Address:
    """Return ``(ip, port)`` of ``ip:port`` or ``[ip]:port``.

    Raises:
        ValueError: it is neither; the text says what was expected.
    """
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not port.isdecimal() or int(port) > 0xFFFF:  # noqa: PLR2004 (the largest port)
        raise ValueError(f"{text!r} is no address:port such as 0.0.0.0:8885 or [::]:8885")
    ipaddress.ip_address(host.partition("%")[0])
    return host, int(port)


def _bound(text: str) -> socket.socket:
    try:
        host, port = split_address(text)
    except ValueError as error:
        raise ListenError(f"[space] listen: {error}; write addresses of this host") from error
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        _prepare(made)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise ListenError(_why_not_bound(text, error)) from error
    return made


def _why_not_bound(text: str, error: OSError) -> str:
    advice = {
        errno.EADDRINUSE: "another program has it (`ss -ulpn` shows which): stop it or choose another port",
        errno.EADDRNOTAVAIL: "this host does not have that address: use one of `ip address`, or 0.0.0.0",
        errno.EACCES: "ports below 1024 are for root: choose another port",
    }
    what_to_do = advice.get(error.errno or 0, "choose another address")
    return f"[space] listen: cannot listen on {text} for UDP: {error.strerror}; {what_to_do}"


def _prepare(made: socket.socket) -> None:
    made.settimeout(0)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DO)
    else:
        made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO)
    try:  # beyond net.core.rmem_max, which is 208 KiB where nobody raised it
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


def _drops(of: socket.socket) -> int:
    try:
        told = of.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4 * MEMINFO_WORDS)
    except OSError:  # a kernel before 4.12
        return 0
    words: tuple[int, ...] = struct.unpack(f"{len(told) // 4}I", told)
    return words[MEMINFO_DROPS] if len(words) > MEMINFO_DROPS else 0
