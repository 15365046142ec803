"""A link: a factory of this epoch has echoed my nonce, so its datagrams are taken and it may be sent to.

Rules of this file: a link ends with the epoch it was proved for. Datagrams are taken from the few
addresses that were proved, the newest first to be sent to.
"""

from __future__ import annotations

from vacnet.space.address import Address
from vacnet.space.limits import SOURCES_MAX
from vacnet.space.replay import ReplayWindow


class Link:
    """What was proved of one (factory, epoch)."""

    __slots__ = ("instance", "key_id", "round_trip_seconds", "sources", "window")

    def __init__(self, sequence: int) -> None:
        """Begin with the sequence number of the datagram that proved it."""
        self.window = ReplayWindow(sequence)
        self.sources: dict[Address, None] = {}
        self.round_trip_seconds = 0.0
        self.instance = b""
        """Of the life that proved itself; its rows may not have come yet."""
        self.key_id = b""
        """The key under which it spoke last."""

    def prove(self, address: Address) -> None:
        """Take datagrams from this address; the one proved longest ago makes room."""
        self.sources.pop(address, None)
        self.sources[address] = None
        if len(self.sources) > SOURCES_MAX:
            del self.sources[next(iter(self.sources))]
