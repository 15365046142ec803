"""Shares: which of the targets that could start now is chosen.

Rules of this file: pure, randomness is passed in, and what was drawn is told. A target is drawn with a
chance in proportion to what it lacks, never by taking the neediest: with rows that are a moment old, all
factories would take the same one together (Mitzenmacher 2000, Dahlin 2000). What it lacks is measured
against what runs plus what is free soon: the room that will be filled before the rows are fresh again,
two machines of each factory at most, because it chooses once a second. Of all free room a space that
fills would put right only at the end what chance did at the beginning; of less it would herd.

Deviation from Vac 3: a group's due is the sum of its members' shares and its running processors are
summed before dividing (Vac divided first and gave a group of k members 1/k of its due).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

CHOICES_AHEAD = 2
"""Machines that a factory may start before what it starts is known to all: one a second, told within two."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A target that could start here now."""

    target: str
    group: str
    share: float
    running: float
    """Processors x weight of its running and starting machines and claims, over the space."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a target lacks of its due, in processors x weight: the weight of its lot."""

    target: str
    group: str
    share: float
    due: float
    running: float
    weight: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One draw among targets that could start: all that is needed to draw again with a pencil."""

    lots: tuple[Lack, ...]
    running: float
    """Processors x weight that the contenders' machines have in the whole space."""
    free: float
    """The same, free soon in the whole space."""
    mark: float
    """0 to 1: what was drawn. The lots stand side by side in their order, each as long as its weight."""
    chosen: str


def free_soon(processors: int, size: int) -> int:
    """Return what of a factory's free processors can be filled soon by machines of `size` processors."""
    return max(0, min(processors, CHOICES_AHEAD * size))


def lacks(contenders: Sequence[Contender], running: float, free: float) -> tuple[Lack, ...]:
    """Return each contender's chance as a weight; shares are renormalised over the contenders.

    Args:
        contenders: targets that could start now.
        running: processors x weight that the contenders' machines have in the whole space.
        free: processors x weight free soon in the whole space, this factory's included.
    """
    total = sum(c.share for c in contenders)
    dues = {c.target: c.share / total * (running + free) if total else 0.0 for c in contenders}
    groups = _groups(contenders)
    group_weights = {name: _group_lack(members, dues) for name, members in groups.items()}
    if not any(group_weights.values()):
        group_weights = {name: sum(c.share for c in members) for name, members in groups.items()}
    return tuple(
        Lack(
            target=c.target,
            group=c.group,
            share=c.share,
            due=dues[c.target],
            running=c.running,
            weight=group_weights[c.group] * _part(c, groups[c.group], dues),
        )
        for c in contenders
    )


def draw(contenders: Sequence[Contender], running: float, free: float, rng: Random) -> Choice:
    """Draw one of the contenders by what each lacks; see `lacks` for the arguments."""
    lots, mark = lacks(contenders, running, free), rng.random()
    return Choice(lots, running, free, mark, choose(lots, mark))


def choose(lots: Sequence[Lack], mark: float) -> str:
    """Return the target whose lot lies at `mark` (0 to 1) of all lots; empty without a contender."""
    total = sum(lot.weight for lot in lots)
    if total <= 0:
        return lots[0].target if lots else ""
    mark *= total
    for lot in lots:
        mark -= lot.weight
        if mark < 0:
            return lot.target
    return lots[-1].target


def _groups(contenders: Sequence[Contender]) -> Mapping[str, list[Contender]]:
    groups: dict[str, list[Contender]] = {}
    for contender in contenders:
        groups.setdefault(contender.group, []).append(contender)
    return groups


def _group_lack(members: Sequence[Contender], dues: Mapping[str, float]) -> float:
    return max(0.0, sum(dues[c.target] for c in members) - sum(c.running for c in members))


def _part(contender: Contender, members: Sequence[Contender], dues: Mapping[str, float]) -> float:
    """Return the chance of a member within its group."""
    weights = [max(0.0, dues[c.target] - c.running) for c in members]
    if not any(weights):
        weights = [c.share for c in members]
    total = sum(weights)
    return weights[members.index(contender)] / total if total else 0.0
