"""`vacnet why --at`: a moment of another day is told with its date, for a time of day may be yesterday's."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cli.conftest import Command


def test_a_moment_of_another_day_is_told_with_its_date(vacnet: Command, daemon: Path) -> None:
    told = vacnet("why", "--at", "26h", socket=daemon).stderr
    assert re.search(r"^vacnet: 26h is taken as \d{4}-\d\d-\d\d \d\d:\d\d$", told, re.MULTILINE)
