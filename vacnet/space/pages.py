"""Pages: a factory's rows cut by bytes into spans that each fit into a datagram.

Rules of this file: rows go in ascending version; a page says (start, end] and holds every row whose
newest version is in it; the next page starts where it ends, so pages may be lost and pulled one by one.
Cut by bytes and never by count: with long names six rows fill a datagram, with short ones twenty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vacnet.space import coding
from vacnet.space.limits import BODY_BYTES_MAX
from vacnet.space.table import Known
from vacnet.space.wire import Origin, WireFactory, WireTarget, encode

ANNOUNCE_ROOM = BODY_BYTES_MAX - 28
"""What an Announce needs beside its rows: three versions, flags, heads of arrays."""


@dataclass(slots=True)
class Page:
    """Rows of one factory with versions in (start, end]."""

    start: int
    end: int
    latest: int
    factory: WireFactory | None = None
    rows: list[WireTarget] = field(default_factory=list)

    def take(self, row: WireFactory | WireTarget) -> None:
        """Add a row of a higher version."""
        self.end = row.version
        if isinstance(row, WireFactory):
            self.factory = row
        else:
            self.rows.append(row)


def pages(known: Known, start: int, now: float, room: int) -> list[Page]:
    """Return the pages from `start` up to its contiguous version; one at least, with no row if none."""
    cut = [Page(start, start, known.version)]
    used = 0
    for row in _rows_after(known, start, now):
        size = len(encode(row))
        if used and used + size > room:
            cut.append(Page(cut[-1].end, cut[-1].end, known.version))
            used = 0
        cut[-1].take(row)
        used += size
    cut[-1].end = known.version
    return cut


def origins(known: Known, start: int, counter: int, now: float) -> list[Origin]:
    """Return the pages as they are told of by another, or by the factory itself in answer to a pull."""
    ip, port = known.address or ("", 0)
    seen = coding.bounded(counter, (1 << 64) - 1), coding.bounded(known.silence(now) * 10)
    who, latest = (known.name, known.epoch), known.version
    empty = Origin(*who, start, latest, latest, *seen, ip, port, None, [])
    return [
        Origin(*who, page.start, page.end, latest, *seen, ip, port, page.factory, page.rows)
        for page in pages(known, start, now, ANNOUNCE_ROOM - len(encode(empty)))
    ]


def packed(of: list[Origin]) -> list[list[Origin]]:
    """Return the origins in groups that each fit into a datagram."""
    groups: list[list[Origin]] = []
    used = BODY_BYTES_MAX
    for origin in of:
        size = len(encode(origin))
        if used + size > ANNOUNCE_ROOM:
            groups.append([])
            used = 0
        groups[-1].append(origin)
        used += size
    return groups


def _rows_after(known: Known, start: int, now: float) -> list[WireFactory | WireTarget]:
    rows: list[WireFactory | WireTarget] = [
        known.targets.told(target, version, now)
        for target, version in known.versions.items()
        if start < version <= known.version
    ]
    if start < known.row_version <= known.version:
        rows.append(coding.factory_to_wire(known.row, known.row_version, known.departed_at, now))
    return sorted(rows, key=lambda row: row.version)
