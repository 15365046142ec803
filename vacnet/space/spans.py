"""Spans: how rows that arrive become knowledge, whatever is lost, doubled or out of order.

Rules of this file: a row of a higher version replaces one of a lower whole; the rest is ignored, so
applying is idempotent. A span that begins above the contiguous version would leave a gap: it is not
applied but held (`held`), and whoever sees one pulls. (Were its rows taken and its writer died, those who
have them and those who have not would differ for good, and each be sure to hold the same version.) Times
in a row are fixed at its first receipt and never moved: an age told later by a slower way would only be
worse.

At most 256 rows: one more makes room by dropping the row of a target no longer offered that is longest
gone. The owner follows the same rule, so all drop the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from vacnet.space import coding
from vacnet.space.counters import Reject
from vacnet.space.limits import FACTORY_NAME_BYTES_MAX, TARGET_NAME_BYTES_MAX, TARGETS_MAX, TEXT_BYTES_MAX
from vacnet.space.rows import TargetRow
from vacnet.space.seal import Rejected
from vacnet.space.table import Known
from vacnet.space.wire import WireFactory, WireTarget, plain


class Span(Protocol):
    """All rows of one factory whose newest version is in (start, end]: an Announce or an Origin."""

    @property
    def start(self) -> int:
        """Return the version below the span."""

    @property
    def end(self) -> int:
        """Return the highest version of the span."""

    @property
    def latest(self) -> int:
        """Return the version up to which the teller has all rows."""

    @property
    def factory(self) -> WireFactory | None:
        """Return the factory's own row, if it is in the span."""

    @property
    def rows(self) -> list[WireTarget]:
        """Return the targets' rows."""


@dataclass(slots=True)
class Applied:
    """What a span changed."""

    rows: list[tuple[TargetRow | None, TargetRow]] = field(default_factory=list)
    factory: bool = False

    @property
    def news(self) -> bool:
        """Return whether anything was new."""
        return self.factory or bool(self.rows)

    def add(self, later: Applied) -> None:
        """Add what a later span changed."""
        self.rows += later.rows
        self.factory = self.factory or later.factory


def check(span: Span) -> None:
    """Refuse a span whose rows are not in it, or that bears texts no row may have.

    A row beyond its span would shut out what comes later; a text of 253 characters may have 1,012 bytes,
    and could not be passed on.

    Raises:
        Rejected: it is such a span.
    """
    versions = [row.version for row in span.rows]
    if span.factory is not None:
        versions.append(span.factory.version)
    if not span.start <= span.end <= span.latest or any(
        not span.start < version <= span.end for version in versions
    ):
        raise Rejected(Reject.DECODE)
    if not all(plain(text, most) for text, most in _texts(span)):
        raise Rejected(Reject.DECODE)


def check_all(told: Iterable[Span]) -> None:
    """Refuse a message as a whole for one such span: what is refused has changed nothing.

    Raises:
        Rejected: one is such a span.
    """
    for span in told:
        check(span)


def _texts(span: Span) -> Iterator[tuple[str, int]]:
    for row in span.rows:
        yield row.target, TARGET_NAME_BYTES_MAX
        yield row.window.opener, FACTORY_NAME_BYTES_MAX
    if span.factory is not None:
        yield span.factory.advertise, TEXT_BYTES_MAX
        yield span.factory.software_version, TEXT_BYTES_MAX


def apply(known: Known, span: Span, now: float) -> Applied:
    """Merge a checked span of the same epoch into what is known of its factory, unless it leaves a gap."""
    applied = Applied()
    known.latest = max(known.latest, span.latest)
    if span.start > known.version:
        return applied
    for row in span.rows:
        if row.version > known.versions.get(row.target, 0) and make_room(known, row.target):
            applied.rows.append((known.targets.get(row.target), _put(known, row, now)))
    if span.factory is not None and span.factory.version > known.row_version:
        _put_factory(known, span.factory, now)
        applied.factory = True
    if known.version < span.end:
        known.version = span.end
        applied.rows.extend(_drop_leftovers(known))
    return applied


def make_room(known: Known, target: str) -> bool:
    """Return whether there is room for the target's row, dropping the longest gone if need be."""
    if target in known.targets or len(known.targets) < TARGETS_MAX:
        return True
    gone = [name for name, row in known.targets.items() if row.gone]
    if not gone:
        return False
    oldest = min(gone, key=lambda name: (known.versions.get(name, 0), name))
    del known.targets[oldest]
    known.versions.pop(oldest, None)
    return True


def _put(known: Known, wire: WireTarget, now: float) -> TargetRow:
    row = coding.target_from_wire(wire, now)
    known.targets[wire.target] = row
    known.versions[wire.target] = wire.version
    return row


def _put_factory(known: Known, wire: WireFactory, now: float) -> None:
    known.row = coding.factory_from_wire(wire, known.name, now)
    known.row_version = wire.version
    known.departed_at = coding.time_or_none(wire.departed_age, now)


def _drop_leftovers(known: Known) -> list[tuple[TargetRow, TargetRow]]:
    """Drop the rows of its last life once those of this one are complete."""
    if known.version < known.latest or len(known.versions) == len(known.targets):
        return []
    left = [name for name in known.targets if name not in known.versions]
    rows = [known.targets.pop(name) for name in left]
    return [(row, TargetRow(target=row.target, window=row.window, gone=True)) for row in rows]
