"""A recording: all that one factory's agent was told and what it sent, so that it can be lived through again.

A stream of MessagePack arrays, each with its kind first:

    ["vacnet-recording", 1, version, factory, space, wall time]  once, first
    ["state", now, bytes]                        the agent as it was (`frozen`), once, second
    ["datagram", now, data, ip, port, sent]      what came from a socket
    ["event", now, bytes, sent]                  whatever else the agent was told (`frozen`)
    ["check", now, digest]                       what the agent knew then, every `CHECK_SECONDS`

`sent` is `[[data, ip, port], ...]`, what the agent sent because of it; `now` is monotonic seconds. After
each datagram or event an agent that is driven anew has sent the same bytes to the same addresses, and
after each check it knows the same.

Rules of this file: values to bytes and bytes to values. A recording may end anywhere: whoever wrote it
may have been killed. What is read is bounded before it is taken.

Sources: MessagePack specification; the idea of checks within a log is that of deterministic replay (rr).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Effect, Send
from vacnet.agent.events import DatagramReceived, Event
from vacnet.agent.frozen import freeze
from vacnet.space.address import Address

MAGIC: Final = "vacnet-recording"
FORMAT: Final = 1
CHECK_SECONDS: Final = 10.0
"""A difference is found within so long of where it began; a check costs what one look at the space costs."""
STATE_BYTES_MAX: Final = 1 << 28
"""A space of 5,000 factories with 30 targets each, with room."""
SENT_MAX: Final = 1 << 17
"""Datagrams of one event: an urgent row to each peer, twice."""

Sent = tuple[tuple[bytes, Address], ...]


class RecordingError(ValueError):
    """A file is no recording, or is damaged; the text says where and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Whose recording it is."""

    version: str
    """Of the vacnet that wrote it, and the only one that can replay it."""
    factory: str
    space: str
    wall: float
    """Unix seconds at its begin, for people."""


@dataclass(frozen=True, slots=True)
class State:
    """The agent as it was when the recording began."""

    now: float
    frozen: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent was told, as an event or frozen, and what it sent then."""

    now: float
    event: DatagramReceived | bytes
    sent: Sent


@dataclass(frozen=True, slots=True)
class Check:
    """A digest of what the agent knew."""

    now: float
    digest: bytes


Entry = Header | State | Told | Check


def digest_of(agent: Agent, now: float) -> bytes:
    """Return 16 bytes over all that an agent would show of the space now."""
    return hashlib.blake2b(repr(agent.view(now)).encode(), digest_size=16).digest()


def sends_of(effects: Iterable[Effect]) -> Sent:
    """Return what of an agent's effects leaves the host."""
    return tuple((effect.data, effect.address) for effect in effects if isinstance(effect, Send))


def header(one: Header) -> bytes:
    """Return the first entry."""
    return _packed(MAGIC, FORMAT, one.version, one.factory, one.space, one.wall)


def state(agent: Agent, now: float) -> bytes:
    """Return the second entry."""
    return _packed("state", now, freeze(agent))


def told(event: Event, effects: Iterable[Effect], now: float) -> bytes:
    """Return the entry of an event and what followed from it."""
    sent = [(data, *address) for data, address in sends_of(effects)]
    if isinstance(event, DatagramReceived):
        return _packed("datagram", now, event.data, *event.address, sent)
    return _packed("event", now, freeze(event), sent)


def check(agent: Agent, now: float) -> bytes:
    """Return the entry of what the agent knows now."""
    return _packed("check", now, digest_of(agent, now))


def entries(pieces: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the entries of a recording, the header first; a last one that was cut off is left out.

    Raises:
        RecordingError: it is none, or is damaged.
    """
    values = _unpacked(pieces)
    yield _header(next(values, None))
    for number, value in enumerate(values, start=2):
        yield _entry(value, number)


def _packed(*fields: object) -> bytes:
    return bytes(msgpack.packb(fields))


def _unpacked(pieces: Iterable[bytes]) -> Iterator[Any]:
    unpacker = msgpack.Unpacker(
        max_buffer_size=2 * STATE_BYTES_MAX,
        max_bin_len=STATE_BYTES_MAX,
        max_array_len=SENT_MAX,
        max_map_len=0,
    )
    try:
        for piece in pieces:
            unpacker.feed(piece)
            yield from unpacker
    except (ValueError, msgpack.UnpackException) as error:
        raise RecordingError(
            f"the file is damaged or no recording: {error or type(error).__name__}"
        ) from error


def _header(value: object) -> Header:
    match value:
        case [str(magic), int(form), *_] if magic == MAGIC and form != FORMAT:
            raise RecordingError(f"a recording of format {form}; this vacnet reads format {FORMAT}")
        case [str(magic), int(), str(version), str(factory), str(space), float(wall)] if magic == MAGIC:
            return Header(version=version, factory=factory, space=space, wall=wall)
    raise RecordingError("the file is no recording of `vacnet gossip record`, or is empty")


def _entry(value: Any, number: int) -> Entry:
    kind, *fields = value if isinstance(value, list) and value else [None]
    made, *types = _ENTRIES.get(kind if isinstance(kind, str) else None, (None,))
    try:
        if made is not None and list(map(type, fields)) == types:
            entry: Entry = made(*fields)
            return entry
    except (TypeError, ValueError) as error:
        raise RecordingError(f"entry {number}, a {kind}: what was sent is not bytes and where to") from error
    words = f"entry {number}: {str(kind)[:20]!r} with {len(fields)} fields; expected one of {[*_ENTRIES]}"
    raise RecordingError(words)


def _datagram(now: float, data: bytes, ip: str, port: int, sent: Sequence[Any]) -> Told:
    return Told(now, DatagramReceived(data, (ip, port)), _sent(sent))


def _event(now: float, frozen: bytes, sent: Sequence[Any]) -> Told:
    return Told(now, frozen, _sent(sent))


def _sent(sent: Sequence[Any]) -> Sent:
    return tuple((data, (ip, port)) for data, ip, port in sent)


_ENTRIES: Final[dict[object, tuple[Any, ...]]] = {
    "state": (State, float, bytes),
    "datagram": (_datagram, float, bytes, str, int, list),
    "event": (_event, float, bytes, list),
    "check": (Check, float, bytes),
}
"""Kind to what is made of it, and the types of its fields."""
