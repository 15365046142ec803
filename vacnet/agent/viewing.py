"""Viewing: the space as one agent sees it, copied into the values of `view`.

Rules of this file: reading only; words for people are made here once, so that every table, answer and
test shows the same ones.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vacnet.agent import rules
from vacnet.agent.board import Board
from vacnet.agent.differences import differences
from vacnet.agent.effects import Effect, StartMachine
from vacnet.agent.host import Host
from vacnet.agent.namesake_words import namesake_words
from vacnet.agent.obstacles import cap_of_space, held_words
from vacnet.agent.strips import Strips
from vacnet.agent.view import FactoryView, SpaceView, TargetView
from vacnet.decide.standing import Standing, as_if_over
from vacnet.decide.tickets import first_claimant
from vacnet.decide.windows import State
from vacnet.outcomes import Kind
from vacnet.quantities import duration
from vacnet.space.rows import Flags, TargetRow
from vacnet.space.table import Known, Liveness, Table
from vacnet.targets.address import endpoint_text

MINUTE = 60.0

WHY_THERE = "`vacnet space` there says why"
"""Reasons are words of a host about itself and do not travel: the row has only flags."""
_SELF_TOLD = Flags.DRAINING | Flags.CONFLICT | Flags.VETO | Flags.SUSPECT
_CLEAR = Flags.SETTLING | Flags.ISOLATED
"""What these mean is the same on every host."""


@dataclass(slots=True)
class Starts:
    """When machines were started in the space, for the last minute."""

    times: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def count(self, effects: Sequence[Effect], now: float) -> None:
        """Count this factory's starts."""
        self.times.extend(now for effect in effects if isinstance(effect, StartMachine))

    def see(self, before: TargetRow | None, after: TargetRow, now: float) -> None:
        """Count another factory's starts, as far as its row shows them."""
        if before is not None:
            self.times.extend([now] * max(0, round(after.tried - before.tried)))

    def last_minute(self, now: float) -> int:
        """Return how many there were in the last minute."""
        while self.times and self.times[0] < now - MINUTE:
            self.times.popleft()
        return len(self.times)


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to look at."""

    table: Table
    board: Board
    host: Host
    strips: Strips
    starts: Starts


def space_view(sight: Sight, now: float) -> SpaceView:
    """Return the whole space at `now`."""
    table = sight.table
    counted = {known.name for known in table.counted(now)}
    shown = [known for known in table.factories.values() if known.name in counted]
    made = _made(shown, sight.board.ledgers)
    told = rules.told_by(table.live(now))
    return SpaceView(
        factories=tuple(_factory(sight, known, told, now) for known in sorted(shown, key=lambda k: k.name)),
        targets=tuple(_target(sight, name, made, now) for name in sorted(sight.board.ledgers)),
        starts_last_minute=sight.starts.last_minute(now),
        rule_version=told.lowest,
    )


# --- factories ------------------------------------------------------------------------------------------


def _factory(sight: Sight, known: Known, told: rules.Told, now: float) -> FactoryView:
    row, me = known.row, sight.table.me
    itself = known is me
    state = Liveness.LIVE if itself else known.liveness(now)
    measured = sight.host.facts if itself else row
    heard = 0.0 if itself or known.heard_at is None else max(0.0, now - known.heard_at)
    differ = bool(row.settings_digest) and row.settings_digest != me.row.settings_digest
    return FactoryView(
        name=known.name,
        itself=itself,
        state=state.value,
        heard_seconds=heard,
        address=row.advertise or (endpoint_text(*known.address) if known.address else ""),
        flags=_flags(row.flags),
        processors_total=row.processors_total,
        processors_free=row.processors_free,
        machines_running=sum(target.machines_running for target in known.targets.values()),
        machines_starting=sum(target.machines_starting for target in known.targets.values()),
        load=measured.load,
        memory_free_bytes=measured.memory_free_bytes,
        disk_free_bytes=measured.disk_free_bytes,
        deadline_seconds=None if row.deadline_at is None else row.deadline_at - now,
        version=row.software_version,
        settings_differ=differ,
        note=_note(sight, known, told, now, differ=differ),
        rule_version=row.rule_version if known.row_version else rules.NOBODY_TOLD,
    )


def _flags(flags: Flags) -> tuple[str, ...]:
    return tuple((flag.name or "").lower() for flag in Flags if flag & flags)


def _note(sight: Sight, known: Known, told: rules.Told, now: float, *, differ: bool) -> str:
    itself, state = known is sight.table.me, known.liveness(now)
    if itself and sight.host.reasons:
        return sight.host.reasons[0].words
    if state is Liveness.SILENT:
        return "silent: its machines are counted until it is heard or forgotten"
    if state is Liveness.DEPARTED:
        held = any(row.machines_running + row.machines_starting for row in known.targets.values())
        return (
            f"said goodbye: {'its machines are counted for ten minutes' if held else 'no machine was left'}"
        )
    notes = [] if itself else [*_told_by_flags(known, now)]
    notes += list(_failing(sight, known))[:2]
    notes += filter(None, (rules.note(known.row.rule_version, told),) if known.row_version else ())
    if differ:
        notes.append(f"settings differ from ours: {differences(known.targets, sight.table.me.targets)}")
    return "; ".join(notes)


def _told_by_flags(known: Known, now: float) -> Iterator[str]:
    """Yield what the flags of another mean, or where that is told."""
    if namesakes := namesake_words(known, now):
        yield namesakes
    elif known.row.flags & _SELF_TOLD and not known.row.flags & _CLEAR:
        yield WHY_THERE


def _failing(sight: Sight, known: Known) -> Iterator[str]:
    """Yield which targets fail on a factory; first those for which this one suspects itself."""
    ledgers = sight.board.ledgers if known is sight.table.me else {}
    suspected = sorted(name for name, ledger in ledgers.items() if ledger.suspicion.count)
    yield from (f"{name} fails here and not elsewhere" for name in suspected)
    failing = sorted(row.target for row in known.targets.values() if _fails(row))
    yield from (f"{name} fails here" for name in failing if name not in suspected)


def _fails(row: TargetRow) -> bool:
    """Tell whether the last the factory heard of its machines of the target is a fault of its own."""
    return row.can == 0 and row.error_at is not None and row.error_at > (row.verdict_at or -math.inf)


# --- targets --------------------------------------------------------------------------------------------


def _made(factories: Iterable[Known], targets: Iterable[str]) -> dict[str, int]:
    """Return by target the processors that its machines have in the space; a claim has none yet."""
    made = dict.fromkeys(targets, 0)
    for known in factories:
        for name, row in known.targets.items():
            if name in made:
                made[name] += row.processors_running + row.processors_starting
    return made


def _target(sight: Sight, name: str, made: Mapping[str, int], now: float) -> TargetView:
    board = sight.board
    ledger, standing = board.ledgers[name], board.standings[name]
    strip = sight.strips.show(name, now)
    last = strip[-1] if strip else None
    window = standing.window
    reason = board.reasons.get(name)
    state, words = _state(sight, name, standing, now)
    return TargetView(
        name=name,
        model=ledger.target.machine_model.value,
        origin=ledger.target.origin,
        share=_part(_share(board, name), (_share(board, other) for other in board.ledgers)),
        got=_part(made[name], made.values()),
        machines_running=standing.machines_running,
        machines_starting=standing.machines_starting,
        processors=standing.processors,
        state=state,
        words=words,
        window_number=window.number,
        window_opener=window.opener,
        window_length_seconds=window.length_seconds,
        back_off_left_seconds=max(0.0, window.ends_at() - now) if standing.state is State.BACK_OFF else 0.0,
        streak=window.streak,
        proofs=standing.proofs,
        noworks=standing.noworks,
        tickets_available=standing.available,
        tickets_taken=standing.taken.bit_count(),
        here=reason.words if reason else "",
        held_here=name in sight.host.facts.holds,
        last_code=last.code if last else 0,
        last_ago_seconds=last.ago_seconds if last else None,
        last_factory=last.factory if last else "",
        outcomes=strip,
    )


def _share(board: Board, name: str) -> float:
    """Return the share of a target against the others; 0 while it is held or nobody can make its machines."""
    ledger = board.ledgers[name]
    return 0.0 if ledger.hold.held or _made_nowhere(board, name) else ledger.target.target_share


def _made_nowhere(board: Board, name: str) -> bool:
    """Tell whether this host has no engine for a target and no factory shows that it has one.

    Whoever has one is a candidate, or has tried the target; then its share is due to it in the space.
    """
    target, standing = board.ledgers[name].target, board.standings[name]
    tried = standing.window.number or standing.machines_running or standing.machines_starting
    known = bool(standing.candidates or tried or standing.proof_at is not None)
    return not known and bool(board.rooms.facts.engines_away.get(target.machine_model))


def _part(value: float, all_values: Iterable[float]) -> float:
    total = sum(max(0.0, one) for one in all_values)
    return max(0.0, value) / total if total else 0.0


def _state(sight: Sight, name: str, standing: Standing, now: float) -> tuple[str, str]:
    """Return a target's state and what it means now, for people."""
    if unmade := _unmade(sight.board, name, now):
        return unmade
    window = standing.window
    if standing.state is State.BACK_OFF:
        left = max(0.0, window.ends_at() - now)
        who = first_claimant(name, as_if_over(standing))
        probes = f", then {who} probes first" if who else ""
        return standing.state.value, f"{_why_back_off(sight, name, now)}; {duration(left)} left{probes}"
    if standing.state is State.PROBING:
        return standing.state.value, _probing(sight, name, standing)
    held = cap_of_space(sight.board.ledgers[name].target, standing)
    cap = f"; no more: {held}" if held else ""
    if standing.state is State.GROWING:
        taken = standing.taken.bit_count()
        found = f"{standing.proofs} found work, {taken} of {standing.available} tickets taken"
        return standing.state.value, f"{found}{cap}"
    working = f"at work: {standing.proven_running} proven, {standing.unproven} unproven"
    return standing.state.value, f"{working}{cap}"


def _unmade(board: Board, name: str, now: float) -> tuple[str, str] | None:
    """Return why nothing is made of a target whatever its window, as state and words; None: something may."""
    ledger = board.ledgers[name]
    if ledger.target.target_share <= 0:
        return "no share", "its share is 0: nothing is made of it"
    if held := held_words(ledger.hold, now):
        return "held", held
    if _made_nowhere(board, name):
        model = ledger.target.machine_model
        return "no share", f"no live factory makes machines of model {model}; the others have its share"
    return None


def _why_back_off(sight: Sight, name: str, now: float) -> str:
    """Return what the last machine of the target said, in two words."""
    strip = sight.strips.show(name, now)
    return f"fails with {strip[-1].code}" if strip and strip[-1].kind == Kind.ERROR else "no work"


def _probing(sight: Sight, name: str, standing: Standing) -> str:
    if standing.taken & 1:
        return "one probe is out"
    who = first_claimant(name, standing)
    if who:
        return f"{who} is to probe"
    reason = sight.board.reasons.get(name)
    return f"nobody can start a probe now; here: {reason.words}" if reason else "nobody can start a probe now"
