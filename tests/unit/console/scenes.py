"""Answers of a factory by hand, one for each state in which an admin may find a space."""

from __future__ import annotations

import msgspec

from vacnet.factory.client import (
    FactoryState,
    Machines,
    MachineState,
    Outcome,
    Peers,
    PeerState,
    SpaceState,
    TargetState,
)

NOW = 1_795_521_781.0
"""2026-11-24 12:03:01 UTC."""

GIB = 1 << 30
KINDS = {"o": ("ok", 200), "n": ("nowork", 300), "e": ("error", 500), ".": ("neutral", 200)}


def outcomes(signs: str) -> tuple[Outcome, ...]:
    """Return a strip from one letter each, newest last."""
    count = len(signs)
    return tuple(
        Outcome(
            kind=KINDS[sign][0],
            code=KINDS[sign][1],
            factory=f"vac0{index % 3 + 1}",
            ago_seconds=5.0 * (count - index),
        )
        for index, sign in enumerate(signs)
    )


def target(name: str, state: str, words: str, **changes: object) -> TargetState:
    values: dict[str, object] = {
        "name": name,
        "model": "process",
        "origin": "/etc/vacnet/vacnet.toml:12",
        "share": 0.5,
        "got": 0.5,
        "machines_running": 0,
        "machines_starting": 0,
        "processors": 0,
        "state": state,
        "words": words,
        "window_number": 3,
        "window_opener": "vac02.example.org",
        "window_length_seconds": 600.0,
        "back_off_left_seconds": 0.0,
        "streak": 1,
        "proofs": 0,
        "noworks": 0,
        "tickets_available": 1,
        "tickets_taken": 0,
        "here": "furthest below its share",
    }
    return msgspec.structs.replace(msgspec.convert(values, TargetState), **changes)


def factory(name: str, **changes: object) -> FactoryState:
    values: dict[str, object] = {
        "name": name,
        "itself": False,
        "state": "live",
        "heard_seconds": 0.4,
        "address": "192.0.2.11:5995",
        "flags": (),
        "processors_total": 16,
        "processors_free": 2,
        "machines_running": 14,
        "machines_starting": 0,
        "load": 13.2,
        "memory_free_bytes": 20 * GIB,
        "disk_free_bytes": 310 * GIB,
        "deadline_seconds": None,
        "version": "0.1.0",
        "settings_differ": False,
        "note": "",
    }
    return msgspec.structs.replace(msgspec.convert(values, FactoryState), **changes)


LHCB = target(
    "lhcb-prod",
    "open",
    "furthest below its share",
    share=0.5,
    got=0.47,
    machines_running=20,
    machines_starting=2,
    processors=20,
    window_number=41,
    proofs=64,
    tickets_available=64,
    tickets_taken=64,
    model="cernvm4",
    last_code=200,
    last_ago_seconds=12.0,
    last_factory="vac03.example.org",
    outcomes=outcomes("oooooooonooooooooooo.ooo"),
)
ATLAS = target(
    "atlas-mcore",
    "growing",
    "5 tickets of 9 taken, 4 proofs",
    share=0.3,
    got=0.33,
    machines_running=14,
    processors=14,
    window_number=7,
    proofs=4,
    tickets_available=9,
    tickets_taken=5,
    model="docker",
    here="at its share",
    last_code=600,
    last_ago_seconds=95.0,
    last_factory="vac01.example.org",
    outcomes=outcomes("ooooeeoooooooooo"),
)
SKA = target(
    "ska-sim",
    "back-off",
    "no work; 4m12s left, then vac03.example.org probes first",
    share=0.2,
    got=0.0,
    window_number=19,
    back_off_left_seconds=252.0,
    streak=5,
    noworks=1,
    tickets_taken=1,
    here="in back-off",
    last_code=300,
    last_ago_seconds=348.0,
    last_factory="vac02.example.org",
    outcomes=outcomes("nnnnnnnnnnnnnnnnnnnnnnnn"),
)
TARGETS = (ATLAS, LHCB, SKA)

