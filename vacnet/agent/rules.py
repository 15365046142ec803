"""By which version of the rules this factory decides: the lowest that a live one tells (DESIGN section 6).

Rules of this file: a factory tells the newest version it has and follows the lowest that anybody live tells:
so a space changes its rules at one moment, when the last of it was updated. Who is silent or has left decides
nothing and holds nobody back; nor does one of which no row has come yet.

`BY_VERSION` is where a version becomes what decides. A second rule is a second row of it, and the release
that brings one carries the one before, so that hosts can be updated one after the other. Where the space
follows a version that this release has no more, the oldest that it has stands in and everybody who looks is
told whom to update: a space that shares by two rules is better than one that stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from vacnet.agent.board import Board
from vacnet.agent.neighbours import Neighbours
from vacnet.decide.reasons import Decision, Reason
from vacnet.space.table import Known

BY_VERSION: Mapping[int, Callable[[Board, tuple[Reason, ...], float], Decision]] = {1: Board.review}

NOBODY_TOLD = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What live factories tell."""

    lowest: int
    """By this the space decides."""
    highest: int


def newest() -> int:
    """Return the version that a factory of this release tells."""
    return max(BY_VERSION)


def told_by(live: Iterable[Known]) -> Told:
    """Return what the rows of these factories tell."""
    found = {known.row.rule_version for known in live if known.row_version} or {NOBODY_TOLD}
    return Told(min(found), max(found))


class Rules:
    """Has a board decide by the rules of its space, and knows which these are."""

    def __init__(self) -> None:
        """Begin without a look."""
        self._around: Neighbours | None = None
        self._told = Told(NOBODY_TOLD, NOBODY_TOLD)

    def heard(self, known: Known | None) -> None:
        """Note that a factory says something else of itself; mostly all tell one version, and it the same."""
        version = known.row.rule_version if known is not None else NOBODY_TOLD
        if self._told != Told(version, version):
            self._around = None

    def decide(self, board: Board, vetoes: tuple[Reason, ...], now: float) -> Decision:
        """Return the decision of the board."""
        around = board.outlook.around(now)
        if around is not self._around:
            live = [one.known for one in around.all if one.live]
            self._around, self._told = around, told_by([board.table.me, *live])
        return BY_VERSION[followed(self._told.lowest, BY_VERSION)](board, vetoes, now)


def followed(lowest: int, carried: Collection[int]) -> int:
    """Return the version by which a factory decides that carries these."""
    return max((one for one in carried if one <= lowest), default=min(carried))


def note(version: int, told: Told) -> str:
    """Return what is to be said of a live factory that tells this version; empty: nothing."""
    if version >= told.highest:
        return ""
    holds = ", and so does the space" if version == told.lowest else ""
    return f"decides by rule {version}{holds}; others have {told.highest}: update it"


def trouble(lowest: int) -> str:
    """Return why this release cannot decide as its space does; empty: it can."""
    if lowest in BY_VERSION:
        return ""
    has = ", ".join(map(str, sorted(BY_VERSION)))
    return f"the space decides by rule {lowest} and this release has only {has}: update the others"
