"""Targets that somebody defined and this factory does not offer: which, and why, for whoever looks for them.

Rules of this file: pure. A bad entry of a pipe is left out alone; settings with a fault are refused whole,
and what was good before stands. Either way the words of the problem say where it stands and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vacnet.factory.messages.space import RefusedTarget
from vacnet.targets.model import Problem
from vacnet.targets.pipe import PipeReading

REFUSED_MAX = 64
"""Shown; a hostile pipe has 200 entries, and whoever mends the first few mends all."""
_TABLE = "targets."


def refused_targets(
    readings: Mapping[str, PipeReading], problems: Iterable[Problem], offered: Iterable[str]
) -> tuple[RefusedTarget, ...]:
    """Return the targets that are defined and not offered, by name.

    Args:
        readings: What the pipes gave.
        problems: Of the settings that are refused; none where they are good.
        offered: Names of targets that there are all the same.
    """
    found = {**dict(_of_pipes(readings)), **dict(_of_settings(problems))}
    names = sorted(found.keys() - set(offered))[:REFUSED_MAX]
    return tuple(RefusedTarget(name=name, words=found[name]) for name in names)


def _of_pipes(readings: Mapping[str, PipeReading]) -> Iterator[tuple[str, str]]:
    for reading in readings.values():
        for name in reading.left_out:
            yield name, _words(problem for problem in reading.quarantined if _is_of(problem.key, name))


def _of_settings(problems: Iterable[Problem]) -> Iterator[tuple[str, str]]:
    told = [problem for problem in problems if problem.key.startswith(_TABLE)]
    for name in {problem.key.split(".")[1] for problem in told}:
        yield name, _words(problem for problem in told if _is_of(problem.key, _TABLE + name))


def _is_of(key: str, name: str) -> bool:
    return key == name or key.startswith(name + ".")


def _words(problems: Iterable[Problem]) -> str:
    """Return the first problem, which is mended first, and how many follow it."""
    first, *others = map(str, problems)
    return f"{first} (and {len(others)} more)" if others else first


def not_offered(name: str, refused: Iterable[RefusedTarget], bad_settings: Iterable[str]) -> str:
    """Return why there is no target of a name, and what to do."""
    words = next((one.words for one in refused if one.name == name), "")
    if words:
        return f"this factory does not offer {name!r}, for its definition is refused: {words}"
    nothing = f"this factory has no target {name!r}"
    bad = next(iter(bad_settings), "")
    if bad:
        return f"{nothing}; its settings are refused as they stand, so what they add is not known: {bad}"
    return f"{nothing}; `vacnet targets` lists all"
