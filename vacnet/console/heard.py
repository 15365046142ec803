"""The last ends of the whole space as a history: what a factory has heard from the rows of all.

Rules of this file: pure. Rows tell the end and its factory, and neither message nor life; of each target a
factory keeps the last 24 that it heard of (`agent.strips`).
"""

from __future__ import annotations

from vacnet.console.history_view import HOUR
from vacnet.factory.client import History, SpaceState, TallyState


def heard(state: SpaceState, since: float) -> History:
    """Return the ends at `since` (Unix seconds) or later."""
    ends = (
        TallyState(
            target=target.name,
            kind="",
            outcome=end.kind,
            code=end.code,
            hour=(state.time - end.ago_seconds) // HOUR * HOUR,
            ended=1,
            ran=0,
            lived_seconds=0.0,
            last=state.time - end.ago_seconds,
            words="",
            factory=end.factory,
        )
        for target in state.targets
        for end in target.outcomes
    )
    told = tuple(end for end in ends if end.last >= since)
    return History(factory=state.factory, time=state.time, since=since, tallies=told)
