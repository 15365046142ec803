"""The engines of this host: which room makes machines of which model.

Rules of this file: one table. An engine's library is imported by its room when it is first asked
something, so a factory of processes never loads Docker's. What virtual machines need beside their engine,
images and a metadata service, stands in `Supplies`, which opens nothing before it is asked either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vacnet.agent.effects import Notify
from vacnet.factory.metadata_server import MetadataServer
from vacnet.fetch.fetcher import Fetcher
from vacnet.fetch.images import ImageCache
from vacnet.machines.metadata.pages import Site
from vacnet.machines.metadata.reading import site_of
from vacnet.machines.runtime import Runtime
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import Model, Settings


@dataclass(frozen=True, slots=True)
class Supplies:
    """What engines of virtual machines ask a factory for."""

    images: ImageCache
    service: MetadataServer

    async def close(self) -> None:
        """Let go of downloads, and of machines that ask."""
        await self.images.close()
        await self.service.close()


def supplies_of(
    fetcher: Fetcher, settings: Callable[[], Settings], notify: Callable[[Notify], None]
) -> Supplies:
    """Return a factory's supplies; `settings` are those in force when it is called."""

    def site() -> Site:
        metadata = settings().metadata
        return site_of(metadata.vendor_data_file, metadata.root_public_key)

    images = ImageCache(fetcher, Path(settings().state_directory) / "images", notify)
    return Supplies(images, MetadataServer(site))


class Engine(Runtime, Protocol):
    """A runtime, and how a factory lets go of it."""

    async def close(self) -> None:
        """Let go of what this process holds of the engine; machines go on."""
        ...


def _process(settings: Settings, _supplies: Supplies) -> Engine:
    return ProcessRuntime(settings.process, Path(settings.state_directory), settings.factory.name)


def _docker(settings: Settings, _supplies: Supplies) -> Engine:
    return DockerRuntime(settings.docker, Path(settings.state_directory), settings.factory.name)


def _libvirt(settings: Settings, supplies: Supplies) -> Engine:
    return LibvirtRuntime(
        settings.libvirt,
        Path(settings.state_directory),
        settings.factory.name,
        supplies.images,
        supplies.service,
        processors=settings.factory.processors,
    )


MAKERS: tuple[Callable[[Settings, Supplies], Engine], ...] = (_process, _docker, _libvirt)


def engines_of(settings: Settings, supplies: Supplies) -> tuple[Engine, ...]:
    """Return every engine that this version knows; whether it is there, its probe says."""
    return tuple(make(settings, supplies) for make in MAKERS)


def by_model(engines: Iterable[Runtime]) -> dict[Model, Runtime]:
    """Return who makes which model; the first of two that do."""
    found: dict[Model, Runtime] = {}
    for engine in engines:
        for model in engine.models:
            found.setdefault(model, engine)
    return found
