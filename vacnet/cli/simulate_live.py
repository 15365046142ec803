"""A scenario of the space as it is now: by what the running factory answers, and what its settings say.

Rules of this file: what cannot be asked is estimated from what can, and whatever was estimated or assumed
is told in a sentence. What a target is, this host's settings say where they define it; how its machines
behave, those of this factory that have ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.exits import CommandError
from vacnet.cli.options import Asking
from vacnet.quantities import duration, plural
from vacnet.targets.model import Settings, Target
from vacnet.targets.source import SourceFile

if TYPE_CHECKING:
    from vacnet.factory.client import Client, FactoryState, MachineState, SpaceState, TargetState

NAME = "the live space"
ENDED = 1000
"""Machines of this factory that are looked at."""
ENOUGH = "1 TiB"
HOUR_SECONDS = 3600.0
ALWAYS = [[0, 1000]]
WORKLESS = ("back-off", "probing")
"""States of a target that was tried and found without work."""
OPTIONS = (
    "min_processors",
    "max_processors",
    "max_wallclock_seconds",
    "min_wallclock_seconds",
    "backoff_seconds",
    "backoff_max_seconds",
    "fizzle_seconds",
    "heartbeat_file",
    "proof",
    "proof_seconds",
    "gain",
    "claim_wait_seconds",
    "max_machines_running",
    "max_processors_running",
    "max_machines_per_factory",
)
"""Of a target, that a simulation makes something of; the rest of its definition is left out."""
GUESSED = ("min_processors", "max_processors", "backoff_seconds")
DOUBLINGS_MAX = 3
"""Back-off doubles up to 8 times the first, unless a target says otherwise."""

Tables = dict[str, dict[str, object]]


@dataclass(slots=True)
class _Draft:
    """The scenario while it is put together."""

    factories: Tables = field(default_factory=dict)
    targets: Tables = field(default_factory=dict)
    payloads: Tables = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)


def live_scenario(asking: Asking) -> tuple[list[SourceFile], tuple[str, ...]]:
    """Return the scenario of the running factory's space as TOML, and what had to be assumed for it.

    Raises:
        CommandError: the space has nothing to simulate.
        ClientError: no factory answers.
    """
    import tomlkit  # late: only here

    client = output.client_for(asking)
    space = client.space()
    settings = _settings(space, asking)
    draft, defined = _Draft(), {target.name: target for target in settings.targets} if settings else {}
    _add_factories(draft, space, settings.factory.processors_per_superslot if settings else 1)
    machines = client.machines(ended=ENDED).machines
    for target in space.targets:
        own = [machine for machine in machines if machine.target == target.name]
        _add_target(draft, client, target, defined.get(target.name), own)
        _add_payload(draft, target, own)
    tables = {"factories": draft.factories, "targets": draft.targets, "payloads": draft.payloads}
    return [SourceFile(NAME, tomlkit.dumps(tables).encode())], tuple(draft.assumed)


def _add_factories(draft: _Draft, space: SpaceState, superslot: int) -> None:
    working = [factory for factory in space.factories if _works(factory)]
    if not working:
        words = f"space {space.space!r} has no live factory that is not draining; write a scenario instead"
        raise CommandError(words)
    for processors, count in sorted(Counter(factory.processors_total for factory in working).items()):
        kind = {"count": count, "processors": processors, "memory_per_processor": ENOUGH}
        draft.factories[f"of-{processors}"] = {**kind, "processors_per_superslot": superslot}
    draft.assumed.append("factories have memory, disk and GPUs for whatever their processors can run")
    if left_out := len(space.factories) - len(working):
        draft.assumed.append(f"{plural(left_out, 'factory')} silent, gone or draining: left out")


def _works(factory: FactoryState) -> bool:
    return factory.state == "live" and "draining" not in factory.flags and factory.processors_total > 0


def _settings(space: SpaceState, asking: Asking) -> Settings | None:
    """Return the settings of this host, if they can be read and are those of the factory asked."""
    from vacnet.cli import settings_files  # late: it reads the settings

    try:
        settings = settings_files.read(asking.config).settings
    except OSError:
        return None
    return settings if settings is not None and settings.factory.name == space.factory else None


def _add_target(
    draft: _Draft,
    client: Client,
    target: TargetState,
    defined: Target | None,
    machines: Sequence[MachineState],
) -> None:
    why = client.why(target.name).why
    options: dict[str, object] = {"target_share": why.share, "gain": why.window.gain}
    if why.group and why.group != target.name:
        options["group"] = why.group
    if defined is not None:
        options |= _said(defined)
    else:
        options |= _guessed(target, machines)
        numbers = ", ".join(f"{name} {value}" for name, value in options.items() if name in GUESSED)
        draft.assumed.append(
            f"{target.name}: {numbers or 'all options'} and the built-in options, for the "
            "settings of this host do not define it"
        )
    draft.targets[target.name] = options


def _said(target: Target) -> dict[str, object]:
    """Return the options of a target that are not the built-in ones."""
    plain = Target(name="")
    said = {name: getattr(target, name) for name in OPTIONS}
    changed = {name: value for name, value in said.items() if value != getattr(plain, name)}
    return {name: str(value) if name == "proof" else value for name, value in changed.items()}


def _guessed(target: TargetState, machines: Sequence[MachineState]) -> dict[str, object]:
    """Return options as far as machines and the last window let them be guessed."""
    options: dict[str, object] = {}
    if machines:
        options["min_processors"] = min(machine.processors for machine in machines)
        options["max_processors"] = max(machine.processors for machine in machines)
    if target.window_number and target.streak:
        first = target.window_length_seconds / 2 ** min(target.streak - 1, DOUBLINGS_MAX)
        options["backoff_seconds"] = max(1, round(first))
    return options


def _add_payload(draft: _Draft, target: TargetState, machines: Sequence[MachineState]) -> None:
    worked = _lives(machines, lambda machine: machine.outcome == "ok" or machine.proven)
    empty = _lives(machines, lambda machine: machine.outcome == "nowork")
    is_empty = bool(target.window_number) and target.state in WORKLESS
    payload: dict[str, object] = {"empty_hours": ALWAYS} if is_empty else {}
    told = ["its queue stays empty, as it is" if is_empty else "it has work all the time"]
    if worked:
        payload["work_seconds"] = max(1, round(fmean(worked)))
        told.append(f"machines with work live {_mean(worked)}")
    elif not is_empty:
        told.append("machines with work live 1h, for none has ended here")
    if empty:
        payload["empty_seconds"] = round(fmean(empty))
        told.append(f"those without {_mean(empty)}")
    draft.payloads[target.name] = payload
    draft.assumed.append(f"{target.name}: {', '.join(told)}")


def _mean(lives: Sequence[float]) -> str:
    return f"{duration(fmean(lives))} (mean of {len(lives)} here)"


def _lives(machines: Sequence[MachineState], which: Callable[[MachineState], bool]) -> list[float]:
    """Return how long machines lived that have ended, in seconds."""
    return [m.hours * HOUR_SECONDS for m in machines if m.ended is not None and m.hours > 0 and which(m)]
