"""Names of peers to addresses: in threads of its own, never waited for, the last good answer kept.

Rules of this file: an address written as such is used at once; a name is looked up at the start, when
the list changes, and every minute, for hosts move. A lookup that fails changes nothing: a space goes on
with name resolution broken. Threads are daemons, so that a resolver that hangs for half a minute
(resolv.conf's 5 s x 2 attempts x 3 servers) never delays the end of the daemon; there are at most
`THREADS_MAX`, so that sixty such names do not become sixty threads.
"""

from __future__ import annotations

import asyncio
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from vacnet.agent.events import PeersChanged
from vacnet.space.address import Address
from vacnet.targets.address import why_unresolved
from vacnet.targets.peers import Peer

REFRESH_SECONDS = 60.0
"""The shortest life that name servers commonly give an address."""
THREADS_MAX = 4
ADDRESSES_MAX = 4
"""Of one name: both families of a host with two networks; more is a round robin and no host."""

Lookup = Callable[[str, int], list[Address]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A peer with the addresses it has, and in words why the last lookup of it failed."""

    peer: Peer
    addresses: tuple[Address, ...]
    trouble: str = ""


def look_up(host: str, port: int) -> list[Address]:
    """Return the UDP addresses of a host name, best first; blocks.

    Raises:
        OSError: the name cannot be resolved now.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    return [(str(address[0]), int(address[1])) for *_, address in found]


class Resolver:
    """The configured peers and their addresses as known now."""

    def __init__(self, changed: Callable[[PeersChanged], None], lookup: Lookup = look_up) -> None:
        """Call `changed`, in the loop, whenever the addresses are others than before."""
        self._changed = changed
        self._lookup = lookup
        self._peers: tuple[Peer, ...] = ()
        self._good: dict[Peer, tuple[Address, ...]] = {}
        self._trouble: dict[Peer, str] = {}
        self._asked: set[Peer] = set()
        self._told: PeersChanged | None = None

    def use(self, peers: Iterable[Peer]) -> None:
        """Take a peer list in place of the old one; has to be called in the loop."""
        self._peers = tuple(dict.fromkeys(peers))
        self._good = {peer: self._good.get(peer) or _literal(peer) for peer in self._peers}
        self._tell()
        self.refresh()

    def refresh(self) -> None:
        """Look all names up again, those apart that are being looked up."""
        names = [peer for peer in self._peers if not _literal(peer) and peer not in self._asked]
        self._asked.update(names)
        waiting: queue.SimpleQueue[Peer] = queue.SimpleQueue()
        for peer in names:
            waiting.put(peer)
        loop = asyncio.get_running_loop()
        for _ in range(min(THREADS_MAX, len(names))):
            threading.Thread(target=self._work, args=(waiting, loop), name="resolve", daemon=True).start()

    async def run(self) -> None:
        """Look all names up again every minute."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            self.refresh()

    def addresses(self) -> tuple[Address, ...]:
        """Return every address known of the configured peers, in the order of their list."""
        return tuple(dict.fromkeys(address for peer in self._peers for address in self._good[peer]))

    def peers(self) -> tuple[Resolved, ...]:
        """Return every configured peer with what is known of it."""
        return tuple(Resolved(p, self._good[p], self._trouble.get(p, "")) for p in self._peers)

    def _work(self, waiting: queue.SimpleQueue[Peer], loop: asyncio.AbstractEventLoop) -> None:
        with suppress(queue.Empty, RuntimeError):  # the loop may have ended meanwhile
            while True:
                peer = waiting.get_nowait()
                loop.call_soon_threadsafe(self._answer, peer, *self._found(peer))

    def _found(self, peer: Peer) -> tuple[tuple[Address, ...], str]:
        try:
            return tuple(self._lookup(peer.host, peer.port)[:ADDRESSES_MAX]), ""
        except (OSError, UnicodeError) as error:
            return (), why_unresolved(error)

    def _answer(self, peer: Peer, found: tuple[Address, ...], trouble: str) -> None:
        self._asked.discard(peer)
        if peer not in self._good:  # the list was edited meanwhile
            return
        self._trouble[peer] = trouble
        self._good[peer] = found or self._good[peer]
        self._tell()

    def _tell(self) -> None:
        news = PeersChanged(self.addresses(), sum(not known for known in self._good.values()))
        if news != self._told:
            self._told = news
            self._changed(news)


def _literal(peer: Peer) -> tuple[Address, ...]:
    try:
        ipaddress.ip_address(peer.host.partition("%")[0])
    except ValueError:
        return ()
    return ((peer.host, peer.port),)
