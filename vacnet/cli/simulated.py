"""A simulated space as the dashboard asks it: `vacnet space --simulate SCENARIO`.

Rules of this file: a thread lets the time of the simulation pass at its pace and gives way to the screen
again and again; questions are answered between two of its slices. Where the host is too slow for the pace,
time goes by more slowly, and nothing is left out. Nothing here can be ordered about, for there is nobody to
order.
"""

from __future__ import annotations

import bisect
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import msgspec

from vacnet import __version__
from vacnet.factory.client import (
    FAILED,
    NO_INPUT,
    ClientError,
    DecisionState,
    DrainOrder,
    DrainState,
    Events,
    EventState,
    FactoryState,
    HoldOrder,
    HoldState,
    Machines,
    MachineState,
    PastState,
    Peers,
    SpaceState,
    StopOrder,
    Stopped,
    TargetState,
    WhyState,
)

if TYPE_CHECKING:
    from vacnet.simulate.watched.toy import ToyMachine, Watched
    from vacnet.simulate.whatif.site import Site

SLICE_SECONDS = 0.25
"""Virtual, for one hold of the lock, times the pace."""
REST_SECONDS = 0.01
SWITCH_SECONDS = 0.001
"""As long as the simulation may keep the interpreter when a key is pressed."""
PICTURE_SECONDS = 10.0
PICTURES_MAX = 2_000
EVENTS_MAX = 2_000
MEMORY_BYTES = 2 << 30


def watched(site: Site, seed: int) -> Watched:
    """Return a site to be watched: real agents, or a sketch of a large one."""
    from vacnet.simulate.watched.agents import FACTORIES_MAX, WatchedAgents  # late: each needs its own
    from vacnet.simulate.watched.sketch import Sketch

    return WatchedAgents(site, seed) if site.factories <= FACTORIES_MAX else Sketch(site, seed)


