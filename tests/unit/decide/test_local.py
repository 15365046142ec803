"""Local faults stay local until most factories say the same."""

from vacnet.decide.local import LocalBackOff, failed, most_err
from vacnet.decide.peers import Peer
from vacnet.space.rows import TargetRow
from vacnet.space.window import never_tried
from vacnet.targets.model import Target

TARGET = Target(name="t", backoff_seconds=100)
NOW = 10_000.0


def peer(name: str, error_at: float | None = None, verdict_at: float | None = None) -> Peer:
    row = TargetRow(target="t", window=never_tried(0), error_at=error_at, verdict_at=verdict_at)
    return Peer(name, live=True, holds=True, row=row)


def test_the_local_back_off_doubles_up_to_eight_times() -> None:
    back_off, lengths = LocalBackOff(), []
    for _ in range(6):
        back_off = failed(TARGET, back_off, short=False, now=0.0)
        lengths.append(back_off.until)
    assert lengths == [100, 200, 400, 800, 800, 800]


def test_transient_faults_are_short() -> None:
    assert failed(TARGET, LocalBackOff(), short=True, now=0.0).until == 60


def test_one_broken_factory_of_three_is_its_own_fault() -> None:
    peers = [peer("a", error_at=NOW), peer("b", verdict_at=NOW - 5), peer("c", verdict_at=NOW - 5)]
    assert not most_err(TARGET, peers, NOW)


def test_a_lone_factory_speaks_for_the_space() -> None:
    assert most_err(TARGET, [peer("a", error_at=NOW)], NOW)


def test_two_broken_factories_of_three_are_most() -> None:
    peers = [peer("a", error_at=NOW), peer("b", error_at=NOW), peer("c")]
    assert most_err(TARGET, peers, NOW)


def test_of_two_factories_one_error_is_not_enough() -> None:
    assert not most_err(TARGET, [peer("a", error_at=NOW), peer("b")], NOW)


def test_a_proof_after_the_error_is_a_good_verdict() -> None:
    peers = [peer("a", error_at=NOW - 50, verdict_at=NOW - 10), peer("b", error_at=NOW)]
    assert not most_err(TARGET, peers, NOW)


def test_old_verdicts_do_not_count() -> None:
    peers = [peer("a", error_at=NOW), peer("b", verdict_at=NOW - 601), peer("c", error_at=NOW)]
    assert most_err(TARGET, peers, NOW)
