"""The Engine API as the `docker` library speaks it, with what that leaves out.

Rules of this file: with `transport` it is the only one that imports the library, and it is imported late, so
a factory without containers never loads it. Every request is bounded in time, also those for which the
library waits for ever (pulls, events). Logs are taken frame by frame, because an entry's time is needed to go
on from it.

Source: Docker Engine API 1.41, "Attach to a container: Stream format" for the frames of a log.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

import docker.api
import docker.auth
from docker.utils import parse_repository_tag

from vacnet.runtimes.docker.transport import Adapter

_HEADER = struct.Struct(">BxxxL")
READ_BYTES = 1 << 16
OLDEST = "1.25"
"""Of the Engine API: the first with mounts beside binds (Docker 1.13, 2017)."""

Json = dict[str, Any]


class Api(docker.api.APIClient):
    """One client of an engine; usable from several threads."""

    def __init__(self, socket: str, seconds: float) -> None:
        """Connect to a socket; no answer may pause for more than `seconds`.

        Raises:
            docker.errors.DockerException: the engine does not answer.
        """
        # A version given is not asked for, so nothing is sent before the adapter is ours.
        super().__init__(base_url=socket, version=OLDEST, timeout=seconds)  # type: ignore[arg-type] # stubs: int
        self._custom_adapter = Adapter(socket.replace("unix://", "http+unix://"), int(seconds))
        self.mount("http+docker://", self._custom_adapter)
        shown: Json = self.version(api_version=False)
        self._version = str(shown["ApiVersion"])

    def _set_request_timeout(self, kwargs: Json) -> Json:
        # The library gives None for pulls and events: for ever.
        kwargs["timeout"] = kwargs.get("timeout") or self.timeout
        return kwargs

    def create(self, body: Json, name: str) -> Json:
        """Create a container and return its `Id` and the engine's `Warnings`."""
        made: Json = self.create_container_from_config(body, name)  # type: ignore[no-untyped-call] # stubs
        return made

    def image(self, name: str) -> Json:
        """Return what the engine shows of an image.

        Raises:
            docker.errors.ImageNotFound: it is not here.
        """
        shown: Json = self.inspect_image(name)  # type: ignore[no-untyped-call] # stubs
        return shown

    def manifest(self, name: str, auth_file: str) -> Json:
        """Return what its registry tells of an image, asked by the engine; nothing is pulled.

        Raises:
            docker.errors.APIError: it cannot be had, or the engine does not know the question (Podman).
        """
        repository, _ = parse_repository_tag(name)
        credentials = _credentials(repository, auth_file) if auth_file else None
        told: Json = self.inspect_distribution(name, credentials)  # type: ignore[no-untyped-call] # stubs
        return told

    def log_frames(self, container: str, since: str) -> Iterator[bytes]:
        """Yield the entries of a container's log from `since` (Unix seconds with nanoseconds) on.

        Each begins with its time in RFC 3339 and a blank. A long line comes in several entries.
        """
        wish: Json = {"stdout": 1, "stderr": 1, "timestamps": 1, "since": since, "tail": "all", "follow": 0}
        address = self._url("/containers/{0}/logs", container)  # type: ignore[attr-defined] # not in the stubs
        with self._get(address, params=wish, stream=True) as answer:  # type: ignore[attr-defined] # the same
            self._raise_for_status(answer)  # type: ignore[attr-defined] # the same
            yield from frames_of(answer.iter_content(READ_BYTES))

    def pull_lines(self, image: str, auth_file: str) -> Iterator[Json]:
        """Pull an image and yield what the engine says on the way."""
        repository, tag = parse_repository_tag(image)
        credentials = _credentials(repository, auth_file) if auth_file else None
        yield from self.pull(repository, tag, stream=True, decode=True, auth_config=credentials)


def frames_of(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Take a stream apart into its frames; one that is cut off at the end is left out."""
    held = b""
    for more in stream:
        held, at = held + more, 0
        while len(held) >= at + _HEADER.size:
            end = at + _HEADER.size + _HEADER.unpack_from(held, at)[1]
            if len(held) < end:
                break
            yield held[at + _HEADER.size : end]
            at = end
        held = held[at:]


def _credentials(repository: str, auth_file: str) -> Json:
    """Return what a file in the format of Docker's config.json holds for a registry; read anew each time."""
    registry, _ = docker.auth.resolve_repository_name(repository)
    return docker.auth.load_config(auth_file).resolve_authconfig(registry) or {}
