"""What the control socket answers: the JSON that every command and the dashboard read.

Rules of this file: values only; each answer carries `schema`, raised when a field changes meaning or
goes away (new fields do not raise it). Durations are seconds, times Unix seconds, sizes bytes.
"""

from __future__ import annotations

import msgspec

from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision

SCHEMA = 1
HISTORY_SECONDS_MAX = 92 * 86_400
"""Three months of a busy factory are counted in half a second, during which nothing else is written."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One end in a target's strip of the last outcomes of the whole space."""

    kind: str
    """`ok`, `nowork`, `error` or `neutral`."""
    code: int
    factory: str
    ago_seconds: float


class TargetState(msgspec.Struct, frozen=True, kw_only=True):
    """A target as this factory sees the space."""

    name: str
    model: str
    origin: str
    share: float
    """Due part of the space's processors, 0 to 1."""
    got: float
    """Part of the processors in use that it has, 0 to 1."""
    machines_running: int
    machines_starting: int
    processors: int
    state: str
    """`back-off`, `probing`, `growing`, `open`, `quarantined` or `no share`."""
    words: str
    """The state for people: how long yet, who probes, what is wrong."""
    window_number: int
    window_opener: str
    window_length_seconds: float
    back_off_left_seconds: float
    streak: int
    proofs: int
    noworks: int
    tickets_available: int
    tickets_taken: int
    here: str
    """Why this factory would or would not start one now."""
    held_here: bool = False
    """Whether an admin holds it on this host; `held` as the state is a hold of the whole space."""
    last_code: int = 0
    last_ago_seconds: float | None = None
    last_factory: str = ""
    outcomes: tuple[Outcome, ...] = ()
    """Newest last, at most 24."""


class FactoryState(msgspec.Struct, frozen=True, kw_only=True):
    """A factory as this one knows it."""

    name: str
    itself: bool
    state: str
    """`live`, `silent`, `departed` or `unknown` (a configured peer that is heard as no factory)."""
    heard_seconds: float | None
    address: str
    flags: tuple[str, ...]
    """Of `draining`, `veto`, `settling`, `isolated`, `conflict`, `suspect`."""
    processors_total: int
    processors_free: int
    machines_running: int
    machines_starting: int
    load: float
    """Of one minute. It and the two that follow are measured: of itself now, of another when they had last
    moved by a quarter, at most every 30 s, or when anything else of it changed."""
    memory_free_bytes: int
    disk_free_bytes: int
    deadline_seconds: float | None
    version: str
    settings_differ: bool
    note: str
    """For people: what is special about it now."""
    rule_version: int = 0
    """The newest version of the rules of decision that it has; 0: it has told none."""


class RefusedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A target that is defined and not offered here."""

    name: str
    words: str
    """Why: file and line or address, what is wrong, what to do."""


class SpaceState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/space`."""

    schema: int = SCHEMA
    space: str
    factory: str
    time: float
    version: str
    factories: tuple[FactoryState, ...]
    targets: tuple[TargetState, ...]
    starts_last_minute: int
    rule_version: int = 0
    """Of the rules by which the space decides: the lowest that a live factory tells; 0: none has told."""
    warnings: tuple[str, ...]
    """Settings problems, override in force, quarantined pipe entries, key or peer trouble."""
    refused: tuple[RefusedTarget, ...] = ()
    """Targets that somebody defined for this factory and that it does not offer."""


