"""CPU efficiency, over life and of late."""

import pytest

from vacnet.machines.meter import LATE_SECONDS, Meter
from vacnet.machines.runtime import Usage


def test_before_a_measurement_nothing_is_said() -> None:
    meter = Meter()
    assert (meter.efficiency(100.0, 4), meter.efficiency_recent(4)) == (None, None)


def test_of_late_forgets_what_was_before_and_life_does_not() -> None:
    meter, cpu = Meter(), 0.0
    for now in range(0, 7200, 30):
        cpu += 60.0 if now > 3600 else 0.0
        meter.sample(Usage(cpu, 1), float(now))
    assert meter.efficiency_recent(2) == pytest.approx(1.0)
    assert meter.efficiency(7200.0, 2) == pytest.approx(cpu / 7200 / 2)


def test_of_late_spans_no_more_than_its_time_however_often_it_is_measured() -> None:
    meter = Meter()
    for now in range(10_000):
        meter.sample(Usage(float(now), 1), float(now))
    assert meter._samples[-1][0] - meter._samples[0][0] <= LATE_SECONDS + 1


def test_an_engine_that_lost_count_takes_nothing_back() -> None:
    meter = Meter()
    meter.sample(Usage(50.0, 7), 1.0)
    meter.sample(Usage(0.0, 9), 2.0)
    assert (meter.cpu_seconds, meter.memory_peak_bytes) == (50.0, 9)
