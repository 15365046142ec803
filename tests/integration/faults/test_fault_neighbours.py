"""A neighbour hears of each outcome exactly once, though the factory is killed around the moment of its end.

The neighbour makes nothing itself. What it shows of the ends of the other must be what stands in its record:
also of the very first machine of a target, which is made before any window was opened.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.integration.faults.fate import STAR, Fate
from tests.integration.faults.scene import PATIENCE_SECONDS, QUIET, Scene, scene
from tests.integration.faults.truth import record_of
from tools.space import Member, settings
from tools.space.waiting import until
from vacnet.factory.client import ClientError

ENDS = [
    ("record.finish.before", "waits"),
    ("record.finish.after", "waits"),
    ("record.finish.after", "empty"),
    ("engine.forget.after", "empty"),
]
"""Where the factory dies, and what its machines are: good ones or such that find no work."""


def _told(neighbour: Member, by: Member) -> list[int]:
    """Return the codes of the ends of a factory's machines that a neighbour shows."""
    with suppress(ClientError):
        (target,) = (one for one in neighbour.client().space().targets if one.name == STAR)
        return sorted(outcome.code for outcome in target.outcomes if outcome.factory == by.name)
    return []


def _recorded(member: Member) -> list[int]:
    return sorted(row.code for row in record_of(member).rows.values() if row.state == "ended")


def _hears(stage: Scene, neighbour: Member, doomed: Member) -> None:
    expected = _recorded(doomed)
    try:
        until(lambda: _told(neighbour, doomed) == expected, PATIENCE_SECONDS / 3, "the neighbour heard")
    except TimeoutError:
        stage.wrong.append(f"{_told(neighbour, doomed)} was told and {expected} is in the record")


@pytest.mark.parametrize(("step", "payload"), ENDS)
def test_a_neighbour_hears_of_an_end_exactly_once(step: str, payload: str) -> None:
    with scene({STAR: payload}, factories=2) as stage:
        doomed, neighbour = stage.members
        settings.add(neighbour, "quiet", QUIET)
        neighbour.start()
        stage.go()
        stage.kill(doomed, Fate(point=f"running-over.{step}"))
        stage.rest(then=lambda: _hears(stage, neighbour, doomed))
        wrong = stage.judge()
    assert not wrong, "\n".join(wrong)
