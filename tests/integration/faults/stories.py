"""For every row of the life-cycle table that has fault points, how a real factory is brought to it.

A story says what the payload of target `star` does, who else is there, where a first factory is killed,
what is done to the machine at which step, and what happens while no factory runs. The factory that is to
die at the point under test is the last of the story; after it comes a plain one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tests.integration.faults.fate import ADOPTED, Fate
from tests.integration.faults.payloads import MISSING

STARTED = "starting-next.engine.start.after"
RUNS = "starting-next.record.started.after"
PREPARES = "created-next.directory.prepare.before"
CREATES = "absent-wanted.record.create.before"
STOPS = "stopping-next.engine.stop.before"

CROWD: Mapping[str, str] = MappingProxyType({"short": "short", "empty": "empty", "wordless": "wordless"})
"""Bystanders: targets with machines that come and go all the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The way to a row."""

    payload: str = "waits"
    crowd: bool = False
    """Only where it does not matter which machine passes the point."""
    ends: bool = False
    """The machine may end from the beginning; else it waits until the plain factory runs."""
    before: str = ""
    """Where a first factory is killed; empty: there is none."""
    loses_record: bool = False
    """The record is lost between the first and the second."""
    ends_between: bool = False
    """The machine ends between the first and the second."""
    acts: Mapping[str, str] = field(default_factory=dict)
    away: Mapping[str, int] = field(default_factory=dict)

    @property
    def again(self) -> bool:
        """Tell whether its row is passed again and again: bystanders of the crowd come and go."""
        return self.crowd and self.payload == "waits"

    def fate(self, point: str, passing: int) -> Fate:
        """Return the fate of the factory that dies at the point."""
        return Fate(point=point, passing=passing, acts=self.acts, away=self.away)


_STOPPED = {RUNS: "stop"}

STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "absent-wanted": Story(crowd=True),
        "absent-found": Story(before=RUNS, loses_record=True),
        "absent-over": Story(before=RUNS, loses_record=True, ends_between=True, payload="proves"),
        "created-next": Story(crowd=True),
        "created-not-now": Story(crowd=True, payload=MISSING),
        "created-stop": Story(acts={CREATES: "stop"}),
        "created-lowered": Story(acts={CREATES: "lower"}),
        "created-found": Story(before=STARTED),
        "created-over": Story(before=STARTED, ends_between=True, payload="proves"),
        "created-gone": Story(before="starting-next.engine.start.before"),
        "starting-next": Story(crowd=True),
        "starting-not-now": Story(away={"start": 1}),
        "starting-refused": Story(crowd=True, payload="no-program"),
        "starting-stop": Story(acts={PREPARES: "stop"}),
        "starting-lowered": Story(acts={PREPARES: "lower"}),
        "running-proved": Story(crowd=True, payload="proves"),
        "running-lowered": Story(acts={RUNS: "lower"}),
        "running-stop": Story(acts=_STOPPED),
        "running-over": Story(crowd=True, ends=True),
        "running-gone": Story(acts={RUNS: "remove"}),
        "stopping-next": Story(acts=_STOPPED),
        "stopping-found": Story(acts=_STOPPED, away={"stop": 1}),
        "stopping-proved": Story(acts={RUNS: "stop when ready"}, payload="farewell"),
        "stopping-over": Story(acts=_STOPPED),
        "stopping-gone": Story(acts={**_STOPPED, STOPS: "remove"}),
        "ended-found": Story(before=STARTED, acts={ADOPTED: "stop"}, away={"seen": 1}),
        "ended-over": Story(before="running-over.record.finish.after", ends=True),
    }
)
