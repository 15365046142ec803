"""A source that answers by heart, can be made to hang or fail, and writes down what it was told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import msgspec

from tests.unit.console import past, scenes
from tests.unit.console.scenes import NOW
from tests.unit.console.test_why_words import IDLE
from vacnet.decide.reasons import Decision, Reason
from vacnet.factory.client import (
    ClientError,
    DecisionState,
    DrainOrder,
    DrainState,
    Events,
    EventState,
    HoldOrder,
    HoldState,
    Machines,
    PastState,
    Peers,
    SpaceState,
    StopOrder,
    Stopped,
    WhyState,
)

HERE = "vac01.example.org"
PATIENCE_SECONDS = 20.0
GONE = "no factory answers at /run/vacnet/control.sock: does vacnet.service run?"
DECIDED = DecisionState(
    factory=HERE,
    time=NOW,
    made=NOW - 2,
    decision=Decision(
        at=100.0,
        chosen="lhcb-prod",
        reasons=(
            Reason("lhcb-prod", "chosen", "furthest below its share"),
            Reason("ska-sim", "window.back-off", "back-off: 4m12s left"),
        ),
    ),
)
NO_DRAIN = DrainState(
    factory=HERE,
    time=NOW,
    draining=True,
    words="draining since 12:03: new DIMMs",
    reason="new DIMMs",
    who="ada",
    since=NOW,
    by=None,
    now=False,
    until_reboot=False,
    in_settings="",
    before="",
    left=(),
    last_deadline=None,
    unknown="",
)
OWN = {HERE: scenes.MACHINES["working"], "vac02.example.org": scenes.MACHINES["afar"]}
LOG = b"first line\nsecond \x1b[31mline\nno end of line"


@dataclass(slots=True, kw_only=True)
class Canned:
    """See `vacnet.console.dashboard.source.Source`: what each question gets is an attribute."""

    state: SpaceState = scenes.HEALTHY
    machines: Mapping[str, Machines] = field(default_factory=lambda: dict(OWN))
    happened: tuple[EventState, ...] = past.HAPPENED["healthy"]
    decided: DecisionState = DECIDED
    album: tuple[PastState, ...] = ()
    """Pictures, oldest first."""
    log: bytes = LOG
    asked: Counter[str] = field(default_factory=Counter)
    orders: list[object] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)
    """Words of failure by question."""
    gates: dict[str, threading.Event] = field(default_factory=dict)
    at_once: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def hanging(self, question: str) -> Iterator[threading.Event]:
        """Have a question get no answer until the block is left; who asks meanwhile waits for the event."""
        gate = self.gates[question] = threading.Event()
        try:
            yield gate
        finally:
            self.gates.pop(question, None)
            gate.set()

    def _enter(self, question: str) -> None:
        self.asked[question] += 1
        self.at_once[question] += 1
        self.most_at_once[question] = max(self.most_at_once[question], self.at_once[question])
        try:
            if gate := self.gates.get(question):
                assert gate.wait(PATIENCE_SECONDS)
            if words := self.failing.get(question):
                raise ClientError(words, 69)
        finally:
            self.at_once[question] -= 1

    def space(self) -> SpaceState:
        self._enter("space")
        return self.state

    def peers(self) -> Peers:
        self._enter("peers")
        return scenes.PEERS["one-silent"]

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        self._enter("machines")
        answer = self.machines.get(factory, Machines(factory=factory, time=NOW, machines=()))
        if ended:
            return answer
        left = tuple(one for one in answer.machines if one.ended is None)
        return msgspec.structs.replace(answer, machines=left)

    def events(self, after: int = 0, limit: int = 100) -> Events:
        self._enter("events")
        fresh = [event for event in self.happened if event.serial > after]
        return Events(factory=HERE, time=NOW, events=tuple(fresh[:limit]))

    def why(self, target: str) -> WhyState:
        self._enter("why")
        return WhyState(factory=HERE, time=NOW, why=replace(IDLE, target=target))

    def decision(self, at: int) -> DecisionState:
        self._enter("decision")
        if self.decided.made is not None and self.decided.made <= at:
            return self.decided
        return msgspec.structs.replace(self.decided, made=None, decision=None)

    def log_tail(self, machine: str, lines: int) -> bytes:
        self._enter("log")
        self.orders.append(("log", machine, lines))
        return self.log

    def past(self, at: float, step: int = 0) -> PastState:
        self._enter("past")
        first = self.album[0].made if self.album else None
        until = [number for number, one in enumerate(self.album) if (one.made or 0.0) <= at]
        if not until and step <= 0:
            return PastState(factory=HERE, time=NOW, first=first)
        place = (until[-1] if until else -1) + step
        found = self.album[max(0, min(place, len(self.album) - 1))]
        return msgspec.structs.replace(found, first=first)

    def drain(self, order: DrainOrder) -> DrainState:
        self._enter("drain")
        self.orders.append(order)
        return NO_DRAIN

    def undrain(self, who: str = "") -> DrainState:
        self._enter("undrain")
        self.orders.append(("undrain", who))
        return msgspec.structs.replace(NO_DRAIN, draining=False, words="", before=NO_DRAIN.words)

    def stop(self, machine: str, order: StopOrder) -> Stopped:
        self._enter("stop")
        self.orders.append((machine, order))
        return Stopped(
            factory=HERE, time=NOW, name="vac01-00", id=machine, state="running", grace_seconds=30.0
        )

    def hold(self, target: str, order: HoldOrder) -> HoldState:
        self._enter("hold")
        self.orders.append((target, order))
        held = f"held on this host: {order.reason}" if order.held else ""
        return HoldState(factory=HERE, time=NOW, target=target, here=held, space="", before="", changed=True)


def picture(ago: float, state: SpaceState, machines: Machines = scenes.MACHINES["working"]) -> PastState:
    """Return the picture of a space as it was so many seconds before now."""
    then = NOW - ago
    return PastState(
        factory=HERE,
        time=NOW,
        first=then,
        made=then,
        space=msgspec.structs.replace(state, time=then),
        machines=machines.machines,
    )


ALBUM = (
    picture(7_200.0, scenes.BACK_OFF, scenes.MACHINES["empty"]),
    picture(1_200.0, scenes.ONE_SILENT),
    picture(610.0, scenes.DRAINING),
    picture(10.0, scenes.HEALTHY),
)
