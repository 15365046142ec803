"""A recording lived through again: the same agent is told the same, and has to send and know the same.

Rules of this file: nothing is sent and nothing is made; time is the recording's. The first difference is
told with its place; driving on after it would only tell what follows from it. What broke the agent then
breaks it again, and it goes on as it went on then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vacnet.agent import recording
from vacnet.agent.agent import Agent
from vacnet.agent.events import DatagramReceived
from vacnet.agent.frozen import Secrets, thaw
from vacnet.agent.recording import Check, Entry, Header, RecordingError, State, Told


class DivergedError(Exception):
    """The agent did not do what it did then; the text says where and what."""


@dataclass(slots=True)
class Replayed:
    """What was lived through."""

    header: Header
    agent: Agent
    begun: float
    now: float
    """Monotonic seconds of the recorded host."""
    counts: Counter[str] = field(default_factory=Counter)
    """`datagrams`, `events`, `sent`, `checks`, `broken`."""

    @property
    def seconds(self) -> float:
        """Return how long it took then."""
        return self.now - self.begun

    @property
    def wall(self) -> float:
        """Return the Unix time of the recorded host at `now`."""
        return self.header.wall + self.seconds


def replay(entries: Iterable[Entry], secrets: Secrets, version: str, until_seconds: float = 0.0) -> Replayed:
    """Drive the recorded agent anew, up to `until_seconds` after the begin (0: to the end).

    Args:
        entries: of `recording.entries`.
        secrets: by id, the keys that the factory had.
        version: of this vacnet.
        until_seconds: where to end.

    Raises:
        RecordingError: it cannot be replayed here.
        ThawError: a state or event in it is damaged.
        DivergedError: the agent does something else than it did.
    """
    walk = iter(entries)
    header = next(walk)
    if not isinstance(header, Header) or header.version != version:
        made_by = header.version if isinstance(header, Header) else "an unknown vacnet"
        raise RecordingError(
            f"it was made by vacnet {made_by} and only that can replay it; this is {version}"
        )
    replayed = _begun(header, next(walk, None), secrets)
    for number, entry in _until(walk, replayed.begun, until_seconds):
        _STEPS[type(entry)](replayed, entry, number, secrets)
        replayed.now = getattr(entry, "now", replayed.now)
    return replayed


def _begun(header: Header, entry: Entry | None, secrets: Secrets) -> Replayed:
    agent = thaw(entry.frozen, secrets, header.space) if isinstance(entry, State) else None
    if not isinstance(agent, Agent) or not isinstance(entry, State):
        raise RecordingError("the recording ends before it begins: it holds no state of an agent")
    return Replayed(header, agent, entry.now, entry.now)


def _until(walk: Iterator[Entry], begun: float, seconds: float) -> Iterator[tuple[int, Entry]]:
    """Yield the entries with their numbers, the third first."""
    for number, entry in enumerate(walk, start=3):
        if seconds and getattr(entry, "now", begun) > begun + seconds:
            return
        yield number, entry


def _told(replayed: Replayed, entry: Told, number: int, secrets: Secrets) -> None:
    received = isinstance(entry.event, DatagramReceived)
    space = replayed.header.space
    event = entry.event if isinstance(entry.event, DatagramReceived) else thaw(entry.event, secrets, space)
    replayed.counts["datagrams" if received else "events"] += 1
    try:
        replayed.agent.handle(event, entry.now)
        sent = recording.sends_of(replayed.agent.effects())
    except Exception:  # noqa: BLE001 (it broke then too, or what it sends differs from now on)
        replayed.counts["broken"] += 1
        sent = ()
    replayed.counts["sent"] += len(sent)
    if sent != entry.sent:
        what = f"{type(event).__name__} at {entry.now - replayed.begun:.3f} s"
        raise DivergedError(f"entry {number}, {what}: {_difference(entry.sent, sent)}")


def _difference(then: recording.Sent, now: recording.Sent) -> str:
    place = next((n for n, pair in enumerate(zip(then, now, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return f"{len(then)} datagrams were sent then, {len(now)} now"
    (data, address), (data_now, address_now) = then[place], now[place]
    return f"datagram {place} was {data.hex()} to {address}, and is {data_now.hex()} to {address_now}"


def _check(replayed: Replayed, entry: Check, number: int, _secrets: Secrets) -> None:
    replayed.counts["checks"] += 1
    if recording.digest_of(replayed.agent, entry.now) != entry.digest:
        at = entry.now - replayed.begun
        raise DivergedError(
            f"entry {number}, the check at {at:.3f} s: the agent knows something else than then"
        )


def _misplaced(_replayed: Replayed, entry: Entry, number: int, _secrets: Secrets) -> None:
    raise RecordingError(f"entry {number}: a {type(entry).__name__.lower()} in the midst of a recording")


_STEPS: dict[type, Callable[[Replayed, Any, int, Secrets], None]] = {
    Told: _told,
    Check: _check,
    Header: _misplaced,
    State: _misplaced,
}
