"""What a factory answers in each state in which an admin may find a space, to every question of a command."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from msgspec.structs import replace as changed

from tests.unit.cli.canned import LOG
from tests.unit.console import past, scenes
from tests.unit.console.test_why_words import GROWING, IDLE, NAMES, SCENES
from vacnet.agent.why import Why
from vacnet.decide.reasons import Reason
from vacnet.factory.client import (
    DrainState,
    ErrorAnswer,
    Events,
    HoldState,
    Machines,
    Peers,
    Stopped,
    WhyState,
)

LATER_SECONDS = 60.0
"""So far ahead is the clock of a factory, so that no answer is old when it is shown."""
STATES = ("healthy", "one-silent", "draining", "back-off", "partitioned", "black-hole", "empty")
HERE = NAMES[0]
BEGUN = "draining since 11:40: new DIMMs (ada)"
ORDER = "draining since 12:03: firmware (ada); until `vacnet undrain`"

NO_TARGET = ErrorAnswer(error="this factory has no target 'lhcb-prod'; `vacnet targets` lists all")
NO_MACHINE = ErrorAnswer(
    error="this factory has no machine 'vac01-00.example.org'; `vacnet machines --ended 100` names those it "
    "remembers"
)
DRAIN = DrainState(
    factory=HERE,
    time=scenes.NOW,
    draining=True,
    words=ORDER,
    reason="firmware",
    who="ada",
    since=scenes.NOW,
    by=None,
    now=False,
    until_reboot=False,
    in_settings="",
    before="",
    left=tuple(machine.id for machine in scenes.WORKING),
    last_deadline=scenes.NOW + 79_200,
    unknown="",
)
DRAINS: Mapping[str, DrainState] = {
    "one-silent": changed(DRAIN, unknown="docker: connection refused"),
    "draining": changed(
        DRAIN,
        before=f"{BEGUN}; until `vacnet undrain`",
        left=DRAIN.left[:2],
        last_deadline=scenes.NOW + 21_600,
    ),
    "back-off": changed(DRAIN, left=(), last_deadline=None),
    "black-hole": changed(DRAIN, left=(), last_deadline=None),
    "empty": changed(DRAIN, left=(), last_deadline=None, in_settings="drain = true"),
}
HELD = HoldState(
    factory=HERE,
    time=scenes.NOW,
    target="lhcb-prod",
    here="held on this host since 12:03: bad image (ada)",
    space="",
    before="",
    changed=True,
)
HOLDS: Mapping[str, HoldState] = {
    "one-silent": changed(
        HELD, space="held in the whole space since 11:58 from vac02.example.org: ticket 4711"
    ),
    "draining": changed(HELD, here="", changed=False),
    "back-off": changed(HELD, here="", before=HELD.here),
    "partitioned": changed(HELD, before="held on this host since 11:40: image (ada)"),
}
STOPPED = Stopped(
    factory=HERE,
    time=scenes.NOW,
    name="vac01-00.example.org",
    id="1795520000_lhcb-prod_00",
    state="running",
    grace_seconds=60.0,
)
WHYS: Mapping[str, Why] = {
    "healthy": SCENES["open"],
    "one-silent": replace(GROWING, vetoes=()),
    "draining": replace(SCENES["open"], vetoes=(Reason("", "host.draining", BEGUN),)),
    "back-off": IDLE,
    "partitioned": replace(
        SCENES["open"],
        has=tuple(replace(has, live=has.factory == HERE) for has in GROWING.has),
        vetoes=(Reason("", "host.isolated", "isolated: none of 3 peers answers; starting goes on in 9m10s"),),
    ),
    "black-hole": replace(
        SCENES["open"],
        vetoes=(),
        reason=Reason(
            "lhcb-prod", "local.suspect", "kept away: 1210 of 1212 failed here, 2% elsewhere; again in 12m00s"
        ),
    ),
}


def answers(state: str) -> dict[str, object]:
    """Return what each address answers."""
    empty = state == "empty"
    later = time.time() + LATER_SECONDS
    return {
        "/v1/space": changed(scenes.SPACES[state], time=later),
        "/v1/machines": _machines(state),
        "/v1/factories/vac02.example.org/machines": scenes.MACHINES["afar"],
        "/v1/peers": changed(_peers(state), time=later),
        "/v1/events": Events(factory=HERE, time=scenes.NOW, events=past.HAPPENED[state]),
        "/v1/health": past.HEALTHS[state],
        "/v1/history": past.HISTORIES[state],
        "/v1/targets/lhcb-prod/why": NO_TARGET if empty else _why(state),
        "/v1/targets/lhcb-prod/hold": NO_TARGET if empty else HOLDS.get(state, HELD),
        "/v1/machines/vac01-00.example.org/stop": STOPPED if _machines(state).machines else NO_MACHINE,
        "/v1/machines/vac01-00.example.org/log": LOG if _machines(state).machines else NO_MACHINE,
        "/v1/drain": DRAINS.get(state, DRAIN),
        "/v1/undrain": _undrained(state),
    }


def _machines(state: str) -> Machines:
    none = {"back-off": "empty"}
    return scenes.MACHINES.get(none.get(state, state), scenes.MACHINES["working"])


def _peers(state: str) -> Peers:
    everybody_live = changed(
        scenes.PEERS["one-silent"],
        peers=tuple(p for p in scenes.PEERS["one-silent"].peers if p.state == "live"),
    )
    return scenes.PEERS.get(state, everybody_live)


def _why(state: str) -> WhyState:
    return WhyState(factory=HERE, time=scenes.NOW, why=replace(WHYS[state], target="lhcb-prod"))


def _undrained(state: str) -> DrainState:
    before = f"{BEGUN}; until `vacnet undrain`" if state == "draining" else ""
    held = DRAINS.get(state, DRAIN)
    return changed(held, words="", reason="", since=None, before=before, draining=bool(held.in_settings))
