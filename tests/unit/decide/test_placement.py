"""Placement: what fits, and until when."""

from vacnet.decide.placement import Room, deadline_at, fits, has_time, machines_that_fit
from vacnet.targets.model import GIB, Target

ROOM = Room(processors=8, memory_bytes=16 * GIB, disk_bytes=100 * 10**9, gpus=0)


def test_a_machine_gets_as_many_processors_as_it_may_and_as_there_are() -> None:
    target = Target(name="t", min_processors=2, max_processors=6)
    assert fits(target, ROOM) == 6
    assert fits(target, Room(3, 16 * GIB, 0, 0)) == 3
    assert fits(target, Room(1, 16 * GIB, 0, 0)) == 0


def test_memory_and_disk_limit_it_too() -> None:
    target = Target(name="t", max_processors=8, memory_bytes_per_processor=4 * GIB)
    assert fits(target, ROOM) == 4
    assert fits(Target(name="t", max_processors=8, disk_gb_per_processor=40), ROOM) == 2


def test_a_target_with_gpus_needs_them() -> None:
    assert fits(Target(name="t", gpus=1), ROOM) == 0


def test_machines_beside_each_other() -> None:
    assert machines_that_fit(Target(name="t", min_processors=3, max_processors=4), ROOM) == 2
    assert machines_that_fit(Target(name="t", min_processors=9, max_processors=9), ROOM) == 0


def test_the_deadline_of_the_host_bounds_a_machine() -> None:
    target = Target(name="t", max_wallclock_seconds=1000, min_wallclock_seconds=500)
    soon = Room(8, 16 * GIB, 0, 0, until=600.0)
    assert has_time(target, soon, 100.0)
    assert not has_time(target, soon, 101.0)
    assert deadline_at(target, soon, 0.0) == 600.0
    assert deadline_at(target, ROOM, 0.0) == 1000.0