VAC01 = factory("vac01.example.org", itself=True, heard_seconds=None, address="192.0.2.11:5995")
VAC02 = factory("vac02.example.org", processors_free=0, machines_running=16, load=15.8, heard_seconds=0.9)
VAC03 = factory("vac03.example.org", processors_free=12, machines_running=4, machines_starting=2, load=3.1)
VAC04 = factory("vac04.example.org", processors_free=0, machines_running=16, load=24.3, heard_seconds=1.4)


def space(
    factories: tuple[FactoryState, ...], targets: tuple[TargetState, ...] = TARGETS, **changes: object
) -> SpaceState:
    values: dict[str, object] = {
        "space": "vac.example.org",
        "factory": "vac01.example.org",
        "time": NOW,
        "version": "0.1.0",
        "factories": factories,
        "targets": targets,
        "starts_last_minute": 12,
        "warnings": (),
    }
    return msgspec.structs.replace(msgspec.convert(values, SpaceState), **changes)


SILENT_04 = factory("vac04.example.org", state="silent", heard_seconds=372.0, machines_running=16)
DRAINING_02 = factory(
    "vac02.example.org",
    flags=("draining",),
    processors_free=9,
    machines_running=7,
    deadline_seconds=21_600.0,
    note="draining since 11:40: new DIMMs; 7 machines left",
)

HEALTHY = space((VAC01, VAC02, VAC03, VAC04))
ONE_SILENT = space((VAC01, VAC02, VAC03, SILENT_04))
DRAINING = space((VAC01, DRAINING_02, VAC03, VAC04))
BACK_OFF = space(
    tuple(
        factory(f"vac0{n}.example.org", itself=n == 1, processors_free=16, machines_running=0, load=0.1)
        for n in (1, 2, 3)
    ),
    (
        target(
            "ska-sim",
            "back-off",
            "no work; 1m20s left, then vac03.example.org probes first",
            share=0.8,
            got=0.0,
            streak=4,
            back_off_left_seconds=80.0,
            outcomes=outcomes("ooooonnnnn"),
        ),
        target(
            "lhcb-prod",
            "probing",
            "vac02.example.org holds the only ticket, for 12s",
            share=0.2,
            got=0.0,
            machines_starting=1,
            outcomes=outcomes("n"),
        ),
    ),
    starts_last_minute=1,
)
PARTITIONED = space(
    (
        VAC01,
        factory("vac02.example.org", state="silent", heard_seconds=48.0),
        factory("vac03.example.org", state="silent", heard_seconds=47.0),
        factory("vac04.example.org", state="unknown", heard_seconds=None, address="192.0.2.14:5995"),
    ),
    warnings=(
        "isolated: none of 3 peers answers; starting goes on in 9m10s. Check the network of this host",
    ),
)
EMPTY = space(
    (
        factory(
            "vac01.example.org",
            itself=True,
            flags=("settling",),
            processors_free=16,
            machines_running=0,
            load=0.0,
        ),
    ),
    (),
    starts_last_minute=0,
)

BLACK_HOLE = space(
    (
        factory(
            "vac01.example.org",
            itself=True,
            processors_free=16,
            machines_running=0,
            load=0.2,
            flags=("suspect",),
            note="lhcb-prod fails here and not elsewhere",
        ),
        VAC02,
        VAC03,
    ),
    (
        msgspec.structs.replace(
            LHCB,
            here="kept away: 1210 of 1212 failed here, 2% elsewhere; again in 12m00s",
            outcomes=outcomes("oooooooeeeeeeooeooooeooo"),
            last_code=700,
        ),
        ATLAS,
        SKA,
    ),
)

