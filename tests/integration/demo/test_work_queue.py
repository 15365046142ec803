"""The demo's queue: leases bring back what a lost worker took, and takers are counted."""

from tools.demo.work_queue import LEASE_SECONDS, WorkQueue


def test_a_tile_whose_taker_vanished_is_given_again_before_all_others() -> None:
    queue = WorkQueue()
    queue.add([1, 2])
    assert queue.take("lost", now=0.0) == 1
    assert queue.take("quick", now=LEASE_SECONDS - 0.1) == 2
    assert queue.take("late", now=LEASE_SECONDS - 0.1) is None
    assert queue.take("late", now=LEASE_SECONDS) == 1


def test_the_first_result_of_a_tile_counts_and_a_late_one_is_told_apart() -> None:
    queue = WorkQueue()
    queue.add([1])
    queue.take("slow", now=0.0)
    queue.take("quick", now=LEASE_SECONDS)
    assert queue.finish(1)
    assert not queue.finish(1)
    assert queue.drained


def test_a_tile_handed_in_after_its_lease_ended_is_given_to_nobody_again() -> None:
    queue = WorkQueue()
    queue.add([1, 2])
    queue.take("slow", now=0.0)
    queue.take("other", now=1.0)
    assert queue.take("third", now=LEASE_SECONDS) == 1
    queue.take("fourth", now=LEASE_SECONDS + 1.0)
    queue.finish(2)
    assert queue.take("fifth", now=3 * LEASE_SECONDS) == 1
    queue.finish(1)
    assert queue.take("sixth", now=9 * LEASE_SECONDS) is None


def test_takers_are_machines_that_got_work_and_nobody_else() -> None:
    queue = WorkQueue()
    queue.add([1, 2])
    queue.take("one", now=0.0)
    queue.take("one", now=0.0)
    queue.take("two", now=0.0)
    assert dict(queue.takers) == {"one": 2}
    assert dict(queue.turned_away) == {"two": 1}