class MachineState(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of this factory."""

    name: str
    id: str
    uuid: str
    factory: str
    target: str
    state: str
    """`created`, `starting`, `running`, `stopping` or `ended`."""
    processors: int
    memory_bytes: int
    kind: str
    """`VM`, `DC`, `SC` or `PR`."""
    created: float
    started: float | None
    ended: float | None
    hours: float
    cpu_seconds: float
    cpu_efficiency: float | None
    """CPU seconds by wall seconds and processors over its life, 1.0 is all of them."""
    cpu_efficiency_recent: float | None
    """The same over the last minutes."""
    deadline: float
    proven: bool
    ticket: int
    outcome: str
    message: str
    by_vacnet: bool
    directory: str


class Machines(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/machines?ended=N`: unfinished ones, then the N last ended.

    `GET /v1/factories/{name}/machines?ended=N` is the same of another factory, asked over the network.
    """

    schema: int = SCHEMA
    factory: str
    """Whose machines they are."""
    time: float
    machines: tuple[MachineState, ...]
    asked_by: str = ""
    """The factory that asked another for this; empty: it is of the factory that answers."""
    age_seconds: float = 0.0
    """Nothing of it was older than this when it was given: how long the asking took."""


class PeerState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a configured or met peer."""

    name: str
    """As written in the peers file, or the factory's name."""
    configured: bool
    address: str
    state: str
    heard_seconds: float | None
    note: str
    factory: str = ""
    """Name of the factory that was heard there; empty: none."""
    version: str = ""
    """Of its software."""
    key: str = ""
    """Id of the key under which it spoke last; empty: it was never heard directly."""
    round_trip_seconds: float | None = None
    """Of the last question that it answered."""
    delay_seconds: float | None = None
    """How long its news take to come here: half the round trip, which is right where both ways are alike."""
    rows_missing: int = 0
    """Of its changes that were heard of and are not here yet."""
    flags: tuple[str, ...] = ()
    """`conflict`: two running factories bear its name."""


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the ring that the factory has read; never the secret itself."""

    id: str
    """8 hexadecimal digits, as every datagram under this key bears them."""
    role: str
    """`member` or `observe`."""
    seals: bool
    """What this factory says is sealed with it."""
    peers: tuple[str, ...]
    """Live factories that spoke under it last."""


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/peers`."""

    schema: int = SCHEMA
    factory: str
    time: float
    peers: tuple[PeerState, ...]
    keys: tuple[KeyState, ...] = ()
    """In the order of the key file."""
    warnings: tuple[str, ...] = ()
    """Of whom nothing is taken, and why: a wrong key, another space."""


class EventState(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the record, of the kinds the log has."""

    serial: int
    time: float
    name: str
    fields: dict[str, object]
    warning: bool


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/events?after=SERIAL&limit=N`: oldest first."""

    schema: int = SCHEMA
    factory: str
    time: float
    events: tuple[EventState, ...]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is the matter with a factory."""

    name: str
    """Stable: a veto (`draining`, `isolated`, `overload` ...), a topic (`settings`, `keys`, `peers` ...),
    `wrong-key`, `namesakes`, `engine` or `black-hole`."""
    words: str


class HealthNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """What of a factory can be counted and is worth a threshold."""

    peers_live: int
    peers_silent: tuple[str, ...]
    peers_unheard: tuple[str, ...]
    """Configured, and never heard; one that bears another's name is told as a condition."""
    machines_running: int
    machines_starting: int
    processors_total: int
    processors_free: int
    dropped_last_hour: int
    """Datagrams that the kernel dropped in the last hour."""
    disk_free_bytes: int
    """Of the state directory's file system, for who is not root."""
    disk_total_bytes: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/health`: cheap, for monitoring and for whoever waits for a factory to come up."""

    schema: int = SCHEMA
    factory: str
    time: float
    version: str
    state: str
    """`ready`, `restricted` (runs on a last good copy of bad settings and starts nothing) or `stopping`."""
    words: str
    """What is wrong, empty when nothing is."""
    up_seconds: float
    pid: int
    counters: dict[str, int]
    """What the socket layer and the agent counted since the start, by stable names."""
    trouble: str = ""
    """Why the record cannot be written; empty: it can."""
    conditions: tuple[Condition, ...] = ()
    numbers: HealthNumbers | None = None
    """None: of a factory that does not tell them."""


class TallyState(msgspec.Struct, frozen=True, kw_only=True):
    """So many machines of one target that ended alike in one hour of UTC, on this factory."""

    target: str
    kind: str
    """`VM`, `DC`, `SC` or `PR`; empty: not known any more."""
    outcome: str
    """`ok`, `nowork`, `error` or `neutral`."""
    code: int
    hour: float
    """Its beginning, in Unix seconds."""
    ended: int
    ran: int
    """Those of them that ran at all."""
    lived_seconds: float
    """Of those that ran, together."""
    last: float
    """When the last of them ended, in Unix seconds."""
    words: str
    """Its message; empty: not known any more."""
    factory: str = ""
    """Where they ended; empty: on the factory that answers."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/history?since=UNIX`: how machines of this factory ended since then."""

    schema: int = SCHEMA
    factory: str
    time: float
    since: float
    """As asked, or when the record begins if that was later; at most `HISTORY_SECONDS_MAX` ago."""
    tallies: tuple[TallyState, ...]


class DrainOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/drain`."""

    reason: str
    by: float | None = None
    """When the last machine has to be gone, in Unix seconds."""
    now: bool = False
    """End all machines."""
    until_reboot: bool = False
    who: str = ""
    """Who asks, as root says (sudo); anybody else is who the kernel says."""


class UndrainOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/undrain`."""

    who: str = ""


class StopOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/machines/{name or id}/stop`."""

    reason: str
    who: str = ""


class HoldOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/targets/{target}/hold`."""

    held: bool
    """False: it is let go of."""
    space: bool = False
    """In the whole space, not only on this host."""
    reason: str = ""
    who: str = ""


class HoldState(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `HoldOrder`: what holds the target from now on."""

    schema: int = SCHEMA
    factory: str
    time: float
    target: str
    here: str
    """The hold of this host, in full; empty: none."""
    space: str
    """That of the whole space."""
    before: str
    """What was replaced or ended; empty: nothing."""
    changed: bool
    """False: there was nothing to let go of."""
    in_space: bool = False
    """Whether the order was about the whole space."""


class DrainState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/drain`, and the answer to both orders: what drains this factory and what is left."""

    schema: int = SCHEMA
    factory: str
    time: float
    draining: bool
    """By an order or by the settings."""
    words: str
    """The order that holds, in full; empty: none."""
    reason: str
    who: str
    since: float | None
    by: float | None
    now: bool
    until_reboot: bool
    in_settings: str
    """What of the settings drains it besides; empty: nothing."""
    before: str
    """Of the answer to an order: the drain that it replaced or ended; empty: there was none."""
    left: tuple[str, ...]
    """Ids of machines that an engine shows running, or whose end is not dealt with."""
    last_deadline: float | None
    """When the last of them is ended at the latest; None: there is none, or not known."""
    unknown: str
    """Which engines do not answer, so that nobody can say what runs on them; empty: all answer."""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `StopOrder`: the machine is being ended, and will end neutral with the reason."""

    schema: int = SCHEMA
    factory: str
    time: float
    name: str
    id: str
    state: str
    """Its state when the order came."""
    grace_seconds: float
    """What it has from the asking to the killing."""


class WhyState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/targets/{target}/why`: what the decision about one target looked at."""

    schema: int = SCHEMA
    factory: str
    time: float
    why: Why


class DecisionState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/decisions?at=UNIX`: the last decision made until then, None when none is known."""

    schema: int = SCHEMA
    factory: str
    time: float
    made: float | None
    """Unix seconds."""
    decision: Decision | None
    """Its own time, `at`, is monotonic."""


class PastState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/past?at=MILLISECONDS&before=N&after=N`: the picture that was kept last until then.

    With `before` or `after` the one so many pictures before or after it; the first or the last, where there
    are not so many.
    """

    schema: int = SCHEMA
    factory: str
    time: float
    first: float | None
    """Of the oldest picture that is kept, in Unix seconds; None: there is none."""
    made: float | None = None
    """When this one was made, in Unix seconds; None: there is none that old."""
    space: SpaceState | None = None
    machines: tuple[MachineState, ...] = ()
    """Of this factory, those that had not ended then and that the record still has."""


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Any answer with a status of 400 or above."""

    schema: int = SCHEMA
    error: str
    """What is wrong and what to do, for people."""
