"""What is told of a factory whose settings differ from ours."""

from vacnet.agent.differences import ELSEWHERE, differences
from vacnet.space.rows import TargetRow
from vacnet.space.window import never_tried


def rows(**digests: bytes) -> dict[str, TargetRow]:
    return {
        name: TargetRow(target=name, window=never_tried(0.0), digest=digest, share=1.0)
        for name, digest in digests.items()
    }


def test_targets_that_are_defined_or_shared_otherwise_are_named() -> None:
    ours, theirs = rows(a=b"1", b=b"1", c=b"1"), rows(a=b"2", b=b"1", c=b"1")
    assert differences(theirs, ours) == "the definition of a"
    theirs["b"] = TargetRow(target="b", window=never_tried(0.0), digest=b"1", share=2.0)
    assert differences(theirs, ours) == "the definition of a, the share of b"


def test_targets_of_one_side_alone_are_named_and_many_counted() -> None:
    told = differences(rows(a=b"1", b=b"1", c=b"1", d=b"1", e=b"1"), rows(x=b"1"))
    assert told == "there alone: a, b, c and 2 more, here alone: x"


def test_a_target_that_is_gone_is_offered_no_more() -> None:
    gone = {"a": TargetRow(target="a", window=never_tried(0.0), gone=True)}
    assert differences(gone, rows(a=b"1")) == "here alone: a"


def test_where_all_targets_agree_it_is_said_where_to_look() -> None:
    assert differences(rows(a=b"1"), rows(a=b"1")) == ELSEWHERE
