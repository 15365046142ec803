"""Spans: how rows that arrive become knowledge, whatever is lost, doubled or out of order.

Rules of this file: a row of a higher version replaces one of a lower whole; the rest is ignored, so
applying is idempotent. A span that begins above the contiguous version would leave a gap: it is not
applied but held (`held`), and whoever sees one pulls. (Were its rows taken and its writer died, those who
have them and those who have not would differ for good, and each be sure to hold the same version.) Times
in a row are fixed at its first receipt and never moved: an age told later by a slower way would only be
worse.

At most 256 rows in one life. An owner that has to tell of one more begins a new life without those that
are gone (`announce`): so rows are dropped with a life and never within one, and no receiver is left with what
its owner has dropped. One that all the same tells of more loses here those that are longest gone. Leftovers
of the last life take none of that room, or a factory that starts with other targets than before would be
known by some of them only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from vacnet.space import coding
from vacnet.space.counters import Reject
from vacnet.space.kept import Came, RowChange
from vacnet.space.limits import FACTORY_NAME_BYTES_MAX, TARGET_NAME_BYTES_MAX, TARGETS_MAX, TEXT_BYTES_MAX
from vacnet.space.rows import TargetRow
from vacnet.space.seal import Rejected
from vacnet.space.table import Known
from vacnet.space.wire import WireFactory, WireTarget


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


class Applied(msgspec.Struct, gc=False):
    """What a span changed; a Struct, for every datagram makes one."""

    rows: dict[str, RowChange] = msgspec.field(default_factory=dict)
    """By target."""
    factory: bool = False

    @property
    def news(self) -> bool:
        """Return whether anything was new."""
        return self.factory or bool(self.rows)

    def add(self, later: Applied) -> None:
        """Add what a later span changed."""
        for target, change in later.rows.items():
            earlier = self.rows.get(target)
            self.rows[target] = RowChange(earlier.was, change.now) if earlier else change
        self.factory = self.factory or later.factory


def check(span: Span) -> None:
    """Refuse a span whose rows are not in it, or that bears texts no row may have.

    A row beyond its span would shut out what comes later; a text of 253 characters may have 1,012 bytes,
    and could not be passed on.

    Raises:
        Rejected: it is such a span.
    """
    if not span.start <= span.end <= span.latest:
        raise Rejected(Reject.DECODE)
    if (span.rows or span.factory is not None) and not (_are_inside(span) and _are_plain(span)):
        raise Rejected(Reject.DECODE)


def check_all(told: Iterable[Span]) -> None:
    """Refuse a message as a whole for one such span: what is refused has changed nothing.

    Raises:
        Rejected: one is such a span.
    """
    for span in told:
        check(span)


def _are_inside(span: Span) -> bool:
    versions = [row.version for row in span.rows]
    if span.factory is not None:
        versions.append(span.factory.version)
    return span.start < min(versions) and max(versions) <= span.end


def _are_plain(span: Span) -> bool:
    """Tell whether all texts are printable and within their bytes (characters, where all is ASCII)."""
    targets, openers = [row.target for row in span.rows], [row.window.opener for row in span.rows]
    of_factory = [span.factory.advertise, span.factory.software_version] if span.factory is not None else []
    holds = [row.hold for row in span.rows if row.hold is not None]
    authors, reasons = [hold.author for hold in holds], [hold.reason for hold in holds]
    together = "".join(targets + openers + of_factory + authors + reasons)
    if together.isascii() or not together.isprintable():
        return together.isprintable()
    bounded = (
        (targets, TARGET_NAME_BYTES_MAX),
        (openers, FACTORY_NAME_BYTES_MAX),
        (authors, FACTORY_NAME_BYTES_MAX),
        (of_factory + reasons, TEXT_BYTES_MAX),
    )
    return all(len(text.encode()) <= most for texts, most in bounded for text in texts)


def apply(known: Known, span: Span, now: float) -> Applied:
    """Merge a checked span of the same epoch into what is known of its factory, unless it leaves a gap."""
    applied = Applied()
    known.latest = max(known.latest, span.latest)
    if span.start > known.version:
        return applied
    versions, changes, keep = known.versions, applied.rows, known.targets.keep
    for row in span.rows:
        target, version = row.target, row.version
        before = versions.get(target, 0)
        if version > before and (before or make_room(known, target)):
            came = Came(row, now)
            changes[target] = RowChange(keep(target, came), came)
            versions[target] = version
    if span.factory is not None and span.factory.version > known.row_version:
        _put_factory(known, span.factory, now)
        applied.factory = True
    if known.version < span.end:
        known.version = span.end
        _drop_leftovers(known, applied)
    return applied


def make_room(known: Known, target: str) -> bool:
    """Return whether there is room for the target's row, dropping the longest gone if need be."""
    if target in known.versions:
        return True
    if len(known.versions) >= TARGETS_MAX and not _drop_a_gone(known):
        return False
    return target in known.targets or len(known.targets) < 2 * TARGETS_MAX


def _drop_a_gone(known: Known) -> bool:
    gone = [name for name in known.versions if known.targets[name].gone]
    if not gone:
        return False
    oldest = min(gone, key=lambda name: (known.versions[name], name))
    del known.targets[oldest], known.versions[oldest]
    return True


def _put_factory(known: Known, wire: WireFactory, now: float) -> None:
    known.row = coding.factory_from_wire(wire, known.name, now)
    known.row_version = wire.version
    known.departed_at = coding.time_or_none(wire.departed_age, now)


def _drop_leftovers(known: Known, applied: Applied) -> None:
    """Drop the rows of its last life once those of this one are complete."""
    if known.version < known.latest or len(known.versions) == len(known.targets):
        return
    for name in [name for name in known.targets if name not in known.versions]:
        row = known.targets.pop(name)
        applied.rows[name] = RowChange(row, TargetRow(target=name, window=row.window, gone=True))
