"""The summary in words: what the space did, from the records of its factories and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tools.demo.audit import Told, disagreements, probes_by_window
from tools.demo.books import Books
from tools.demo.story import WORKER

OUTCOMES = ("ok", "nowork", "error", "neutral")
_TITLES = {"nowork": "no work"}


def summary(books: Books, told: Told, tiles: str) -> list[str]:
    """Return what the space did, line by line."""
    return [*_table(books), "", *_words(books, told, tiles)]


def verdict(books: Books, told: Told, failure: str) -> tuple[list[str], bool]:
    """Return whether all agrees, in words and as a truth; `failure` is what the story could not show."""
    wrong = [f"DISAGREES: {line}" for line in disagreements(books, WORKER, told)]
    wrong += [f"FAILED: {failure}"] if failure else []
    return wrong or ["Machines, outcomes and the queue's takers agree."], not wrong


def _table(books: Books) -> Iterator[str]:
    kinds = (_TITLES.get(kind, kind) for kind in OUTCOMES)
    titles = ["target", "made", f"on factory 1-{len(books.factories)}", *kinds, "CPU s"]
    rows = [_row(books, target) for target in sorted({machine.target for machine in books.machines})]
    widths = [max(len(row[k]) for row in (titles, *rows)) for k in range(len(titles))]
    for row in (titles, *rows):
        numbers = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *numbers])


def _row(books: Books, target: str) -> list[str]:
    machines = [machine for machine in books.machines if machine.target == target]
    by_factory = Counter(machine.factory for machine in machines)
    by_outcome = Counter(machine.outcome for machine in machines)
    seconds = sum(machine.cpu_seconds for machine in machines)
    return [
        target,
        str(len(machines)),
        " ".join(str(by_factory[name]) for name in books.factories),
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
    yield from _errors(books)


def _windows(books: Books) -> Iterator[str]:
    probes = probes_by_window(books)
    for target in sorted({target for target, _, _ in probes}):
        counts = [len(found) for (of, _, _), found in probes.items() if of == target]
        yield f"{target}: {_plural(len(counts), 'window')}, {_probes(counts)}."


def _probes(counts: Sequence[int]) -> str:
    if max(counts) == 1:
        return "one probe in each"
    return f"one probe at a time in each ({sum(counts)} in all: a broken probe gives its ticket back)"


def _errors(books: Books) -> Iterator[str]:
    """Yield a line for each kind of error: where it was, and where the same target went well."""
    errors = Counter(
        (machine.target, machine.factory, f"{machine.code} {machine.text}")
        for machine in books.machines
        if machine.outcome == "error"
    )
    for (target, factory, message), count in sorted(errors.items()):
        well = {one.factory for one in books.machines if one.target == target and one.outcome == "ok"}
        others = _plural(len(well - {factory}), "other factory", "other factories")
        yield f'{target} failed {_plural(count, "time")} on {factory} ("{message}"), and ran on {others}.'


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"
