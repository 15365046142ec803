"""Kept rows: as they came, with the moment of their coming; read when somebody looks, told on as they are.

Rules of this file: a row that came is turned into times on my clock at most once, and only if anybody asks
for it. Most are never asked for: another factory's row of a target that is not offered here, one that a
newer one replaces before the board is looked at. Reading costs three times what taking one in does.

The moment is kept beside the row, so it does not matter to its times when it is read, and whoever pulls it
is told what came with its ages grown by what has passed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping

import msgspec

from vacnet.space import coding
from vacnet.space.rows import TargetRow
from vacnet.space.wire import WireTarget


class Came(msgspec.Struct, gc=False):
    """A row as it came."""

    wire: WireTarget
    at: float
    """When, on my clock."""
    _row: TargetRow | None = None

    def read(self) -> TargetRow:
        """Return it on my clock; the same value every time."""
        if self._row is None:
            self._row = coding.target_from_wire(self.wire, self.at)
        return self._row

    def retold(self, now: float) -> WireTarget:
        """Return what is told of it now."""
        passed = coding.age(self.at, now)
        return coding.aged(self.wire, passed) if passed else self.wire


class RowChange(msgspec.Struct, gc=False):
    """A row and the one that it replaced, None the first time; each read when it is looked at."""

    was: Came | TargetRow | None
    now: Came | TargetRow

    @property
    def before(self) -> TargetRow | None:
        """Return what stood there, read."""
        return self.was.read() if isinstance(self.was, Came) else self.was

    @property
    def after(self) -> TargetRow:
        """Return what stands there, read."""
        return self.now.read() if isinstance(self.now, Came) else self.now

    @property
    def digest(self) -> bytes:
        """Return what the new row says of the target's definition, without reading the rest."""
        return self.now.wire.digest if isinstance(self.now, Came) else self.now.digest


class Kept(MutableMapping[str, TargetRow]):
    """The rows of one factory by target, in the order in which they were first kept."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        """Begin with none."""
        self._rows: dict[str, Came | TargetRow] = {}

    def keep(self, target: str, came: Came) -> Came | TargetRow | None:
        """Keep a target's row as it came; return what stood there before."""
        before, self._rows[target] = self._rows.get(target), came
        return before

    def find(self, target: str) -> TargetRow | None:
        """Return a row, read; None when there is none."""
        row = self._rows.get(target)
        return row.read() if isinstance(row, Came) else row

    def told(self, target: str, version: int, now: float) -> WireTarget:
        """Return a row of this version as it is told now."""
        row = self._rows[target]
        return row.retold(now) if isinstance(row, Came) else coding.target_to_wire(row, version, now)

    def __getitem__(self, target: str) -> TargetRow:
        """Return a row, read."""
        row = self._rows[target]
        return row.read() if isinstance(row, Came) else row

    def __setitem__(self, target: str, row: TargetRow) -> None:
        """Keep a row that is of my clock already."""
        self._rows[target] = row

    def __delitem__(self, target: str) -> None:
        """Drop a row."""
        del self._rows[target]

    def __contains__(self, target: object) -> bool:
        """Return whether there is a row, without reading it."""
        return target in self._rows

    def __iter__(self) -> Iterator[str]:
        """Yield the targets."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows)


def of_all(factories: Iterable[Kept], target: str) -> list[TargetRow | None]:
    """Return every one's row of a target, read; the same as to `find` each, for there may be thousands."""
    rows = [kept._rows.get(target) for kept in factories]  # noqa: SLF001 (of this file)
    return [row.read() if isinstance(row, Came) else row for row in rows]
