"""Probing peers: a HELLO from a socket of its own to each address, and what came of it, in words.

Rules of this file: a connected socket for each address, so that an ICMP answer is seen (udp(7)); full
datagrams first and short ones later, so that a path too narrow for 1,200 bytes is told from one that is
closed. Whoever is asked learns nothing and keeps nothing of it: the question is nobody's.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import SystemRandom

from vacnet.cli.looking import DATAGRAM_BYTES_MAX, family_of
from vacnet.space import versions
from vacnet.space.address import Address
from vacnet.space.keyring import Key
from vacnet.space.seal import Rejected
from vacnet.space.voice import Voice
from vacnet.space.wire import Hello, Type, Welcome

FULL_AT_SECONDS = (0.0, 0.4)
SHORT_AT_SECONDS = (0.8, 1.2)
PATIENCE_SECONDS = 2.5
"""From the first question; the last one has more than a second to come back."""

REFUSED = (
    "nothing listens there (its host says so): does vacnet run (`systemctl status vacnet`), "
    "and is this the port of its [space] listen?"
)
NO_ANSWER = "nothing came back"
NARROW = (
    "it answers short datagrams and none of 1,200 bytes: the path's MTU is below 1,280, "
    "which IPv6 forbids and tunnels do; raise it"
)
TROUBLES = {
    errno.ECONNREFUSED: REFUSED,
    errno.EHOSTUNREACH: "no route to this host, or it does not answer on its network: is it up?",
    errno.ENETUNREACH: "this host has no route to that network",
    errno.EPERM: "the firewall of this host forbids to send there",
    errno.EACCES: "the firewall of this host forbids to send there",
    errno.EMSGSIZE: "the way there does not take 1,228 bytes in one piece: raise the MTU of its links",
}


@dataclass(slots=True)
class Probe:
    """One address and what has come of asking there."""

    address: Address
    socket: socket.socket
    sent: dict[int, tuple[float, bool]] = field(default_factory=dict)
    """Nonce: when, and whether it was a full datagram."""
    welcome: Welcome | None = None
    full: bool = False
    round_trip_seconds: float | None = None
    trouble: str = ""

    @property
    def verdict(self) -> str:
        """Return what is wrong and what to do; empty: nothing is."""
        if self.welcome is None:
            return self.trouble or NO_ANSWER
        if versions.common(self.welcome.version_min, self.welcome.version_max) is None:
            return versions.words(self.welcome.version_min, self.welcome.version_max)
        return "" if self.full else NARROW


def namesakes(own: Probe, probes: Iterable[Probe]) -> list[Probe]:
    """Return which answered under the name of this one and are another running factory."""
    return [probe for probe in probes if _other_of_name(probe.welcome, own.welcome)]


def _other_of_name(one: Welcome | None, other: Welcome | None) -> bool:
    if one is None or other is None or not (one.instance and other.instance):
        return False
    return one.name == other.name and one.instance != other.instance


class Prober:
    """Asks some addresses at once."""

    def __init__(self, key: Key, addresses: Sequence[Address]) -> None:
        """Open a socket for each."""
        self._voice = Voice(key)
        self._rng = SystemRandom()
        self._probes = [_opened(address) for address in dict.fromkeys(addresses)]

    def run(self) -> dict[Address, Probe]:
        """Ask all; return what came of it, at the latest after `PATIENCE_SECONDS`."""
        began = time.monotonic()
        plan = sorted([(at, True) for at in FULL_AT_SECONDS] + [(at, False) for at in SHORT_AT_SECONDS])
        while (passed := time.monotonic() - began) < PATIENCE_SECONDS and self._waiting():
            while plan and plan[0][0] <= passed:
                self._ask_all(full=plan.pop(0)[1])
            self._hear(max(0.0, (plan[0][0] if plan else PATIENCE_SECONDS) - passed))
        for probe in self._probes:
            probe.socket.close()
        return {probe.address: probe for probe in self._probes}

    def _waiting(self) -> list[Probe]:
        return [probe for probe in self._probes if not probe.full and probe.socket.fileno() >= 0]

    def _ask_all(self, *, full: bool) -> None:
        for probe in self._waiting():
            nonce = self._rng.getrandbits(64) or 1
            probe.sent[nonce] = time.monotonic(), full
            hello = Hello(nonce, version_min=versions.VERSION_MIN, version_max=versions.VERSION_MAX)
            data = self._voice.say(Type.HELLO, hello, probe.address, full=full).data
            with _noting(probe):
                probe.socket.send(data)

    def _hear(self, seconds: float) -> None:
        sockets = {probe.socket: probe for probe in self._waiting()}
        ready, _, _ = select.select(list(sockets), [], [], seconds)
        for each in ready:
            with _noting(sockets[each]):
                self._take(sockets[each], each.recv(DATAGRAM_BYTES_MAX))

    def _take(self, probe: Probe, data: bytes) -> None:
        with suppress(Rejected):
            _, message = self._voice.hear(data)
            if isinstance(message, Welcome) and message.echo in probe.sent:
                at, full = probe.sent.pop(message.echo)
                probe.welcome, probe.full = message, probe.full or full
                probe.round_trip_seconds = time.monotonic() - at


class _noting:  # noqa: N801 - reads as a word of the language
    """Keep the words of a socket's error with the probe."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Note an error of the system; let others pass."""
        if not isinstance(error, OSError):
            return False
        self._probe.trouble = TROUBLES.get(error.errno or 0, f"cannot send there: {error.strerror}")
        return True


def _opened(address: Address) -> Probe:
    probe = Probe(address, socket.socket(family_of(address), socket.SOCK_DGRAM))
    probe.socket.settimeout(0)
    with _noting(probe):
        probe.socket.connect(address)
    return probe