DEMO = space(
    (
        factory("demo-1", itself=True, processors_total=4, processors_free=0, machines_running=4, load=6.2),
        factory(
            "demo-2",
            processors_total=4,
            processors_free=1,
            machines_running=3,
            machines_starting=1,
            load=6.2,
            heard_seconds=0.2,
        ),
        factory(
            "demo-3", processors_total=4, processors_free=0, machines_running=4, load=6.2, heard_seconds=0.7
        ),
    ),
    (
        target(
            "mandelbrot",
            "open",
            "working: furthest below its share",
            share=0.6,
            got=0.82,
            machines_running=9,
            machines_starting=1,
            outcomes=outcomes("oooooooooooo"),
        ),
        target(
            "idle",
            "back-off",
            "no work; 23s left, then demo-2 probes first",
            share=0.2,
            got=0.0,
            streak=3,
            back_off_left_seconds=23.0,
            outcomes=outcomes("nnn"),
        ),
        target(
            "faulty",
            "growing",
            "errors on demo-3 alone, kept away from there for 16s",
            share=0.2,
            got=0.18,
            machines_running=2,
            outcomes=outcomes("oeooeoe"),
        ),
    ),
    space="demo",
    factory="demo-1",
    starts_last_minute=14,
)

SPACES = {
    "healthy": HEALTHY,
    "one-silent": ONE_SILENT,
    "draining": DRAINING,
    "back-off": BACK_OFF,
    "partitioned": PARTITIONED,
    "black-hole": BLACK_HOLE,
    "empty": EMPTY,
    "demo": DEMO,
}


def machine(
    number: int,
    target_name: str,
    state: str,
    hours: float = 2.0,
    ended: float | None = None,
    **changes: object,
) -> MachineState:
    started = (ended or NOW) - 3600 * hours
    values: dict[str, object] = {
        "name": f"vac01-{number:02d}.example.org",
        "id": f"1795520000_{target_name}_{number:02d}",
        "uuid": f"00000000-0000-4000-8000-0000000000{number:02d}",
        "factory": "vac01.example.org",
        "target": target_name,
        "state": state,
        "processors": 1,
        "memory_bytes": 2 * GIB,
        "kind": "PR",
        "created": started,
        "started": started,
        "ended": ended,
        "hours": hours,
        "cpu_seconds": 7000.0,
        "cpu_efficiency": 0.97,
        "cpu_efficiency_recent": 0.99,
        "deadline": NOW + 79200,
        "proven": True,
        "ticket": -1,
        "outcome": "",
        "message": "",
        "by_vacnet": False,
        "directory": f"/var/lib/vacnet/machines/1795520000_{target_name}_{number:02d}",
    }
    return msgspec.structs.replace(msgspec.convert(values, MachineState), **changes)


