"""What-if: a scenario run by the real agents, and what of it reaches the result.

The scenarios are small; what the rules promise is held elsewhere. Here it is held that a result says what
happened, that it is the same each time, and that a change to the site shows in it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.simulate.whatif.reading import SourceFile, read_site
from vacnet.simulate.whatif.result import STEPS, Result, course, result_of
from vacnet.simulate.whatif.rules import RULES
from vacnet.simulate.whatif.site import Site
from vacnet.simulate.whatif.tally import Span, Tally

SCENARIOS = Path(__file__).parents[2] / "conf" / "scenarios"

SMALL = """
hours = 1.5
[factories.node]
count = 2
processors = 12
[targets.one]
target_share = 2
backoff_seconds = 60
fizzle_seconds = 60
gain = 2
[targets.two]
target_share = 1
backoff_seconds = 60
fizzle_seconds = 60
gain = 2
[payloads.one]
work_seconds = 600
[payloads.two]
work_seconds = 300
"""


def site(text: str, *changes: str) -> Site:
    files = [SourceFile("small.toml", text.encode()), SourceFile("--set", "\n".join(changes).encode())]
    reading = read_site(files)
    assert reading.problems == ()
    assert reading.site is not None
    return reading.site


def found(of: Site, rule: str = "vacnet", seed: int = 0) -> Result:
    return result_of(of, RULES[rule](of, seed, lambda _part: None), rule, seed, changes=(), assumed=())


@pytest.mark.parametrize("rule", RULES)
def test_the_same_seed_gives_the_same_result_and_another_one_another(rule: str) -> None:
    small = site(SMALL, "hours = 0.25")
    first, again, other = (msgspec.json.encode(found(small, rule, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("rule", RULES)
def test_shares_are_got_as_asked_where_there_is_work_for_all(rule: str) -> None:
    one, two = found(site(SMALL), rule).targets
    assert (one.name, two.name) == ("one", "two")
    assert one.asked == pytest.approx(2 / 3)
    assert two.asked == pytest.approx(1 / 3)
    assert one.got == pytest.approx(one.asked, abs=0.06)


def test_a_changed_share_changes_what_is_got() -> None:
    one, two = found(site(SMALL, "targets.one.target_share = 0.5")).targets[::-1]
    assert (one.name, two.name) == ("one", "two")
    assert one.asked == pytest.approx(1 / 3)
    assert one.got == pytest.approx(1 / 3, abs=0.06)


def test_what_an_empty_queue_leaves_goes_to_the_others_and_costs_a_probe_a_window() -> None:
    result = found(site(SMALL, "payloads.one.empty_hours = [[0.5, 1.1]]"))
    one, two = result.targets
    assert min(one.over_time) == pytest.approx(0.0, abs=0.2)
    assert max(two.over_time) == pytest.approx(24, abs=0.5)
    assert one.windows >= 3
    assert one.probes_mean == pytest.approx(1.0, abs=0.2)
    assert 1 <= one.machines_useless <= 20
    assert two.machines_useless == 0


def test_busy_and_idle_are_all_processors_at_every_step() -> None:
    result = found(site(SMALL, "hours = 0.3"))
    for step, idle in enumerate(result.idle_over_time):
        busy = sum(target.over_time[step] for target in result.targets)
        assert busy + idle == pytest.approx(24, abs=0.01)
    assert min(result.idle_over_time) < 12
    assert len(result.idle_over_time) == STEPS


def test_more_factories_are_of_the_kind_that_there_is_most_of() -> None:
    mixed = site(SMALL + "[factories.big]\nprocessors = 64\n").with_more(5)
    assert [(kind.name, kind.count) for kind in mixed.hosts] == [("node", 7), ("big", 1)]
    assert (mixed.factories, mixed.processors) == (8, 7 * 12 + 64)


def test_progress_goes_from_nothing_to_the_whole() -> None:
    parts: list[float] = []
    RULES["vacnet"](site(SMALL, "hours = 0.1"), 0, parts.append)
    assert parts[-1] == 1.0
    assert all(before < after for before, after in pairwise(parts))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_scenarios_that_are_shipped_run(path: Path, rule: str) -> None:
    reading = read_site([SourceFile(path.name, path.read_bytes()), SourceFile("--set", b"hours = 0.2")])
    assert reading.site is not None, reading.problems
    result = found(reading.site, rule)
    assert all(target.machines_started for target in result.targets)


SPANS = st.lists(st.tuples(st.floats(0, 3600), st.floats(0, 3600), st.integers(1, 8)), max_size=20)


@given(SPANS)
def test_a_course_loses_no_second_of_a_machine(spans: list[tuple[float, float, int]]) -> None:
    lives = [Span("any", size, min(a, b), ended=max(a, b)) for a, b, size in spans]
    seconds = sum(size * abs(a - b) for a, b, size in spans)
    assert sum(course(lives, 3600.0)) * 3600 / STEPS == pytest.approx(seconds, abs=1e-3)


def test_a_window_that_nobody_has_probed_yet_is_not_counted_as_free() -> None:
    tally = Tally()
    for number in (1, 2, 3):
        tally.opened("empty", number)
    tally.started("a", Span("empty", 1, 0.0, probe_of=1))
    assert tally.probes("empty") == [1, 0]
    tally.started("b", Span("empty", 1, 9.0, probe_of=3))
    assert tally.probes("empty") == [1, 0, 1]
