"""Obstacles: why this factory cannot start a machine of a target now, whatever its window says.

Rules of this file: one table, the first that applies is the reason. A target with an obstacle makes this
factory no candidate: its `can` is 0 and its turns go to others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vacnet.agent.here import Here
from vacnet.decide.caps import processors_left
from vacnet.decide.placement import GB, Room, fits, has_time
from vacnet.decide.reasons import Reason
from vacnet.decide.standing import Claim, Standing
from vacnet.quantities import duration, plural, size
from vacnet.space.hold import Hold
from vacnet.targets.model import Target

Rule = Callable[[Here], str]


def _share(here: Here) -> str:
    share = here.target.target_share
    return "" if share > 0 else f"its share is {share:g}: nothing is made of it"


def _held_here(here: Here) -> str:
    return here.facts.holds.get(here.target.name, "")


def _held_in_space(here: Here) -> str:
    return held_words(here.hold, here.now)


def held_words(hold: Hold, now: float) -> str:
    """Return who holds a target in the whole space, since when and why; empty: nobody."""
    if not hold.held:
        return ""
    return (
        f"held in the whole space from {hold.author} {duration(max(0.0, now - hold.at))} ago: {hold.reason}"
    )


def _veto(here: Here) -> str:
    return here.vetoes[0].words if here.vetoes else ""


def _engine(here: Here) -> str:
    return here.facts.engines_away.get(here.target.machine_model, "")


def _not_made(here: Here) -> str:
    return f"{here.not_made}; tried again in {duration(here.retry_at - here.now)}" if here.not_made else ""


def _local(here: Here) -> str:
    left = here.back_off.until - here.now
    often = "once" if here.back_off.count == 1 else f"{here.back_off.count} times in a row"
    failed = f"failed here {often} (last {here.error_code})"
    if left > 0:
        return f"{failed}: off for {duration(left)}"
    return f"{failed}: one machine is tried first" if here.wary and here.on_trial else ""


def _suspect(here: Here) -> str:
    suspicion = here.suspicion
    if not suspicion.count:
        return ""
    here_failed = f"{suspicion.failed:.1f} of {suspicion.tried:.1f} failed here within an hour"
    numbers = f"{here_failed}, elsewhere {suspicion.rate:.0%}"
    if here.now < suspicion.until:
        left = duration(suspicion.until - here.now)
        return f"this host is suspected: {numbers}; one machine is tried in {left}"
    return f"this host is on trial by one machine: {numbers}" if here.on_trial else ""


def _cap_factory(here: Here) -> str:
    cap = here.target.max_machines_per_factory
    machines = plural(here.machines_here, "machine")
    return f"{machines} here, at most {cap}" if cap and here.machines_here >= cap else ""


def _cap_space(here: Here) -> str:
    return cap_of_space(here.target, here.standing, here.claims_ahead, here.claimed)


def cap_of_space(target: Target, standing: Standing, claims: Sequence[Claim] = (), claimed: int = 0) -> str:
    """Return which of its own limits keeps a target from more anywhere; empty: none.

    Args:
        target: Whose limits.
        standing: What there is.
        claims: Those of others that count.
        claimed: Processors that this factory has claimed, 0 for none.
    """
    machines = standing.machines_running + standing.machines_starting
    most = target.max_machines_running
    if most and machines + len(claims) >= most:
        besides = f" and {len(claims)} claimed" if claims else ""
        return f"{plural(machines, 'machine')} in the space{besides}, at most {most}"
    most, left = target.max_processors_running, processors_left(target, standing, claims)
    if most and left < max(target.min_processors, claimed):
        return f"{plural(most - left, 'processor')} in the space, at most {most}"
    return ""


def _too_large(here: Here) -> str:
    if fits(here.target, here.room_whole):
        return ""
    needs = _needs(here, here.room_whole)
    lacking = (f"{need}, it has {there}" for need, there, enough in needs if not enough)
    return "too large for this host: needs " + "; ".join(lacking)


def _time(here: Here) -> str:
    if has_time(here.target, here.room, here.now):
        return ""
    return f"needs {duration(here.target.min_wallclock_seconds)} before the host's deadline"


def _filling(here: Here) -> str:
    keeping = here.keeping
    if not keeping.processors or fits(here.target, here.room):
        return ""
    left = duration(keeping.until - here.now)
    free = max(0, here.room.processors)
    return f"keeps {plural(keeping.processors, 'processor')} for it, {free} free yet; for {left} at most"


def _superslot(here: Here) -> str:
    if fits(here.target, here.room) or not fits(here.target, here.room_unslotted):
        return ""
    left = duration(max(0.0, here.superslots[0].deadline_at - here.now)) if here.superslots else "0s"
    needed = duration(here.target.min_wallclock_seconds)
    return (
        f"what is free is of superslots, the first ends in {left}: it fits in none, or needs {needed} there"
    )


def _kept(here: Here) -> str:
    if not here.kept_for or fits(here.target, here.room) or not fits(here.target, here.room_unkept):
        return ""
    return f"what is free is kept for {', '.join(here.kept_for)}, whose machines are larger"


def _fit(here: Here) -> str:
    if fits(here.target, here.room):
        return ""
    lacking = (f"{need}, {free} free" for need, free, enough in _needs(here, here.room) if not enough)
    return "no room: needs " + "; ".join(lacking)


def _needs(here: Here, room: Room) -> tuple[tuple[str, str, bool], ...]:
    """Return what the smallest machine of the target needs, what a room has, and whether that is enough."""
    target = here.target
    least = target.min_processors
    memory, disk = target.memory_bytes_per_processor * least, target.disk_gb_per_processor * GB * least
    return (
        (plural(least, "processor"), str(max(0, room.processors)), room.processors >= least),
        (f"{size(memory)} of memory", size(max(0, room.memory_bytes)), room.memory_bytes >= memory),
        (f"{size(disk)} of disk", size(max(0, room.disk_bytes)), room.disk_bytes >= disk),
        (plural(target.gpus, "GPU"), str(max(0, room.gpus)), room.gpus >= target.gpus),
    )


TABLE: tuple[tuple[str, Rule], ...] = (
    ("share.none", _share),
    ("hold.space", _held_in_space),
    ("hold.here", _held_here),
    ("host.veto", _veto),
    ("engine.away", _engine),
    ("target.not-made", _not_made),
    ("local.suspect", _suspect),
    ("local.back-off", _local),
    ("cap.factory", _cap_factory),
    ("cap.space", _cap_space),
    ("fit.never", _too_large),
    ("time.short", _time),
    ("room.filling", _filling),
    ("room.superslot", _superslot),
    ("room.kept", _kept),
    ("fit.none", _fit),
)
"""Stable name and rule, in the order in which they are asked."""

ROOM_RULES = frozenset({"room.filling", "room.superslot", "room.kept", "fit.none", "fit.never"})
"""What nothing but room is lacking for: a large target may have it kept, where it can ever fit."""


def obstacle(here: Here) -> Reason | None:
    """Return the first reason in `TABLE` that keeps the target off this factory, None without one."""
    for name, rule in TABLE:
        words = rule(here)
        if words:
            return Reason(here.target.name, name, words)
    return None
