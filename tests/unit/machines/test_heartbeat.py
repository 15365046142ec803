"""Heartbeat rules: who is ended, and who never may be."""

from msgspec import structs

from vacnet.machines.heartbeat import NOT_CREATED, NOT_UPDATED, Heartbeat
from vacnet.targets.model import Target

BEATING = Target(name="a", heartbeat_file="heartbeat", heartbeat_seconds=100, fizzle_seconds=600)


def _watch(
    stamps: dict[int, int],
    *,
    until: int,
    target: Target = BEATING,
    factory_started_at: float = 0.0,
    gap: int = 1,
) -> tuple[str, float]:
    """Look every `gap` seconds; `stamps` says when the file is written. Return what was missed, and when."""
    heartbeat, stamp = Heartbeat(), None
    for now in range(0, until, gap):
        written = [at for at in stamps if at <= now]
        stamp = stamps[max(written)] if written else None
        heartbeat.look(stamp, float(now))
        if missed := heartbeat.missed(target, 0.0, factory_started_at, float(now)):
            return missed, now
    return "", until


def test_a_file_that_never_comes_is_missed_at_fizzle_seconds_and_not_before() -> None:
    assert _watch({}, until=2000) == (NOT_CREATED, 600)


def test_a_file_that_is_no_longer_written_is_missed_after_heartbeat_seconds() -> None:
    assert _watch({100: 1, 590: 2}, until=2000) == (NOT_UPDATED, 691)


def test_a_machine_that_beats_is_never_ended() -> None:
    assert _watch({at: at for at in range(50, 5000, 90)}, until=5000) == ("", 5000)


def test_with_heartbeat_seconds_0_the_file_need_only_be_there() -> None:
    target = structs.replace(BEATING, heartbeat_seconds=0)
    assert _watch({100: 1}, until=9000, target=target) == ("", 9000)
    assert _watch({}, until=9000, target=target) == (NOT_CREATED, 600)


def test_without_a_file_or_with_fizzle_seconds_0_there_is_no_rule() -> None:
    for change in ({"heartbeat_file": ""}, {"fizzle_seconds": 0}):
        assert _watch({}, until=9000, target=structs.replace(BEATING, **change)) == ("", 9000)


def test_nothing_is_missed_before_our_own_start_and_fizzle_seconds() -> None:
    assert _watch({}, until=3000, factory_started_at=1000.0) == (NOT_CREATED, 1600)


def test_a_suspended_host_has_looked_at_nothing() -> None:
    heartbeat = Heartbeat()
    for now in (1000.0, 1001.0, 5000.0, 5001.0):
        heartbeat.look(7, now)
        assert heartbeat.missed(BEATING, 0.0, 0.0, now) == ""


def test_a_stamp_in_the_future_is_no_heartbeat_that_lasts() -> None:
    far = 4_000_000_000_000_000_000
    assert _watch({100: far}, until=2000) == (NOT_UPDATED, 600)


def test_a_machine_of_a_factory_that_just_started_is_looked_for_before_it_is_missed() -> None:
    heartbeat = Heartbeat()
    heartbeat.look(None, 10_000.0)
    assert heartbeat.missed(BEATING, 0.0, 0.0, 10_000.0) == ""
