"""Strips: each end of a machine stands once, however often and with whatever age it is told."""

from vacnet.agent.strips import SAME_SECONDS, Strips
from vacnet.space.rows import TargetRow
from vacnet.space.window import never_tried


def _row(code: int, at: float | None) -> TargetRow:
    return TargetRow(target="t", window=never_tried(0.0), message_code=code, message_at=at)


def _codes(*rows: TargetRow) -> list[int]:
    strips = Strips()
    for before, after in zip((None, *rows), rows, strict=False):
        strips.see("factory1", before, after)
    return [mark.code for mark in strips.show("t", 100.0)]


def test_an_end_told_again_with_a_rounded_age_stands_once() -> None:
    assert _codes(_row(300, 10.0), _row(300, 10.1), _row(300, 10.05), _row(300, 10.19)) == [300]


def test_a_new_end_of_the_same_code_stands_again() -> None:
    assert _codes(_row(300, 10.0), _row(300, 10.0 + SAME_SECONDS)) == [300, 300]


def test_another_code_is_another_end_however_soon() -> None:
    assert _codes(_row(200, 10.0), _row(500, 10.1)) == [200, 500]


def test_a_factory_that_never_had_an_end_adds_none() -> None:
    assert _codes(_row(0, None), _row(200, 10.0)) == [200]
