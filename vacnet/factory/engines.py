"""The engines of this host: which room makes machines of which model.

Rules of this file: one table. An engine's library is imported by its room when it is first asked
something, so a factory of processes never loads Docker's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from vacnet.machines.runtime import Runtime
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import Model, Settings


class Engine(Runtime, Protocol):
    """A runtime, and how a factory lets go of it."""

    async def close(self) -> None:
        """Let go of what this process holds of the engine; machines go on."""
        ...


def _process(settings: Settings) -> Engine:
    return ProcessRuntime(settings.process, Path(settings.state_directory), settings.factory.name)


def _docker(settings: Settings) -> Engine:
    return DockerRuntime(settings.docker, Path(settings.state_directory), settings.factory.name)


MAKERS: tuple[Callable[[Settings], Engine], ...] = (_process, _docker)


def engines_of(settings: Settings) -> tuple[Engine, ...]:
    """Return every engine that this version knows; whether it is there, its probe says."""
    return tuple(make(settings) for make in MAKERS)


def by_model(engines: Iterable[Runtime]) -> dict[Model, Runtime]:
    """Return who makes which model; the first of two that do."""
    found: dict[Model, Runtime] = {}
    for engine in engines:
        for model in engine.models:
            found.setdefault(model, engine)
    return found
