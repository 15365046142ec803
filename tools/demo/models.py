"""What the demo's machines are: processes of this host, or containers of the Docker engine that answers.

Rules of this file: one table. A model says where machines reach the demo's server, what a site's settings add
to the pipe, and what has to be taken away in the end. A space of containers has a name of its own on its
engine, because a demo that was killed may have left containers there, which are not this one's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType

import structlog
from docker import APIClient
from docker.errors import DockerException

from tools.demo.image import archive
from tools.engines.probe import UNIX, USUAL_DOCKER
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.targets.model import DockerSettings

LOOPBACK = "127.0.0.1"
IMAGE = "vacnet-demo"
NETWORK = "bridge"
"""What an engine puts containers into if nothing is said."""
ASK_SECONDS = 60


class ModelError(Exception):
    """This host cannot make machines of a model; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the demo stands on."""

    space: str
    """Name of the space."""
    address: str
    """Of this host as machines see it: the server listens there."""
    pipe: str
    """Lines of `[pipes.demo]` that make its machines of the model."""
    more: str = ""
    """Further sections of the settings."""
    patience: float = 1.0
    """How much longer than a process a machine takes to come and go."""


@contextmanager
def _processes(_directory: Path) -> Iterator[Ground]:
    yield Ground(space="demo", address=LOOPBACK, pipe='allow_machine_models = ["process"]')


_CONTAINERS = """\
allow_machine_models = ["docker"]
machine_model = "docker"
root_image = "{image}"\
"""
_ENGINE = """
[runtimes.docker]
socket = "{socket}"
pull_policy = "never"
stop_grace_seconds = 1
"""


@contextmanager
def _containers(directory: Path) -> Iterator[Ground]:
    socket = os.environ.get("DOCKER_HOST", USUAL_DOCKER)
    _check(socket, directory)
    api = APIClient(base_url=socket, version="auto", timeout=ASK_SECONDS)
    tag = str(os.getpid())
    image = f"{IMAGE}:{tag}"
    try:
        address = _gateway(api)
        api.import_image_from_data(_archive(), repository=IMAGE, tag=tag)
        yield Ground(
            space=f"demo{tag}",
            address=address,
            pipe=_CONTAINERS.format(image=image),
            more=_ENGINE.format(socket=socket),
            patience=2.0,
        )
    except DockerException as error:
        raise ModelError(f"the engine at {socket} does not do its part: {error}") from error
    finally:
        _remove(api, image)


def _check(socket: str, directory: Path) -> None:
    """Ask whether the engine is there, in the words of a factory."""
    if not socket.startswith(UNIX):
        raise ModelError(f"DOCKER_HOST is {socket}: factories use an engine of their own host, by {UNIX}PATH")
    settings = DockerSettings(socket=socket)
    if trouble := asyncio.run(_probe(DockerRuntime(settings, directory, IMAGE))):
        raise ModelError(f"{trouble}. Where it is elsewhere, DOCKER_HOST={UNIX}PATH says so")


async def _probe(runtime: DockerRuntime) -> str:
    # The terminal belongs to the table.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        return await runtime.probe()
    finally:
        await runtime.close()


def _gateway(api: APIClient) -> str:
    """Return the address of this host in the engine's default network."""
    found = [one for one in api.networks(names=[NETWORK]) if one["Name"] == NETWORK]
    configs = [config for one in found for config in (one.get("IPAM") or {}).get("Config") or ()]
    if not configs:
        raise ModelError(
            f"the engine has no network {NETWORK!r}, by which containers would reach the demo's queue: it "
            "was started without (bridge=none), or is Podman's"
        )
    return str(configs[0].get("Gateway") or next(ip_network(configs[0]["Subnet"]).hosts()))


def _archive() -> bytes:
    try:
        return archive()
    except OSError as error:
        raise ModelError(f"the demo's image is made of this host's own programs: {error}") from error


def _remove(api: APIClient, image: str) -> None:
    """Take the image away; an engine that has gone meanwhile cannot be helped, which is said."""
    try:
        if api.images(image, quiet=True):
            api.remove_image(image, force=True)
    except (DockerException, OSError) as error:
        sys.stderr.write(f"demo: the image {image} may be left on the engine: {error}\n")
    finally:
        api.close()


MODELS: Mapping[str, Callable[[Path], AbstractContextManager[Ground]]] = MappingProxyType(
    {"process": _processes, "docker": _containers}
)
"""Model to what makes its ground; the directory is the demo's own."""
