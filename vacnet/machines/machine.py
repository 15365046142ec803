"""One unfinished machine as the keeper knows it, and what happens to it.

Rules of this file: values; only the machine's own `life` changes a `Machine`. All times without
`_wall` are on this boot's clock: what the record kept under an earlier boot was converted on the way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vacnet.machines.heartbeat import STOP_REASONS, Heartbeat
from vacnet.machines.lifecycle import Event, State
from vacnet.machines.meter import Meter
from vacnet.machines.runtime import Seen
from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import Template
from vacnet.outcomes import Ending, Outcome, Policy

ALWAYS = 1 << 62
"""The serial of a look that is never too old: news from us and not from an engine."""


NEVER_STARTED = "factory restarted before it started"
REBOOTED = "host rebooted"
REMOVED = "removed by a foreign hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One moment on both clocks."""

    boot: float
    wall: float

    def at(self, wall: float) -> float:
        """Return the moment of wall time on this boot's clock; before this boot it is negative."""
        return self.boot - (self.wall - wall)

    def wall_at(self, boot: float) -> float:
        """Return the wall time of a moment of this boot."""
        return self.wall - (self.boot - boot)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened to a machine."""

    event: Event
    words: str = ""
    """Why: of a stop, a refusal, a start that cannot be had, or an end without a word of the engine."""
    seen: Seen | None = None
    look: int = ALWAYS
    """Serial of the look at the engine that showed it."""
    deadline_at: float = 0.0
    """Of `LOWERED`."""
    of_target: bool = False
    """Of `REFUSED`: whatever host it is, because of what its target has it run."""


@dataclass(slots=True, kw_only=True)
class Machine:
    """A machine from the moment it is wanted until its end is dealt with."""

    spec: Spec
    state: State
    created_at: float
    own_deadline_at: float | None = None
    """The deadline it was made with, which it has again when the host's is taken back."""
    earlier_boot: bool = False
    """It was made before the host was last booted, so it cannot be running any more."""
    clock_ahead: float = 0.0
    """What the clock by which the record has its times shows more than this boot's."""
    over: bool = False
    """An engine has shown its end, which may still wait to be dealt with."""
    restored: bool = False
    """The record had it when this factory started."""
    reference: str = ""
    started_at: float | None = None
    started_wall: float | None = None
    proved_at: float | None = None
    proves_now: bool = False
    """The last look found its proof, and none had before."""
    known: bool = True
    """The agent has heard of it: it was wished for, or restored at the start."""
    stop_reason: str = ""
    words: str = ""
    """Of the last news."""
    refusal: str = ""
    """The engine's words when it could not start it."""
    no_program: str = ""
    """Why no host could start it: what it is to run is no program."""
    not_made: bool = False
    """Something it needs was not to be had: there was no machine."""
    seen: Seen | None = None
    """What the engine showed of its end."""
    template: Template | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    message: bytes | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    recorded_now: bool = False
    """The record took the outcome now, so it has not been told before."""
    untold: bool = False
    """Its files do not have its deadline: a disk was full, or a kill came between record and files."""
    settled: int = 0
    """Looks at the engine with a serial below this one are older than what we did last."""
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    meter: Meter = field(default_factory=Meter)

    @property
    def unsure(self) -> bool:
        """Tell whether only its engine can say how far its start had come when a factory died."""
        return self.state is State.CREATED and self.restored

    def deadline_under(self, host_at: float, soonest: float, announced: float) -> float:
        """Return the deadline it should have when its host's is `host_at` (infinity: none).

        Nothing is announced sooner than `soonest`, and what was `announced` is not put off for that.
        """
        own = self.spec.deadline_at if self.own_deadline_at is None else self.own_deadline_at
        return max(min(own, host_at), min(announced, soonest))

    @property
    def lived_seconds(self) -> float:
        """Return how long it ran until its end; 0 if it never did."""
        if self.started_at is None or self.ended_at is None:
            return 0.0
        return max(0.0, self.ended_at - self.started_at)

    def take(self, news: News, now: Now) -> None:
        """Take news in, before the steps that follow from it."""
        self.words = news.words
        match news.event:
            case Event.REFUSED if news.of_target:
                self.no_program = news.words
            case Event.REFUSED:
                self.refusal = news.words
            case Event.NOT_NOW:
                self.not_made = True
            case Event.LOWERED:
                deadline_wall = int(now.wall_at(news.deadline_at))
                if self.own_deadline_at is None:
                    self.own_deadline_at = self.spec.deadline_at
                self.spec = replace(self.spec, deadline_at=news.deadline_at, deadline_wall=deadline_wall)
            case Event.FOUND if news.seen is not None:
                self.reference = self.reference or news.seen.reference
                self.begun(news.seen, now)
            case Event.OVER if news.seen is not None:
                self.seen = news.seen
                if news.seen.began:
                    self.begun(news.seen, now)
                self.meter.sample(news.seen.usage, now.boot)

    def begun(self, seen: Seen, now: Now) -> None:
        """Settle when it started, if we were not there: since it was made, and not after now."""
        if self.started_at is not None:
            return
        began_at = self.created_at if seen.began_wall is None else now.at(seen.began_wall)
        self.started_at = min(max(began_at, self.created_at), now.boot)
        self.started_wall = now.wall_at(self.started_at)

    def end(self, now: Now) -> None:
        """Settle when it ended: as its engine says, else now; of an earlier boot, at that boot's end.

        One that left a message or a proof ran, also if its engine forgot it before anybody saw when it began.
        """
        if self.message is not None or self.proved_at is not None:
            self.begun(Seen(machine_id=self.spec.id, running=False), now)
        self.ended_at = self._engines_end(now, self.latest(now))

    def latest(self, now: Now) -> float:
        """Return the last moment at which anything can have happened to it: now, or the end of its boot."""
        return min(now.boot, 0.0) if self.earlier_boot else now.boot

    def prove(self, now: Now) -> None:
        """Settle when it proved that it found work, which is seen now."""
        self.proved_at = self.latest(now)

    def _engines_end(self, now: Now, latest: float) -> float:
        """Return when its engine says that it ended, by the wall clock as it is now or was at its start.

        It may have been set between the two, and no machine ended before it began.
        """
        if self.seen is None or self.seen.ended_wall is None:
            return latest
        by_now = now.at(self.seen.ended_wall)
        if self.started_at is None or self.started_wall is None:
            return min(by_now, latest)
        by_start = self.started_at + self.seen.ended_wall - self.started_wall
        fitting = (at for at in (by_now, by_start) if self.started_at <= at <= latest)
        return next(fitting, min(max(by_now, self.started_at), latest))

    def ending(self) -> Ending:
        """Return what is known of its end, for the judgement."""
        seen = self.seen or Seen(machine_id=self.spec.id, running=False)
        heartbeat = STOP_REASONS.get(self.stop_reason, "")
        return Ending(
            lived_seconds=self.lived_seconds,
            message=self.message,
            start_failure=self.refusal,
            no_program=self.no_program,
            stopped="" if heartbeat or self._never_ran() else self.stop_reason or self._lost(),
            memory_used_bytes=seen.memory_used_bytes,
            memory_limit_bytes=(seen.memory_limit_bytes or self.spec.memory_bytes) * seen.out_of_memory,
            over_disk=seen.over_disk,
            heartbeat=heartbeat,
            exit_code=seen.exit_code,
            failed=seen.failed,
        )

    def policy(self) -> Policy:
        """Return what of its target's definition the judgement needs."""
        target = self.spec.target
        return Policy(fizzle_seconds=target.fizzle_seconds, exit_codes=target.exit_codes)

    def _never_ran(self) -> bool:
        return bool(self.refusal or self.no_program)

    def _lost(self) -> str:
        """Return why it ended when neither it nor we ended it."""
        if self.seen is None:
            return self.words or self._absence()
        return self.seen.lost or (REBOOTED if self.earlier_boot else "")

    def _absence(self) -> str:
        if self.started_at is None:
            return NEVER_STARTED
        return REBOOTED if self.earlier_boot else REMOVED