class Simulated:
    """A simulated space that goes on; see `console.dashboard.source.Source`. Use as `with`."""

    def __init__(self, site: Site, run: Watched, pace: float) -> None:
        """Let `run` go by `pace` seconds a second."""
        self._site, self._run, self._pace = site, run, pace
        self._began_wall, self._lock = time.time(), threading.Lock()
        self._events: list[EventState] = []
        self._pictures: list[SpaceState] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, name="simulation", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def clock(self) -> float:
        """Return the time of the simulation as if it had begun when this did, in Unix seconds."""
        return self._began_wall + self._run.now

    def space(self) -> SpaceState:
        """Return the space as of now."""
        with self._lock:
            return self._space()

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        """Return the machines of a factory, then the `ended` last ones that ended."""
        with self._lock:
            toys = self._run.machines(factory)
        live = [toy for toy in toys if toy.ended_at is None]
        last = sorted((toy for toy in toys if toy.ended_at is not None), key=lambda toy: toy.ended_at or 0.0)
        told = (*live, *last[len(last) - ended :]) if ended else live
        states = tuple(self._machine(toy, factory) for toy in told)
        return Machines(factory=factory, time=self.clock(), machines=states)

    def peers(self) -> Peers:
        """Return nobody: delays are the scenario's."""
        return Peers(factory=self._run.here, time=self.clock(), peers=())

    def events(self, after: int = 0, limit: int = 100) -> Events:
        """Return events of the factory through whose eyes the space is seen."""
        with self._lock:
            self._gather()
            found = tuple(event for event in self._events if event.serial > after)[:limit]
        return Events(factory=self._run.here, time=self.clock(), events=found)

    def why(self, target: str) -> WhyState:
        """Return why a target is or is not made there."""
        with self._lock:
            why = self._run.why(target)
        if why is None:
            raise ClientError(_NO_REASONS, NO_INPUT)
        return WhyState(factory=self._run.here, time=self.clock(), why=why)

    def decision(self, at: int) -> DecisionState:  # noqa: ARG002 (only the last is kept)
        """Return the last decision."""
        made, decision = self._run.decision() or (None, None)
        at_wall = None if made is None else self._began_wall + made
        return DecisionState(factory=self._run.here, time=self.clock(), made=at_wall, decision=decision)

    def log_tail(self, machine: str, lines: int) -> bytes:  # noqa: ARG002
        """Say that there is none."""
        raise ClientError("a simulated machine writes no log", NO_INPUT)

    def past(self, at: float, step: int = 0) -> PastState:
        """Return a picture of before."""
        with self._lock:
            pictures = list(self._pictures)
        times = [picture.time for picture in pictures]
        here, now = self._run.here, self.clock()
        if not times:
            return PastState(factory=here, time=now, first=None)
        place = bisect.bisect_right(times, at) - 1
        if place < 0 and step <= 0:
            return PastState(factory=here, time=now, first=times[0])
        picture = pictures[max(0, min(len(pictures) - 1, place + step))]
        return PastState(factory=here, time=now, first=times[0], made=picture.time, space=picture)

    def drain(self, order: DrainOrder) -> DrainState:  # noqa: ARG002
        """Refuse."""
        _nobody()

    def undrain(self, who: str = "") -> DrainState:  # noqa: ARG002
        """Refuse."""
        _nobody()

    def stop(self, machine: str, order: StopOrder) -> Stopped:  # noqa: ARG002
        """Refuse."""
        _nobody()

    def hold(self, target: str, order: HoldOrder) -> HoldState:  # noqa: ARG002
        """Refuse."""
        _nobody()

    def pass_time(self, until: float, step_seconds: float) -> None:
        """Let time pass at once, up to a virtual time: for whoever has not entered it."""
        while self._run.now < until:
            self._run.run_until(min(until, self._run.now + step_seconds))
            self._keep()

    # --- inside -------------------------------------------------------------------------------------------

    def _go(self) -> None:
        began = time.monotonic()
        while not self._over.wait(REST_SECONDS):
            due = min((time.monotonic() - began) * self._pace, self._site.seconds)
            with self._lock:
                self._run.run_until(min(due, self._run.now + SLICE_SECONDS * self._pace))
                self._keep()

    def _keep(self) -> None:
        if not self._pictures or self.clock() - self._pictures[-1].time >= PICTURE_SECONDS:
            self._pictures.append(self._space())
            del self._pictures[:-PICTURES_MAX]

    def _gather(self) -> None:
        for event in self._run.events():
            serial = self._events[-1].serial + 1 if self._events else 1
            at = self._began_wall + event.at
            self._events.append(
                EventState(
                    serial=serial, time=at, name=event.name, fields=event.fields, warning=event.warning
                )
            )
        del self._events[:-EVENTS_MAX]

    def _space(self) -> SpaceState:
        view = self._run.view()
        over = self._run.now >= self._site.seconds
        return SpaceState(
            space=self._site.name,
            factory=self._run.here,
            time=self.clock(),
            version=__version__,
            factories=msgspec.convert(view.factories, tuple[FactoryState, ...], from_attributes=True),
            targets=msgspec.convert(view.targets, tuple[TargetState, ...], from_attributes=True),
            starts_last_minute=view.starts_last_minute,
            rule_version=view.rule_version,
            warnings=(_OVER,) if over else (),
        )

    def _machine(self, toy: ToyMachine, factory: str) -> MachineState:
        began, now = self._began_wall, self.clock()
        started = None if toy.started_at is None else began + toy.started_at
        ended = None if toy.ended_at is None else began + toy.ended_at
        state = "ended" if ended else "running" if started else "starting"
        lived = 0.0 if started is None else (ended or now) - started
        return MachineState(
            name=toy.name,
            id=toy.id,
            uuid=toy.id,
            factory=factory,
            target=toy.target.name,
            state=state,
            processors=toy.processors,
            memory_bytes=MEMORY_BYTES * toy.processors,
            kind="PR",
            created=began + toy.created_at,
            started=started,
            ended=ended,
            hours=lived / 3600,
            cpu_seconds=0.0,
            cpu_efficiency=None,
            cpu_efficiency_recent=None,
            deadline=began + toy.deadline_at,
            proven=toy.proven,
            ticket=toy.ticket,
            outcome=toy.outcome,
            message=toy.message,
            by_vacnet=False,
            directory="",
        )


_NO_REASONS = (
    "a sketch of a large space has no reasons; simulate 60 factories or fewer for those of real agents"
)
_OVER = "the scenario is over: this is how it ended"


def _nobody() -> NoReturn:
    raise ClientError("a simulated space takes no orders", FAILED)


def site_of(path: Path) -> Site:
    """Return the site of a scenario file.

    Raises:
        CommandError: it cannot be read, or is wrong; every line that is wrong is told.
    """
    from vacnet.cli.simulate import site_of_files  # late: see output
    from vacnet.targets.source import SourceFile

    return site_of_files([SourceFile(str(path), path.read_bytes())], 0)