WORKING = (
    machine(
        0, "lhcb-prod", "running", processors=8, kind="VM", cpu_efficiency=0.875, cpu_efficiency_recent=0.973
    ),
    machine(
        1,
        "lhcb-prod",
        "starting",
        kind="DC",
        started=None,
        hours=0.0,
        cpu_efficiency=None,
        cpu_efficiency_recent=None,
        proven=False,
        created=NOW - 8,
    ),
    machine(
        2,
        "atlas-mcore",
        "running",
        processors=8,
        kind="SC",
        hours=13.25,
        cpu_efficiency=0.31,
        cpu_efficiency_recent=0.02,
    ),
    machine(
        3,
        "ska-sim",
        "running",
        hours=0.01,
        cpu_efficiency=None,
        cpu_efficiency_recent=None,
        proven=False,
        ticket=0,
    ),
    machine(4, "lhcb-prod", "stopping", hours=23.9),
)
ENDED = (
    machine(
        5,
        "ska-sim",
        "ended",
        ended=NOW - 348,
        hours=0.02,
        outcome="nowork",
        message="300 Nothing to do",
        cpu_efficiency=0.4,
        cpu_efficiency_recent=None,
    ),
    machine(
        6,
        "lhcb-prod",
        "ended",
        ended=NOW - 4000,
        hours=18.2,
        outcome="ok",
        message="200 Success",
        cpu_efficiency_recent=None,
    ),
    machine(
        7,
        "atlas-mcore",
        "ended",
        ended=NOW - 90_000,
        hours=0.1,
        outcome="error",
        message="700 heartbeat file not updated",
        by_vacnet=True,
        cpu_efficiency_recent=None,
    ),
)
FAILED = tuple(
    machine(
        number,
        "lhcb-prod",
        "ended",
        ended=NOW - 90 + 20 * number,
        hours=0.001,
        outcome="error",
        message="700 fizzled after 2 seconds without a message",
        by_vacnet=True,
        cpu_efficiency=None,
        cpu_efficiency_recent=None,
        proven=False,
    )
    for number in (1, 2, 3)
)
MACHINES = {
    "working": Machines(factory="vac01.example.org", time=NOW, machines=WORKING),
    "ended": Machines(factory="vac01.example.org", time=NOW, machines=WORKING[:2] + ENDED),
    "draining": Machines(
        factory="vac01.example.org",
        time=NOW,
        machines=(
            machine(0, "lhcb-prod", "stopping", processors=8, kind="VM", deadline=NOW + 25),
            machine(1, "ska-sim", "running", deadline=NOW + 21_600),
        ),
    ),
    "black-hole": Machines(factory="vac01.example.org", time=NOW, machines=FAILED),
    "empty": Machines(factory="vac01.example.org", time=NOW, machines=()),
    "afar": Machines(
        factory="vac02.example.org",
        time=NOW,
        machines=(machine(0, "lhcb-prod", "running", factory="vac02.example.org", directory=""),),
        asked_by="vac01.example.org",
        age_seconds=0.042,
    ),
}

PEERS = {
    "one-silent": Peers(
        factory="vac01.example.org",
        time=NOW,
        peers=(
            PeerState(
                name="vac02.example.org",
                configured=True,
                address="192.0.2.12:5995",
                state="live",
                heard_seconds=0.4,
                note="",
                factory="vac02.example.org",
                version="0.1.0",
                key="3f00ab12",
                round_trip_seconds=0.00042,
                delay_seconds=0.00021,
            ),
            PeerState(
                name="vac03.example.org:5996",
                configured=True,
                address="192.0.2.13:5996",
                state="live",
                heard_seconds=1.2,
                note="",
                factory="vac03.example.org",
                version="0.1.0",
                key="3f00ab12",
                round_trip_seconds=0.0213,
                delay_seconds=0.01065,
                rows_missing=2,
            ),
            PeerState(
                name="vac04.example.org",
                configured=True,
                address="192.0.2.14:5995",
                state="silent",
                heard_seconds=372.0,
                note="",
            ),
            PeerState(
                name="vac09.example.org",
                configured=True,
                address="",
                state="unknown",
                heard_seconds=None,
                note="its name is not known to DNS or /etc/hosts: is it spelt right?",
            ),
            PeerState(
                name="vac05.example.org",
                configured=False,
                address="192.0.2.15:5995",
                state="live",
                heard_seconds=0.1,
                note="",
            ),
        ),
    ),
    "partitioned": Peers(
        factory="vac01.example.org",
        time=NOW,
        peers=tuple(
            PeerState(
                name=f"vac0{n}.example.org",
                configured=n != 4,
                address=f"192.0.2.1{n}:8885",
                state="silent",
                heard_seconds=46.0 + n,
                note="",
                factory=f"vac0{n}.example.org",
                version="0.1.0",
                key="3f00ab12",
            )
            for n in (2, 3, 4)
        ),
        warnings=("isolated: none of 3 peers answers; starting goes on in 9m10s",),
    ),
    "empty": Peers(factory="vac01.example.org", time=NOW, peers=()),
}
