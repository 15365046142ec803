"""The ledger of one target on this factory: its window, its machines, and the row they make.

Rules of this file: the row is derived from the machines each time, never counted up and down, so that
no order of events and no restart can leave a count behind. What outlives a machine (the last message,
the last proof, the local back-off) stands here by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from vacnet.agent.own import TAKE_BACK, Fate, OwnMachine, fate_of
from vacnet.decide.blackholes import NONE, Suspicion, is_suspect, peers_rate, suspected
from vacnet.decide.local import LocalBackOff, failed
from vacnet.decide.peers import Peer
from vacnet.outcomes import Outcome
from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.space.rows import TargetRow
from vacnet.space.window import Window, merge, never_tried
from vacnet.targets.model import Proof, Target

PROOF_SECONDS_MAX = 7200.0
PROOF_AGE_FACTOR = 1.5
NOWORK_LIFE_FACTOR = 2.0
LIFE_SECONDS_MIN = 1e-3
"""What never ran has no age, also where `fizzle_seconds` is 0."""
GOOD_VERDICT_SECONDS = 30.0
"""A machine alive for so long speaks for this factory."""
DECAY_SECONDS = 3600.0
NOT_MADE_SECONDS = 60.0
"""A wait of so long comes after more than a minute of tries: that is no hiccup any more."""
NOWORKS_KEPT = 256
"""No more are ever needed: a window opens at an eighth of the unproven."""


@dataclass(slots=True)
class Ledger:
    """What this factory knows of one target by its own machines."""

    target: Target
    window: Window
    digest: bytes = b""
    """Of the target's definition, kept because it is asked for with every row."""
    hold: Hold = NEVER_HELD
    machines: dict[str, OwnMachine] = field(default_factory=dict)
    nowork_ends: list[float] = field(default_factory=list)
    back_off: LocalBackOff = field(default_factory=LocalBackOff)
    not_made: str = ""
    not_made_until: float = 0.0
    not_made_seconds: float = 0.0
    """The last wait for another try; it doubles until a machine starts."""
    message_code: int = 0
    message_at: float | None = None
    proof_at: float | None = None
    proof_started_at: float | None = None
    proof_age_seconds: float = 0.0
    nowork_life_seconds: float = 0.0
    error_code: int = 0
    error_at: float | None = None
    verdict_at: float | None = None
    tried: float = 0.0
    failed: float = 0.0
    counted_at: float = 0.0
    errors_in_row: int = 0
    """Local errors since a machine last proved or found no work in so many words."""
    suspicion: Suspicion = NONE
    kept_suspicion: Suspicion = NONE
    """The one that the record has."""
    unjudged: bool = False
    """A local error has come since suspicion was last weighed."""

    # --- what the space knows, as far as the ledger needs it --------------------------------------------

    def define(self, target: Target) -> None:
        """Take over a target's definition, new or changed."""
        if target is not self.target or not self.digest:
            self.target, self.digest = target, target.digest()

    def learn(self, proof_age_seconds: float, nowork_life_seconds: float, newest_start: float | None) -> bool:
        """Take over what other factories' machines have taught: the longest lives, the youngest proof.

        Returns True when that changes what our own row says.
        """
        before = (self.proof_age_seconds, self.nowork_life_seconds, len(self.nowork_ends))
        self.proof_age_seconds = max(self.proof_age_seconds, proof_age_seconds)
        self.nowork_life_seconds = max(self.nowork_life_seconds, nowork_life_seconds)
        if newest_start is not None:
            self.nowork_ends = [end for end in self.nowork_ends if end >= newest_start]
        return before != (self.proof_age_seconds, self.nowork_life_seconds, len(self.nowork_ends))

    def adopt(self, window: Window) -> bool:
        """Merge a window into ours; True when ours changed."""
        merged = merge(self.target.name, self.window, window)
        if merged is self.window:
            return False
        changed = merged != self.window
        if merged.identity != self.window.identity:
            self._enter(merged)
        self.window = merged
        return changed

    def _enter(self, window: Window) -> None:
        """Drop ended machines that mean nothing under the new window."""
        self.machines = {
            uuid: machine
            for uuid, machine in self.machines.items()
            if machine.unfinished or _counts(machine, window)
        }

    def age_needed(self) -> float:
        """Return the age in seconds at which a machine counts as proven by age."""
        most = float(TAKE_BACK * self.target.fizzle_seconds)
        return min(most, max(float(self.target.fizzle_seconds), self.proof_age_seconds))

    def proof_seconds(self) -> float:
        """Return how long a machine may go without a verdict before its ticket is free again."""
        if self.target.proof_seconds:
            return float(self.target.proof_seconds)
        needed = max(self.age_needed(), NOWORK_LIFE_FACTOR * self.nowork_life_seconds)
        return max(float(self.target.fizzle_seconds), min(PROOF_SECONDS_MAX, needed))

    # --- what happens to machines -----------------------------------------------------------------------

    def add(self, machine: OwnMachine, now: float) -> None:
        """Enter a machine that is about to be made, or one from before a restart."""
        self.machines[machine.uuid] = machine
        self._count(now, tried=1.0)

    def drop(self, uuid: str, reason: str, retry_seconds: float, now: float) -> None:
        """Take out a machine that was never made, and keep its target off until a retry."""
        self.machines.pop(uuid, None)
        self.not_made, self.not_made_until = reason, now + retry_seconds
        self.not_made_seconds = retry_seconds

    def begin(self, machine: OwnMachine, now: float) -> None:
        """Enter that a machine runs: whatever could not be had before could be had now."""
        machine.started_at, self.not_made_seconds = now, 0.0

    def cannot_be_made(self, now: float) -> bool:
        """Tell whether its machines could not be made again and again, and nothing says that they can now."""
        return self.not_made_seconds >= NOT_MADE_SECONDS and now < self.not_made_until + self.not_made_seconds

    def prove(self, machine: OwnMachine, now: float, *, by_age: bool = False) -> None:
        """Enter a proof; a second one of the same machine changes nothing."""
        if machine.proved_at is not None:
            return
        machine.proved_at, machine.proved_by_age = now, by_age
        started = machine.started_at if machine.started_at is not None else machine.created_at
        self.proof_at = max(now, self.proof_at or now)
        self.proof_started_at = max(started, self.proof_started_at or started)
        self.verdict_at = max(now, self.verdict_at or now)
        self.back_off = LocalBackOff()
        self._clear(machine)

    def end(self, machine: OwnMachine, outcome: Outcome, lived_seconds: float, now: float) -> Fate:
        """Enter an end and return what it means."""
        self._settle_age(machine, lived_seconds, now)
        machine.fate = fate_of(machine, outcome, lived_seconds, self.target.fizzle_seconds)
        machine.ended_at = now
        self.message_code, self.message_at = outcome.told_code, now
        if machine.fate is Fate.OK:
            self.prove(machine, now)
        elif machine.fate is Fate.NOWORK:
            self._end_nowork(machine, lived_seconds, now)
        elif machine.fate in (Fate.LOCAL_ERROR, Fate.SILENT):
            self._end_badly(machine, outcome, now)
        if not _counts(machine, self.window):
            del self.machines[machine.uuid]
        return machine.fate

    def _settle_age(self, machine: OwnMachine, lived_seconds: float, now: float) -> None:
        """Let its life say whether it came of age: of an end that nobody saw, time had told too much."""
        machine.over = False
        if machine.proved_by_age and lived_seconds < self.target.fizzle_seconds:
            machine.proved_at, machine.proved_by_age = None, False
        elif self.target.proof is Proof.FIZZLE and lived_seconds >= max(self.age_needed(), LIFE_SECONDS_MIN):
            self.prove(machine, now, by_age=True)

    def _end_nowork(self, machine: OwnMachine, lived_seconds: float, now: float) -> None:
        if machine.proved_at is not None:
            machine.proved_at = None
            most = float(TAKE_BACK * self.target.fizzle_seconds)
            self.proof_age_seconds = max(self.proof_age_seconds, min(most, PROOF_AGE_FACTOR * lived_seconds))
        self._clear(machine)
        self.nowork_life_seconds = max(self.nowork_life_seconds, lived_seconds)
        self.nowork_ends = [*self.nowork_ends, now][-NOWORKS_KEPT:]

    def _end_badly(self, machine: OwnMachine, outcome: Outcome, now: float) -> None:
        short = outcome.transient or machine.fate is Fate.SILENT
        self.back_off = failed(self.target, self.back_off, short=short, now=now)
        if machine.fate is Fate.LOCAL_ERROR:
            self.error_code, self.error_at = outcome.message.code, now
            self._count(now, failed=1.0)
            self.errors_in_row += 1
            self.unjudged |= machine.created_at >= self.suspicion.until  # older ones say nothing new

    def _clear(self, machine: OwnMachine) -> None:
        """Enter that machines work here: one that was made before a suspicion says nothing about it."""
        self.errors_in_row = 0
        if machine.created_at >= self.suspicion.since:
            self.suspicion = NONE

    def judge(self, others: Callable[[], Sequence[Peer]], now: float) -> None:
        """Weigh the local errors that have come against what peers see: is it this host?"""
        weighed, self.unjudged = not self.unjudged, False
        if weighed or now < self.suspicion.until:
            return
        rate = peers_rate(self.target, others(), now)
        if self.suspicion.count or is_suspect(self.errors_in_row, self.failed, self.tried, rate):
            self.suspicion = suspected(self.suspicion, self.failed, self.tried, rate, now)

    def _count(self, now: float, *, tried: float = 0.0, failed: float = 0.0) -> None:
        """Count into two sums that decay over an hour; what is older than the last count decayed since."""
        fade = math.exp(-max(0.0, now - self.counted_at) / DECAY_SECONDS)
        weight = math.exp(-max(0.0, self.counted_at - now) / DECAY_SECONDS)
        self.tried = self.tried * fade + tried * weight
        self.failed = self.failed * fade + failed * weight
        self.counted_at = max(now, self.counted_at)

    # --- what time alone does ---------------------------------------------------------------------------

    def pass_time(self, now: float) -> bool:
        """Enter proofs by age and good verdicts that have come due; True when one had."""
        due = [machine for machine in self.unfinished() if self._is_due(machine, now)]
        for machine in due:
            good_at = (machine.started_at or now) + GOOD_VERDICT_SECONDS
            if now >= good_at > (self.error_at or -math.inf):
                self.verdict_at = max(good_at, self.verdict_at or good_at)
            self.come_of_age(machine, now)
        return bool(due)

    def come_of_age(self, machine: OwnMachine, now: float) -> None:
        """Enter a proof by age if the machine is old enough for one."""
        if self._proves_by_age(machine, now):
            self.prove(machine, now, by_age=True)

    def _is_due(self, machine: OwnMachine, now: float) -> bool:
        """Tell whether a machine's age says something that has not been entered."""
        if machine.started_at is None or machine.over:
            return False
        good_at = machine.started_at + GOOD_VERDICT_SECONDS
        is_good = now >= good_at > max(self.error_at or -math.inf, self.verdict_at or -math.inf)
        return is_good or (machine.proved_at is None and self._proves_by_age(machine, now))

    def _proves_by_age(self, machine: OwnMachine, now: float) -> bool:
        by_age = self.target.proof is Proof.FIZZLE and machine.started_at is not None and not machine.over
        return by_age and now >= (machine.started_at or 0.0) + self.age_needed()

    def wary(self) -> bool:
        """Tell whether the newest verdict here is a local error."""
        return self.error_at is not None and self.error_at > (self.verdict_at or -math.inf)

    def on_trial(self) -> bool:
        """Tell whether a machine that began after the newest local error has not proved yet."""
        began = -math.inf if self.error_at is None else self.error_at
        return any(m.proved_at is None and m.created_at >= began for m in self.unfinished())

    def next_change(self, now: float, look_seconds: float = 0.0) -> float:
        """Return when time alone changes the row next; infinity for never.

        A window's end counts `look_seconds` later, if it has not come yet.
        """
        due = [self.not_made_until, self.back_off.until, self.suspicion.until]
        if (end := self.window.ends_at()) > now:
            due.append(end + look_seconds)
        for machine in self.unfinished():
            due.append(machine.created_at + self.proof_seconds())
            if machine.started_at is not None:
                due += [machine.started_at + GOOD_VERDICT_SECONDS, machine.started_at + self.age_needed()]
        return min((at for at in due if at > now), default=math.inf)

    def unfinished(self) -> list[OwnMachine]:
        """Return the machines that take room."""
        return [machine for machine in self.machines.values() if machine.unfinished]

    # --- the row ----------------------------------------------------------------------------------------

    def row(self, base: TargetRow, now: float) -> TargetRow:
        """Return the row: `base` with `can`, claim, share and digest, completed by the machines."""
        patience = self.proof_seconds()
        ours = [machine for machine in self.machines.values() if machine.under(self.window.identity)]
        running = [machine for machine in self.machines.values() if machine.running]
        starting = [m for m in self.machines.values() if m.unfinished and not m.running]
        return replace(
            base,
            window=self.window,
            hold=self.hold,
            machines_running=len(running),
            machines_starting=len(starting),
            processors_running=sum(machine.processors for machine in running),
            processors_starting=sum(machine.processors for machine in starting),
            unproven=sum(machine.unproven(patience, now) for machine in self.machines.values()),
            proven_running=sum(machine.proved_at is not None for machine in running),
            tickets=_bits(m.ticket.number for m in ours if m.holds(patience, now)),
            proofs=sum(machine.proved_at is not None for machine in ours),
            noworks=sum(machine.fate is Fate.NOWORK for machine in ours),
            message_code=self.message_code,
            message_at=self.message_at,
            proof_at=self.proof_at,
            proof_started_at=self.proof_started_at,
            uncontradicted=len(self.nowork_ends),
            proof_age_seconds=self.proof_age_seconds,
            nowork_life_seconds=self.nowork_life_seconds,
            error_code=self.error_code,
            error_at=self.error_at,
            verdict_at=self.verdict_at,
            tried=self.tried,
            failed=self.failed,
        )


def new_ledger(target: Target, now: float) -> Ledger:
    """Return the ledger of a target this factory has never tried."""
    ledger = Ledger(target=target, window=never_tried(now), counted_at=now)
    ledger.define(target)
    return ledger


def _counts(machine: OwnMachine, window: Window) -> bool:
    """Tell whether an ended machine still means something: its ticket is used up under the window."""
    used = machine.proved_at is not None or machine.fate is Fate.NOWORK
    return used and machine.under(window.identity)


def _bits(numbers: Iterable[int]) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits
