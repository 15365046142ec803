"""The summary in words: what the space did, from the records of its factories and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tools.demo.audit import Told, disagreements, probes_by_window
from tools.demo.books import Books, Machine
from tools.demo.story import FAULTY, WORKER

OUTCOMES = ("ok", "nowork", "error", "neutral")
_TITLES = {"nowork": "no work"}


def summary(books: Books, told: Told, tiles: str, failure: str = "") -> tuple[list[str], bool]:
    """Return the lines to print, and whether everything agrees and nothing failed before."""
    wrong = disagreements(books, WORKER, told)
    lines = [*_table(books), "", *_words(books, told, tiles), *_verdict(wrong)]
    return [*lines, *([f"FAILED: {failure}"] if failure else [])], not wrong and not failure


def _table(books: Books) -> Iterator[str]:
    short = [name.split(".")[0] for name in books.factories]
    titles = ["machines of", *short, "all", *(_TITLES.get(kind, kind) for kind in OUTCOMES), "CPU s"]
    rows = [_row(books, target) for target in sorted({machine.target for machine in books.machines})]
    widths = [max(len(row[k]) for row in (titles, *rows)) for k in range(len(titles))]
    for row in (titles, *rows):
        yield "  ".join(
            _cell(text, width, k) for k, (text, width) in enumerate(zip(row, widths, strict=True))
        )


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def _row(books: Books, target: str) -> list[str]:
    machines = [machine for machine in books.machines if machine.target == target]
    by_factory = Counter(machine.factory for machine in machines)
    by_outcome = Counter(machine.outcome for machine in machines)
    seconds = sum(machine.cpu_seconds for machine in machines)
    return [
        target,
        *(str(by_factory[name]) for name in books.factories),
        str(len(machines)),
        *(str(by_outcome[kind]) for kind in OUTCOMES),
        f"{seconds:.1f}",
    ]


def _words(books: Books, told: Told, tiles: str) -> Iterator[str]:
    ended = sum(machine.state == "ended" for machine in books.machines)
    yield f"{len(books.machines)} machines were made and {ended} outcomes recorded."
    yield (
        f"The queue gave work to {len(told.takers)} machines, {tiles}; "
        f"{len(told.turned_away - told.takers)} found it empty."
    )
    yield from _windows(books)
    yield from _blame([machine for machine in books.machines if machine.target == FAULTY])


def _windows(books: Books) -> Iterator[str]:
    probes = probes_by_window(books)
    for target in sorted({target for target, _, _ in probes}):
        counts = [len(found) for (of, _, _), found in probes.items() if of == target]
        yield f"{target}: {_plural(len(counts), 'window')}, {_probes(counts)}."


def _probes(counts: Sequence[int]) -> str:
    if max(counts) == 1:
        return "one probe in each"
    return f"one probe at a time in each ({sum(counts)} in all: a broken probe gives its ticket back)"


def _blame(faulty: Sequence[Machine]) -> Iterator[str]:
    failed = Counter(machine.factory for machine in faulty if machine.outcome == "error")
    if failed:
        where = ", ".join(f"{count} times on {name}" for name, count in failed.items())
        well = len({machine.factory for machine in faulty if machine.outcome == "ok"})
        yield f"{FAULTY} failed {where}, and ran on {_plural(well, 'other factory', 'other factories')}."


def _verdict(wrong: Sequence[str]) -> Iterator[str]:
    if not wrong:
        yield "Machines, outcomes and the queue's takers agree."
    for line in wrong:
        yield f"DISAGREES: {line}"


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"
