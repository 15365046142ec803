"""Pages: a factory's rows cut by bytes into spans that each fit into a datagram.

Rules of this file: rows go in ascending version; a page says (start, end] and holds every row whose
newest version is in it; the next page starts where it ends, so pages may be lost and pulled one by one.
Cut by bytes and never by count: with long names six rows fill a datagram, with short ones twenty. And cut
when it is asked for: who takes but the first page of 256 rows has not paid for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def pages(known: Known, start: int, now: float, room: int) -> Iterator[Page]:
    """Yield the pages from `start` up to its contiguous version; one at least, with no row if none."""
    page, used = Page(start, start, known.version), 0
    for row in _rows_after(known, start, now):
        size = len(encode(row))
        if used and used + size > room:
            yield page
            page, used = Page(page.end, page.end, known.version), 0
        page.take(row)
        used += size
    page.end = known.version
    yield page


def origins(known: Known, start: int, counter: int, now: float) -> Iterator[Origin]:
    """Yield the pages as they are told of by another, or by the factory itself in answer to a pull."""
    ip, port = known.address or ("", 0)
    seen = coding.bounded(counter, (1 << 64) - 1), coding.bounded(known.silence(now) * 10)
    who, latest = (known.name, known.epoch), known.version
    empty = Origin(*who, start, latest, latest, *seen, ip, port, None, [])
    for page in pages(known, start, now, ANNOUNCE_ROOM - len(encode(empty))):
        yield Origin(*who, page.start, page.end, latest, *seen, ip, port, page.factory, page.rows)


def packed(of: Iterable[Origin]) -> Iterator[list[Origin]]:
    """Yield the origins in groups that each fit into a datagram."""
    group: list[Origin] = []
    used = 0
    for origin in of:
        size = len(encode(origin))
        if group and used + size > ANNOUNCE_ROOM:
            yield group
            group, used = [], 0
        group.append(origin)
        used += size
    if group:
        yield group


def _rows_after(known: Known, start: int, now: float) -> Iterator[WireFactory | WireTarget]:
    after = [(known.row_version, "")] if start < known.row_version <= known.version else []
    after += [(at, target) for target, at in known.versions.items() if start < at <= known.version]
    for version, target in sorted(after):
        if target:
            yield known.targets.told(target, version, now)
        else:
            yield coding.factory_to_wire(known.row, version, known.departed_at, now)
