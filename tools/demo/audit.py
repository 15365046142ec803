"""Whether the records agree with the queue and with the promises: what does not is said in words.

Rules of this file: pure. Machines, outcomes and takers are counted as sets of UUIDs, not as numbers, so
two faults cannot cancel each other. The promise held here is DESIGN section 7's: of a window's
ticket there is at most one unfinished machine in the whole space at any time.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tools.demo.books import Books, Machine

PROBE = 0
"""The ticket of a window that needs no proof."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the queue saw of its workers."""

    takers: frozenset[str]
    """Machines that got at least one tile."""
    turned_away: frozenset[str]
    """Machines that asked in vain at least once."""


def disagreements(books: Books, worker: str, told: Told) -> list[str]:
    """Return a line for each thing that does not agree; `worker` is the target that uses the queue."""
    return [
        *_queue_against_records(books, worker, told),
        *_without_outcome(books),
        *_unaccounted(books),
        *_doubled_probes(books),
    ]


def _queue_against_records(books: Books, worker: str, told: Told) -> Iterator[str]:
    """Compare machine by machine: one that got work and was ended in mid-work is an error or neutral."""
    ended: dict[str, set[str]] = defaultdict(set)
    for machine in books.machines:
        if machine.target == worker:
            ended[machine.outcome].add(machine.uuid)
    broken = ended["error"] | ended["neutral"]
    in_vain = told.turned_away - told.takers
    yield from _differ("ended ok", ended["ok"] - broken, "got work", told.takers - broken)
    yield from _differ("ended without work", ended["nowork"], "were turned away", in_vain - broken)


def _differ(one: str, ours: AbstractSet[str], other: str, theirs: AbstractSet[str]) -> Iterator[str]:
    if ours != theirs:
        yield f"{len(ours)} machines {one}, {len(theirs)} {other}, {len(ours ^ theirs)} only one of both"


def _without_outcome(books: Books) -> Iterator[str]:
    missing = [machine for machine in books.machines if machine.state != "ended" or not machine.outcome]
    if missing:
        yield f"{len(missing)} machines have no outcome, among them {missing[0].uuid} ({missing[0].target})"


def _unaccounted(books: Books) -> Iterator[str]:
    uuids = [machine.uuid for machine in books.machines]
    if len(set(uuids)) != len(uuids):
        yield "a machine stands in two records"
    if set(uuids) != books.accounted:
        yield f"{len(uuids)} machines in the records, {len(books.accounted)} in accounting"


def _doubled_probes(books: Books) -> Iterator[str]:
    for (target, number, _), probes in probes_by_window(books).items():
        for earlier, later in itertools.pairwise(probes):
            if later.created < earlier.created + (earlier.lived_seconds or 0.0):
                yield f"window {number} of {target} was probed by two machines at once"


def probes_by_window(books: Books) -> Mapping[tuple[str, int, str], list[Machine]]:
    """Return the machines on ticket 0 by target, window and its opener, in the order of their creation."""
    found: dict[tuple[str, int, str], list[Machine]] = defaultdict(list)
    for machine in sorted(books.machines, key=lambda machine: machine.created):
        if machine.ticket == PROBE:
            found[machine.target, machine.window_number, machine.window_opener].append(machine)
    return found
