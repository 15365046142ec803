"""Who may be connected to a server of the factory: how many, for how long, and with how much to say.

Rules of this file: clients are not trusted, not even those that only the file's mode lets in: a script gone
wild is no friend. A connection too many is told so and closed at once. One that has not asked anything within
its patience goes, and so does any after its life, asked or not, read or not, unless it is one of a few that a
log or recording is sent to. What comes in is counted before HTTP is looked at: a head without an end would
else be kept without an end. Nothing here waits for a client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What clients may have."""

    connections: int
    patience_seconds: float
    """From the connection to the first question."""
    life_seconds: float
    bytes_in: int
    """Of all questions of one connection."""
    full: bytes = b""
    """What a connection too many is told, as it goes over the wire."""


def refusal(status: str, body: bytes) -> bytes:
    """Return an answer in JSON as HTTP has it (RFC 9112), for who is not let in."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


class Doorkeeper:
    """Makes the protocols of a server's connections; give `let_in` to `loop.create_server`."""

    def __init__(self, server: Callable[[], asyncio.Protocol], bounds: Bounds) -> None:
        """Let in to `server`, which makes the protocol of a connection, within `bounds`."""
        self._server = server
        self._bounds = bounds
        self._guests: dict[asyncio.Protocol, _Guest] = {}

    def let_in(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        if len(self._guests) >= self._bounds.connections:
            return _Refused(self._bounds.full)
        inner = self._server()
        guest = self._guests[inner] = _Guest(inner, self)
        loop = asyncio.get_running_loop()
        loop.call_later(self._bounds.patience_seconds, guest.end_unless_asking)
        loop.call_later(self._bounds.life_seconds, guest.end_unless_staying)
        return guest

    def asks(self, request: web.BaseRequest) -> None:
        """Note that a connection has asked something."""
        if (guest := self._guests.get(request.protocol)) is not None:
            guest.asking = True

    def stays(self, request: web.BaseRequest) -> None:
        """Let a connection outlive its time."""
        if (guest := self._guests.get(request.protocol)) is not None:
            guest.staying = True

    @property
    def connected(self) -> int:
        """Return how many are let in now."""
        return len(self._guests)

    @property
    def staying(self) -> int:
        """Return how many may outlive their time."""
        return sum(guest.staying for guest in self._guests.values())

    def said(self, guest: _Guest, count: int) -> bool:
        """Count what came in; return whether it is still within bounds."""
        guest.bytes_in += count
        return guest.bytes_in <= self._bounds.bytes_in

    def gone(self, inner: asyncio.Protocol) -> None:
        """Forget a connection."""
        self._guests.pop(inner, None)


class _Guest(asyncio.Protocol):
    """One connection: what HTTP makes of it, with what the doorkeeper knows."""

    def __init__(self, inner: asyncio.Protocol, keeper: Doorkeeper) -> None:
        self.asking = self.staying = False
        self.bytes_in = 0
        self._inner = inner
        self._keeper = keeper
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (a stream's)
        self._transport = transport
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._keeper.gone(self._inner)
        self._transport = None
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._keeper.said(self, len(data)):
            self._inner.data_received(data)
        else:
            self.end()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def end_unless_asking(self) -> None:
        if not self.asking:
            self.end()

    def end_unless_staying(self) -> None:
        if not self.staying:
            self.end()

    def end(self) -> None:
        """End it at once, whatever has not been read."""
        if self._transport is not None:
            self._transport.abort()


class _Refused(asyncio.Protocol):
    """A connection too many."""

    def __init__(self, words: bytes) -> None:
        self._words = words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and end it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (a stream's)
        transport.write(self._words)
        transport.close()
