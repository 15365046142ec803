"""Settings from files to what is in force: read, kept, and turned into what the agent needs of them.

Rules of this file: good settings are kept in the record, so that a factory that starts with a bad file
goes on with the last good ones: it adopts, gossips and starts nothing. What names a factory and what
it holds open (`FIXED`) cannot change while it runs; an edit of those is said and waits for a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from vacnet import __version__
from vacnet.agent.events import AgentSettings
from vacnet.factory import places as where
from vacnet.space.limits import TARGETS_MAX
from vacnet.targets.model import Problem, Settings, Target
from vacnet.targets.pipe import PipeReading
from vacnet.targets.settings import Reading, SourceFile, read_settings

UNLIMITED = 1 << 62
GB = 10**9

FIXED: Mapping[str, Callable[[Settings], object]] = MappingProxyType(
    {
        "state_directory": lambda settings: settings.state_directory,
        "[space] name": lambda settings: settings.space.name,
        "[space] listen": lambda settings: settings.space.listen,
        "[factory] name": lambda settings: settings.factory.name,
        "[control]": lambda settings: settings.control,
        "[metrics]": lambda settings: settings.metrics,
        "[runtimes.process]": lambda settings: settings.process,
        "[runtimes.docker]": lambda settings: settings.docker,
        "[runtimes.libvirt]": lambda settings: settings.libvirt,
    }
)
"""What a running factory cannot change, and how to look at it."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the files gave, and the files themselves, to be kept if it is good."""

    settings: Settings | None
    problems: tuple[Problem, ...]
    files: tuple[SourceFile, ...]


def read(places: where.Places) -> Read:
    """Read all settings files; a file that cannot be read is a problem like any other."""
    files, unread = where.read_files(places.settings_files())
    reading = read_settings(files, where.host_of(places)) if files else Reading(None, ())
    problems = (*unread, *reading.problems)
    return Read(None if problems else reading.settings, problems, files)


def read_kept(kept: Sequence[tuple[str, bytes]], places: where.Places) -> Settings | None:
    """Return the settings that files kept in the record make; None when there are none of use."""
    files = [SourceFile(name, data) for name, data in kept]
    return read_settings(files, where.host_of(places)).settings if files else None


def all_targets(settings: Settings, readings: Mapping[str, PipeReading]) -> tuple[Target, ...]:
    """Return the site's own targets and those of its pipes, as many as can be told of."""
    return tuple(_defined(settings, readings))[:TARGETS_MAX]


def too_many(settings: Settings, readings: Mapping[str, PipeReading]) -> tuple[str, ...]:
    """Return a line for the admin when there are more targets than a factory can offer."""
    names = [target.name for target in _defined(settings, readings)]
    if len(names) <= TARGETS_MAX:
        return ()
    words = f"{len(names)} targets are defined and {TARGETS_MAX} are offered, pipes last"
    return (f"{words}: {names[TARGETS_MAX]} is the first that is left out; take some away",)


def _defined(settings: Settings, readings: Mapping[str, PipeReading]) -> Iterable[Target]:
    """Return all targets; of two of one name the first."""
    targets = {target.name: target for target in settings.targets}
    for reading in readings.values():
        for target in reading.targets:
            targets.setdefault(target.name, target)
    return targets.values()


def for_agent(settings: Settings, targets: tuple[Target, ...]) -> AgentSettings:
    """Return what the agent needs; `targets` are the site's own and those of all pipes."""
    factory, space = settings.factory, settings.space
    return AgentSettings(
        space=space.name,
        factory=factory.name,
        processors=factory.processors,
        targets=targets,
        memory_bytes=factory.processors * factory.memory_bytes_per_processor,
        disk_bytes=factory.processors * factory.disk_gb_per_processor * GB or UNLIMITED,
        gpus=factory.gpus,
        weight=factory.benchmark_per_processor or 1.0,
        overload_per_processor=factory.overload_per_processor,
        memory_free_bytes_min=factory.memory_free_bytes_min,
        disk_free_bytes_min=factory.disk_free_bytes_min,
        processors_per_superslot=factory.processors_per_superslot,
        advertise=space.advertise,
        exclude=frozenset(space.exclude),
        settings_digest=settings.digest(),
        software_version=__version__,
    )


def waits_for_restart(running: Settings, edited: Settings) -> tuple[str, ...]:
    """Return a line for each edit that a running factory cannot take over."""
    return tuple(
        f"{key} was edited: it takes effect when the factory is restarted (machines go on meanwhile)"
        for key, of in FIXED.items()
        if of(running) != of(edited)
    )


def with_fixed(running: Settings, edited: Settings) -> Settings:
    """Return the edited settings with everything as it is that a running factory cannot change."""
    space, factory = running.space, running.factory
    return msgspec.structs.replace(
        edited,
        state_directory=running.state_directory,
        space=msgspec.structs.replace(edited.space, name=space.name, listen=space.listen),
        factory=msgspec.structs.replace(edited.factory, name=factory.name),
        control=running.control,
        metrics=running.metrics,
        process=running.process,
        docker=running.docker,
        libvirt=running.libvirt,
    )
