"""What happened before each of the `scenes`: events and histories, by hand."""

from __future__ import annotations

from tests.unit.console.scenes import NOW
from vacnet.factory.client import Events, EventState, History, TallyState

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
