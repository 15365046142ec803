"""What a what-if found: shares got and asked, machines made and wasted, and processors over time.

Rules of this file: values for a table and for JSON alike, the same for the same scenario, rule and seed.
Shares and processors are those of the run's second half: in the first an empty site fills. Machines and
windows are those of the whole run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from vacnet.outcomes import Kind
from vacnet.simulate.whatif.site import Site
from vacnet.simulate.whatif.tally import Span, Tally
from vacnet.targets.model import Target

SCHEMA = 1
STEPS = 60
"""Of a course over time."""


class TargetResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one target."""

    name: str
    group: str
    target_share: float
    asked: float
    """Part of the work that is due to it beside all others, 0 to 1."""
    got: float
    """Part of the busy processors that it had, 0 to 1."""
    processors: float
    """It had on average."""
    machines_started: int
    machines_useless: int
    """Ended without having found work (300 to 399)."""
    machines_failed: int
    windows: int
    """Back-offs."""
    probes_mean: float | None
    """Machines that a window cost which was probed; None: there was none."""
    probes_most: int
    over_time: tuple[float, ...]
    """Processors, on average of each step."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a site."""

    schema: int = SCHEMA
    scenario: str
    changes: tuple[str, ...]
    assumed: tuple[str, ...]
    """What was not known and had to be assumed."""
    rule: str
    seed: int
    hours: float
    factories: int
    processors: int
    processors_idle: float
    """On average."""
    machines_started: int
    machines_useless: int
    machines_failed: int
    step_seconds: float
    idle_over_time: tuple[float, ...]
    targets: tuple[TargetResult, ...]
    """Those with the largest share first."""
    before: Result | None = None
    """The same without the changes, where that was asked for."""


def result_of(
    site: Site, tally: Tally, rule: str, seed: int, *, changes: Iterable[str], assumed: Iterable[str]
) -> Result:
    """Return the result of a run that is over."""
    shares = sum(target.target_share for target in site.targets)
    courses = {target.name: course(tally.of(target.name), site.seconds) for target in site.targets}
    busy = [sum(step) for step in zip(*courses.values(), strict=True)]
    ordered = sorted(site.targets, key=lambda target: (-target.target_share, target.name))
    targets = tuple(
        _target(target, tally, courses[target.name], asked=target.target_share / shares, busy=_settled(busy))
        for target in ordered
    )
    return Result(
        scenario=site.name,
        changes=tuple(changes),
        assumed=tuple(assumed),
        rule=rule,
        seed=seed,
        hours=site.seconds / 3600,
        factories=site.factories,
        processors=site.processors,
        processors_idle=_rounded(site.processors - _settled(busy)),
        machines_started=sum(target.machines_started for target in targets),
        machines_useless=sum(target.machines_useless for target in targets),
        machines_failed=sum(target.machines_failed for target in targets),
        step_seconds=site.seconds / STEPS,
        idle_over_time=tuple(_rounded(site.processors - step) for step in busy),
        targets=targets,
    )


def _target(target: Target, tally: Tally, steps: list[float], *, asked: float, busy: float) -> TargetResult:
    kinds = [span.kind for span in tally.of(target.name)]
    probes = tally.probes(target.name)
    had = _settled(steps)
    return TargetResult(
        name=target.name,
        group=target.group,
        target_share=target.target_share,
        asked=asked,
        got=had / busy if busy else 0.0,
        processors=_rounded(had),
        machines_started=len(kinds),
        machines_useless=kinds.count(Kind.NOWORK),
        machines_failed=kinds.count(Kind.ERROR),
        windows=len(tally.windows.get(target.name, ())),
        probes_mean=sum(probes) / len(probes) if probes else None,
        probes_most=max(probes, default=0),
        over_time=tuple(map(_rounded, steps)),
    )


def course(spans: Iterable[Span], seconds: float) -> list[float]:
    """Return the processors that machines had, on average of each of `STEPS` equal steps."""
    step = seconds / STEPS
    sums = [0.0] * STEPS
    for span in spans:
        for number, part in _parts(span.began, seconds if span.ended is None else span.ended, step):
            sums[number] += part * span.processors
    return [total / step for total in sums]


def _parts(since: float, until: float, step: float) -> Iterator[tuple[int, float]]:
    """Yield the seconds of a span that lie in each step."""
    for number in range(int(since / step), min(STEPS, int(until / step) + 1)):
        yield number, min(until, (number + 1) * step) - max(since, number * step)


def _settled(steps: list[float]) -> float:
    """Return the average of the second half."""
    late = steps[STEPS // 2 :]
    return sum(late) / len(late)


def _rounded(value: float) -> float:
    return round(value, 3)
