"""When a target that could not be had is tried again."""

from vacnet.machines.retries import Retries


def test_waits_double_from_ten_seconds_to_ten_minutes_and_begin_again_after_a_success() -> None:
    retries = Retries()
    assert [retries.failed("a") for _ in range(8)] == [10, 20, 40, 80, 160, 320, 600, 600]
    assert retries.failed("b") == 10
    retries.succeeded("a")
    assert retries.failed("a") == 10
