"""What happened before each of the `scenes`, and how the factory is then: by hand."""

from __future__ import annotations

from tests.unit.console.scenes import GIB, NOW
from vacnet.factory.client import (
    Condition,
    Events,
    EventState,
    Health,
    HealthNumbers,
    History,
    TallyState,
)

HOUR = 3600.0
THIS_HOUR = NOW // HOUR * HOUR


def event(serial: int, ago: float, name: str, *, warning: bool = False, **fields: object) -> EventState:
    return EventState(serial=serial, time=NOW - ago, name=name, fields=fields, warning=warning)


EVENTS = Events(
    factory="vac01.example.org",
    time=NOW,
    events=(
        event(1, 60, "machine.started", machine="vac01-03.example.org", target="lhcb-prod"),
        event(2, 5, "settings.refused", warning=True, words="a \x1b[2J key is unknown", line=12),
    ),
)
HAPPENED: dict[str, tuple[EventState, ...]] = {
    "healthy": (
        event(11, 3671, "machine.ended", machine="vac01-00.example.org", target="lhcb-prod", outcome="ok"),
        event(12, 8, "machine.started", machine="vac01-01.example.org", target="lhcb-prod"),
    ),
    "one-silent": (event(21, 372, "factory.silent", warning=True, factory="vac04.example.org"),),
    "draining": (event(31, 1381, "factory.drained", warning=True, reason="new DIMMs", who="ada", now=False),),
    "back-off": (
        event(
            41,
            348,
            "machine.ended",
            machine="vac01-05.example.org",
            id="1795521430_ska-sim_05",
            target="ska-sim",
            outcome="nowork",
            message="300 Nothing to do",
            lived_seconds=2.0,
        ),
    ),
    "partitioned": tuple(
        event(50 + n, 48, "factory.silent", warning=True, factory=f"vac0{n}.example.org") for n in (2, 3)
    ),
    "black-hole": tuple(
        event(
            60 + n,
            90 - 20 * n,
            "machine.ended",
            machine=f"vac01-0{n}.example.org",
            target="lhcb-prod",
            outcome="error",
            message="700 fizzled after 2 seconds without a message",
            by_vacnet=True,
        )
        for n in (1, 2, 3)
    ),
    "empty": (event(71, 4, "factory.started", factory="vac01.example.org", machines=0, targets=0),),
}


def tally(target: str, code: int, ended: int, hours_ago: int = 0, **changes: object) -> TallyState:
    outcome = {2: "ok", 3: "nowork", 1: "neutral"}.get(code // 100, "error")
    values: dict[str, object] = {
        "target": target,
        "kind": "VM",
        "outcome": outcome,
        "code": code,
        "hour": THIS_HOUR - HOUR * hours_ago,
        "ended": ended,
        "ran": ended,
        "lived_seconds": 9000.0 * ended if outcome == "ok" else 90.0 * ended,
        "last": min(NOW - 12, THIS_HOUR - HOUR * hours_ago + 3000 - code),
        "words": {200: "Success", 300: "Nothing to do", 100: "stopped: new DIMMs"}.get(code, "fizzled"),
    }
    return TallyState(**{**values, **changes})  # type: ignore[arg-type]


def history(*tallies: TallyState, hours: float = 24.0) -> History:
    return History(factory="vac01.example.org", time=NOW, since=NOW - hours * HOUR, tallies=tallies)


WORK = tuple(tally("lhcb-prod", 200, 20 + n, hours_ago=n) for n in (0, 1, 2, 4))
NO_WORK = tuple(tally("ska-sim", 300, 4, n, kind="PR") for n in (0, 1))
ERRORS = (tally("atlas-mcore", 600, 3, 1, kind="DC", words="Software is broken"),)

HISTORIES: dict[str, History] = {
    "healthy": history(*WORK, *NO_WORK, *ERRORS, tally("atlas-mcore", 200, 31, 2, kind="DC")),
    "one-silent": history(*WORK),
    "draining": history(*WORK, tally("lhcb-prod", 100, 7)),
    "back-off": history(*NO_WORK, hours=2.5),
    "partitioned": history(*WORK[:1], hours=0.5),
    "black-hole": history(
        tally("lhcb-prod", 200, 2, 3), tally("lhcb-prod", 700, 1207), tally("lhcb-prod", 500, 3, ran=0)
    ),
    "empty": history(hours=0.001),
}


def numbers(**changes: object) -> HealthNumbers:
    values: dict[str, object] = {
        "peers_live": 3,
        "peers_silent": (),
        "peers_unheard": (),
        "machines_running": 14,
        "machines_starting": 0,
        "processors_total": 16,
        "processors_free": 2,
        "dropped_last_hour": 0,
        "disk_free_bytes": 310 * GIB,
        "disk_total_bytes": 500 * GIB,
    }
    return HealthNumbers(**{**values, **changes})  # type: ignore[arg-type]


def health(*conditions: tuple[str, str], counted: HealthNumbers | None = None, **changes: object) -> Health:
    values: dict[str, object] = {
        "factory": "vac01.example.org",
        "time": NOW,
        "version": "0.1.0",
        "state": "ready",
        "words": "",
        "up_seconds": 93_784.0,
        "pid": 4711,
        "counters": {},
        "conditions": tuple(Condition(name=name, words=words) for name, words in conditions),
        "numbers": counted or numbers(),
    }
    return Health(**{**values, **changes})  # type: ignore[arg-type]


IDLE = numbers(machines_running=0, processors_free=16)
HEALTHS: dict[str, Health] = {
    "healthy": health(),
    "one-silent": health(counted=numbers(peers_live=2, peers_silent=("vac04.example.org",))),
    "draining": health(("draining", "draining since 11:40: new DIMMs | by ada")),
    "back-off": health(counted=IDLE),
    "partitioned": health(
        ("isolated", "isolated: none of 3 peers answers; starting goes on in 9m10s"),
        counted=numbers(
            peers_live=0,
            peers_silent=("vac02.example.org", "vac03.example.org"),
            peers_unheard=("vac04.example.org",),
        ),
    ),
    "black-hole": health(
        ("black-hole", "lhcb-prod fails here and not elsewhere: this host suspects itself"), counted=IDLE
    ),
    "empty": health(
        ("settling", "settling: listening for peers, none heard yet"),
        counted=numbers(machines_running=0, peers_live=0, processors_free=16),
    ),
    "in-need": health(
        ("overload", "load 24.3 is over 20.0 ([factory] overload_per_processor = 1.25)"),
        ("wrong-key", "nothing from 192.0.2.9:8885 is taken: it speaks under a key not known here"),
        ("settings", "/etc/vacnet/vacnet.toml:12: targets.a.b: is no key"),
        counted=numbers(dropped_last_hour=92, disk_free_bytes=20 * GIB),
        words="the record cannot be relied on: the disk is full",
        trouble="the record cannot be relied on: the disk is full",
    ),
}
