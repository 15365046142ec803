"""Rows that arrive lost, doubled and out of order end in the same knowledge."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.unit.space.net import row_of
from vacnet.space import coding, spans
from vacnet.space.counters import Reject
from vacnet.space.held import Held
from vacnet.space.limits import HELD_MAX, TARGETS_MAX
from vacnet.space.pages import Page, pages
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import Rejected
from vacnet.space.table import Known, Table
from vacnet.space.wire import Announce, WireTarget

NOW = 100.0


def _observer() -> Known:
    known = Table(FactoryRow(name="me"), 1, NOW).add("f", 1, NOW)
    assert known is not None
    return known


def _wire(target: str, version: int, **fields: object) -> WireTarget:
    return coding.target_to_wire(row_of(target, NOW, **fields), version, NOW)


def _history(seed: int, steps: int) -> tuple[Known, list[Page]]:
    """Return a factory that wrote rows one after another, and all it announced."""
    rng, owner = Random(seed), _observer()
    told: list[Page] = []
    for version in range(1, steps + 1):
        target = rng.choice("abcde")
        owner.targets[target] = row_of(target, NOW, can=version % 256)
        owner.versions[target] = owner.version = version
        if rng.random() < 0.5:
            told += pages(owner, told[-1].end if told else 0, NOW, rng.choice([100, 1000]))
    told += pages(owner, told[-1].end if told else 0, NOW, 100)
    return owner, told


@given(st.integers(0, 10_000), st.integers(1, 30), st.randoms(use_true_random=False))
def test_any_order_with_repetitions_ends_in_the_same_rows(seed: int, steps: int, rng: Random) -> None:
    owner, told = _history(seed, steps)
    shuffled = told * 3
    rng.shuffle(shuffled)
    known = _observer()
    for page in shuffled * len(told):
        spans.apply(known, page, NOW)
    assert known.contents() == owner.contents()


@given(st.integers(0, 10_000), st.integers(2, 30), st.data())
def test_the_version_never_passes_a_gap_and_a_pull_closes_it(
    seed: int, steps: int, data: st.DataObject
) -> None:
    owner, told = _history(seed, steps)
    lost = data.draw(st.integers(0, len(told) - 1))
    known = _observer()
    for page in told[:lost] + told[lost + 1 :]:
        spans.apply(known, page, NOW)
    if told[lost].end > told[lost].start:
        assert known.version <= told[lost].start
    for page in pages(owner, known.version, NOW, 100):
        spans.apply(known, page, NOW)
    assert known.contents() == owner.contents()


def test_applied_twice_the_second_time_is_no_news() -> None:
    known = _observer()
    page = Page(0, 2, 2, None, [_wire("a", 1), _wire("b", 2)])
    assert spans.apply(known, page, NOW).news
    assert not spans.apply(known, page, NOW).news


def test_what_waited_for_a_gap_is_applied_with_the_time_of_its_arrival() -> None:
    known, held = _observer(), Held()
    early = Page(1, 2, 2, None, [_wire("b", 2, proof_at=NOW)])
    held.keep(known, early, NOW)
    assert held.next(known) is None
    spans.apply(known, Page(0, 1, 1, None, [_wire("a", 1)]), NOW + 40.0)
    waiting = held.next(known)
    assert waiting == (early, NOW)
    spans.apply(known, *waiting)
    assert known.version == 2
    assert known.targets["b"].proof_at == pytest.approx(NOW)
    assert held.next(known) is None


def test_held_spans_are_bounded_and_of_the_present_life() -> None:
    known, held = _observer(), Held()
    for start in range(1, HELD_MAX + 10):
        held.keep(known, Page(start, start + 1, start + 1), NOW)
    assert len(held._waiting) == HELD_MAX
    known.version, known.epoch = HELD_MAX, 2
    assert held.next(known) is None


def test_rows_of_the_last_life_take_no_room_from_those_of_the_new_one() -> None:
    known = _observer()
    for number in range(TARGETS_MAX):
        known.targets[f"old-{number}"] = row_of(f"old-{number}", NOW)
    rows = [_wire(f"new-{number}", number + 1) for number in range(TARGETS_MAX)]
    for at in range(0, TARGETS_MAX, 32):
        spans.apply(known, Page(at, at + 32, TARGETS_MAX, None, rows[at : at + 32]), NOW)
    assert sorted(known.targets) == sorted(row.target for row in rows)


def test_lives_that_never_tell_all_their_rows_leave_a_bounded_number() -> None:
    known = _observer()
    for life in range(5):
        known.version = known.latest = 0
        known.versions.clear()
        rows = [_wire(f"{life}-{number}", number + 1) for number in range(200)]
        spans.apply(known, Page(0, 200, 201, None, rows), NOW)
    assert len(known.targets) == 2 * TARGETS_MAX


def test_rows_of_the_last_life_go_with_the_last_page_of_the_new_one() -> None:
    known = _observer()
    for target in "ab":
        known.targets[target] = row_of(target, NOW, tickets=1)  # leftovers have no version
    spans.apply(known, Page(0, 1, 2, None, [_wire("c", 1)]), NOW)
    assert set(known.targets) == {"a", "b", "c"}
    applied = spans.apply(known, Page(1, 2, 2, None, [_wire("b", 2)]), NOW)
    assert set(known.targets) == {"b", "c"}
    assert [(target, change.after.gone) for target, change in applied.rows.items()] == [
        ("b", False),
        ("a", True),
    ]


def test_an_older_row_does_not_replace_a_newer_one_and_its_time_is_kept() -> None:
    known = _observer()
    spans.apply(known, Page(0, 5, 5, None, [_wire("a", 5, can=5, proof_at=NOW - 10)]), NOW)
    spans.apply(known, Page(0, 3, 3, None, [_wire("a", 3, can=3)]), NOW)
    spans.apply(known, Page(0, 5, 5, None, [_wire("a", 5, can=5, proof_at=NOW)]), NOW + 50)
    assert known.targets["a"].can == 5
    assert known.targets["a"].proof_at == pytest.approx(NOW - 10)


def test_a_span_beyond_a_gap_is_not_applied_but_remembered() -> None:
    known = _observer()
    assert not spans.apply(known, Page(4, 5, 5, None, [_wire("a", 5, can=5)]), NOW).news
    assert known.targets == {}
    assert known.version == 0
    assert known.latest == 5


@pytest.mark.parametrize(
    ("start", "end", "versions"),
    [(3, 2, []), (3, 5, [3]), (3, 5, [6]), (0, 0, [1])],
)
def test_rows_outside_their_span_are_refused(start: int, end: int, versions: list[int]) -> None:
    rows = [_wire("a", version) for version in versions]
    with pytest.raises(Rejected):
        spans.check(Announce(start, end, max(start, end), urgent=False, factory=None, rows=rows))


@pytest.mark.parametrize("name", ["t\x1b[31m", "t\n", "é" * 40])
def test_names_that_move_a_cursor_or_have_too_many_bytes_are_refused(name: str) -> None:
    row = structs.replace(row_of("t", NOW), target=name)
    wire = coding.target_to_wire(row, 1, NOW)
    with pytest.raises(Rejected) as refused:
        spans.check(Announce(0, 1, 1, urgent=False, factory=None, rows=[wire]))
    assert refused.value.reason is Reject.DECODE


def test_one_row_too_many_replaces_the_longest_gone() -> None:
    known = _observer()
    rows = [_wire(f"t{number}", number + 1, gone=number in {7, 200}) for number in range(256)]
    spans.apply(known, Page(0, 256, 256, None, rows), NOW)
    spans.apply(known, Page(256, 258, 258, None, [_wire("x", 257), _wire("y", 258)]), NOW)
    assert len(known.targets) == 256
    assert not {"t7", "t200"} & known.targets.keys()
    spans.apply(known, Page(258, 259, 259, None, [_wire("z", 259)]), NOW)
    assert "z" not in known.targets
