"""The ways to read a metric: from a factory at one moment to numbers, each with the labels it goes by.

Rules of this file: no label has a value for each factory or machine, only for each target (256 at most) and
words of the code, so that a space of sixty factories makes sixty times a few hundred series and never the
square of it. `build` alone names the factory, for joins.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from vacnet.decide.windows import State as WindowState
from vacnet.factory.messages.space import TargetState
from vacnet.factory.metrics.seen import Seen
from vacnet.machines.lifecycle import State as MachineStateName
from vacnet.space.rows import Flags

Reading = Iterable[tuple[tuple[str, ...], float]]

MACHINE_STATES = (
    MachineStateName.CREATED,
    MachineStateName.STARTING,
    MachineStateName.RUNNING,
    MachineStateName.STOPPING,
)
TARGET_STATES = (*map(str, WindowState), "held", "no share")
FACTORY_STATES = ("live", "silent", "departed", "unknown")


def single(value: Callable[[Seen], float]) -> Callable[[Seen], Reading]:
    """Read one number, which needs no label."""
    return lambda seen: [((), float(value(seen)))]


def of_target(value: Callable[[TargetState], float]) -> Callable[[Seen], Reading]:
    """Read a number of each target of the space."""
    return lambda seen: [((target.name,), float(value(target))) for target in seen.space.targets]


def target_states(seen: Seen) -> Reading:
    """Read in which state each target is: 1 for that and 0 for the others."""
    for target in seen.space.targets:
        yield from (((target.name, state), float(target.state == state)) for state in TARGET_STATES)


def space_machines(seen: Seen) -> Reading:
    """Read the machines of the whole space, by target and state."""
    for target in seen.space.targets:
        yield (target.name, "running"), target.machines_running
        yield (target.name, "starting"), target.machines_starting


def machines(seen: Seen) -> Reading:
    """Read the unfinished machines of this factory, by target and state."""
    found = Counter((machine.target, machine.state) for machine in seen.machines)
    for name in seen.names:
        yield from (((name, state), found[name, state]) for state in MACHINE_STATES)


def processors_used(seen: Seen) -> Reading:
    """Read the processors of its machines, by target."""
    used: Counter[str] = Counter()
    for machine in seen.machines:
        used[machine.target] += machine.processors
    return [((name,), used[name]) for name in seen.names]


def counted(what: str, outcomes: Sequence[str] = ("",)) -> Callable[[Seen], Reading]:
    """Read a count of the record by target, and by outcome where there are any."""

    def read(seen: Seen) -> Reading:
        if seen.counts is None:
            return
        found = {(one.target, one.outcome): one.count for one in seen.counts if one.what == what}
        for name in seen.counted:
            for outcome in outcomes:
                yield (name, outcome) if outcome else (name,), found.get((name, outcome), 0)

    return read


def flags(seen: Seen) -> Reading:
    """Read what it says of itself: 1 for each flag that it has and 0 for the others."""
    names = ((flag.name or "").lower() for flag in Flags if flag)
    return [((name,), float(name in seen.itself.flags)) for name in names]


def deadline(seen: Seen) -> Reading:
    """Read when its last machine has to be gone, if there is such a time."""
    left = seen.itself.deadline_seconds
    return [] if left is None else [((), seen.space.time + left)]


def factories(seen: Seen) -> Reading:
    """Read the factories of the space, by state."""
    states = [one.state for one in seen.space.factories]
    return [((state,), states.count(state)) for state in FACTORY_STATES]


def build(seen: Seen) -> Reading:
    """Read what runs, and who this is."""
    space = seen.space
    return [((space.version, platform.python_version(), space.factory, space.space), 1.0)]
