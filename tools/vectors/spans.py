"""Stories about rows: what a receiver holds after spans came in order or not, twice, or of another life.

Rules of this file: the peer tells of itself by ANN and of a third factory by ROWS; what is held in the end
is written down by hand, and the engine has to agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.vectors import scene
from tools.vectors.story import NEW, PEER, TAKEN, Held, Step, Story, after_proof, row
from vacnet.space.counters import Reject
from vacnet.space.limits import FORGET_SECONDS
from vacnet.space.wire import Type

THIRD: Final = "factory3.example.org"
FIRST_LIFE: Final = 100
LATER_LIFE: Final = 200
TOO_OLD: Final = int(FORGET_SECONDS) * 10 + 10
"""Deciseconds."""

Rows = Mapping[str, int]


def stories() -> list[Story]:
    """Return all of them."""
    return [*_spans(), *_lives(), *_hearsay()]


def _spans() -> Iterator[Story]:
    first, second = _announce(1, 0, 2, {"a": 1, "b": 2}), _announce(2, 2, 3, {"a": 3})
    both = _peer(3, {"a": 3, "b": 2})
    yield after_proof("two spans in order", first, second, then=both)
    yield after_proof("a span that leaves a gap is not applied", second, then=_peer(0, {}))
    yield after_proof("it is held until the gap is closed", second, first, then=both)
    again = _announce(3, 0, 2, {"a": 1, "b": 2})
    yield after_proof("what is told again changes nothing", first, second, again, then=both)
    wide = _announce(2, 1, 3, {"b": 2, "a": 3})
    yield after_proof("spans that overlap", first, wide, then=both)
    beat = _announce(2, 2, 2, {})
    yield after_proof("a beat of the version that is held", first, beat, then=_peer(2, {"a": 1, "b": 2}))
    later = _announce(2, 7, 7, {})
    yield after_proof("a beat of a later version", first, later, then=_peer(2, {"a": 1, "b": 2}))


def _lives() -> Iterator[Story]:
    old = _told(1, FIRST_LIFE, 0, 2, {"a": 1, "b": 2})
    begins, ends = _told(2, LATER_LIFE, 0, 1, {"a": 1}, 2), _told(3, LATER_LIFE, 1, 2, {"c": 2}, 2)
    half = {THIRD: Held(LATER_LIFE, 1, {"a": 1, "b": 0})}
    yield after_proof(
        "a later life begins: its rows are not all there, so the rest stays", old, begins, then=half
    )
    whole = {THIRD: Held(LATER_LIFE, 2, {"a": 1, "c": 2})}
    yield after_proof(
        "its rows are all there: what is left of the last life goes", old, begins, ends, then=whole
    )
    late = _told(4, FIRST_LIFE, 2, 3, {"a": 3})
    yield after_proof("of an earlier life nothing is taken", old, begins, ends, late, then=whole)


def _hearsay() -> Iterator[Story]:
    silent = _told(1, FIRST_LIFE, 0, 1, {"a": 1}, age=TOO_OLD - 100)
    yield after_proof(
        "an unknown factory enters by hearsay", silent, then={THIRD: Held(FIRST_LIFE, 1, {"a": 1})}
    )
    forgotten = _told(1, FIRST_LIFE, 0, 1, {"a": 1}, age=TOO_OLD)
    yield after_proof("one that was not heard for a day does not", forgotten, then={})
    me = _told(1, scene.RECEIVER_EPOCH + 5, 0, 1, {"a": 1}, name=scene.RECEIVER)
    yield after_proof("nothing is taken about the receiver itself", me, then={})
    banned = _told(1, FIRST_LIFE, 0, 1, {"a": 1}, name=scene.EXCLUDED)
    yield after_proof("nor about who is excluded", banned, then={})
    good, bad = (_origin(1, FIRST_LIFE, 0, 1, {"a": version}) for version in (1, 2))
    mixed = Step(PEER.says(Type.ROWS, NEW + 1, [[good, bad], True]), Reject.DECODE)
    yield after_proof("a good span beside a bad one is refused with it", mixed, then={})
    cursor = _told(1, FIRST_LIFE, 0, 1, {"a": 1}, name="f\x1b[2J")
    yield after_proof("nor under a name that cannot be shown", cursor, then={})


def _peer(version: int, rows: Rows) -> dict[str, Held]:
    return {scene.SENDER: Held(scene.SENDER_EPOCH, version, rows)}


def _announce(number: int, start: int, end: int, rows: Rows) -> Step:
    body = [start, end, end, False, None, _rows(rows)]
    return Step(PEER.says(Type.ANN, NEW + number, body), TAKEN)


def _told(number: int, *span: Any, age: int = 10, name: str = THIRD) -> Step:
    """Return a ROWS about a third factory."""
    origin = _origin(number, *span, age=age, name=name)
    return Step(PEER.says(Type.ROWS, NEW + number, [[origin], True]), TAKEN)


def _origin(
    counter: int,
    epoch: int,
    start: int,
    end: int,
    rows: Rows,
    latest: int = 0,
    *,
    age: int = 10,
    name: str = THIRD,
) -> list[Any]:
    versions = [start, end, max(end, latest)]
    return [name, epoch, *versions, counter, age, "192.0.2.3", 8885, None, _rows(rows)]


def _rows(rows: Rows) -> list[Any]:
    return [row(target=target, version=version) for target, version in rows.items()]
