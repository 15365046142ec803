"""The metadata service on sockets: what virtual machines are told, what they leave (see `machines.metadata`).

Rules of this file: HTTP in and out, nothing is decided here. A request is answered for the machine that
owns its source address, or the door it came in at and whose uuid it knows; what comes from elsewhere learns
nothing. Files are written in threads of their own, so that neither a slow disk nor a slow machine holds up
another's question, nor the factory; what is told is read in the loop, for a thread's turn takes ten times as
long as reading ten bytes. Whatever a machine sends, it ends with an answer or a closed connection; a fault of
ours is a 500 and a line in the log.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar
from urllib.parse import unquote

from aiohttp import web

from vacnet.factory.clock import boot_seconds
from vacnet.factory.logs import tell_failure
from vacnet.factory.metadata_connection import Connection, Connections
from vacnet.factory.metadata_rates import Bucket
from vacnet.machines.metadata.outputs import Incoming, Outputs, RefusedError
from vacnet.machines.metadata.pages import Answer, Request, Site, Upload
from vacnet.machines.metadata.reading import told_of
from vacnet.machines.metadata.router import respond
from vacnet.machines.metadata.seed import seed_disk
from vacnet.machines.metadata.service import HTTP_PORT, Resident, door_path, door_url
from vacnet.machines.metadata.tokens import TTL_HEADER, Tokens
from vacnet.machines.runtime import NotNowError
from vacnet.targets.address import endpoint_text

BACKLOG = 512
PIECE_BYTES = 1 << 18
WRITERS = 4
SMALL_BYTES = 1 << 16
"""A file of this length is collected in memory and written at one go: a heartbeat is one turn of a thread."""
LOOPBACK = "127.0.0.1"
TOKEN_HOPS = 1
"""Time to live of the packets with a token: it does not get beyond the machine itself (AWS' default)."""
BROKEN_OFF = (ConnectionError, EOFError, web.HTTPException, web.RequestPayloadError)
"""What a body raises that does not come whole; any other error is ours."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class _Served:
    """A machine that is answered."""

    resident: Resident
    outputs: Outputs
    base: str = ""
    """Where it finds us, if it has a door."""
    bucket: Bucket = field(default_factory=Bucket)


@dataclass(frozen=True, slots=True)
class _Door:
    """A port of one machine's own."""

    listening: asyncio.Server
    port: int


class MetadataServer:
    """Serves the machines of one factory; the `Service` of engines. `close` it at the end."""

    def __init__(self, site: Callable[[], Site] = Site, clock: Callable[[], float] = boot_seconds) -> None:
        """Tell what `site` says when it is asked; it may block. `clock` gives seconds."""
        self._site = site
        self._clock = clock
        self._tokens = Tokens(secrets.token_bytes(32))
        self._web = web.Server(self._answer)
        self._connections: Connections = {}
        self._shared: dict[tuple[str, int], _Door] = {}
        self._doors: dict[str, _Door] = {}
        self._served: dict[str, _Served] = {}
        self._writers = ThreadPoolExecutor(WRITERS, "metadata")

    # --- what engines ask for -----------------------------------------------------------------------

    async def listen(self, address: str, port: int = HTTP_PORT) -> int:
        """Serve admitted machines at an address of the host (see `Service`).

        Raises:
            NotNowError: it cannot be had.
        """
        if (address, port) not in self._shared:
            self._shared[address, port] = await self._open(address, port, "")
        return self._shared[address, port].port

    def admit(self, resident: Resident) -> None:
        """Answer a machine from now on."""
        self._forget(resident.spec.id)
        self._served[resident.address or resident.spec.id] = _Served(resident, Outputs(resident.spec))

    async def open_door(self, resident: Resident, port: int = 0) -> int:
        """Serve one machine at a port of its own (see `Service`).

        Raises:
            NotNowError: the port cannot be had.
        """
        machine_id = resident.spec.id
        if machine_id not in self._doors:
            door = self._doors[machine_id] = await self._open(LOOPBACK, port, machine_id)
            base = door_url(door.port, resident.spec)
            self._served[machine_id] = _Served(resident, Outputs(resident.spec), base)
        return self._doors[machine_id].port

    def seed(self, resident: Resident) -> bytes:
        """Return a CD-ROM with what a machine would be told now (see `Service`)."""
        door = self._doors.get(resident.spec.id)
        base = door_url(door.port, resident.spec) if door else ""
        return seed_disk(told_of(resident, self._site, base))

    async def dismiss(self, machine_id: str) -> None:
        """Answer a machine no longer."""
        self._forget(machine_id)
        door = self._doors.pop(machine_id, None)
        if door is not None:
            door.listening.close()

    def _forget(self, machine_id: str) -> None:
        for key, served in list(self._served.items()):
            if served.resident.spec.id == machine_id:
                del self._served[key]

    async def close(self) -> None:
        """End all answers."""
        for door in (*self._shared.values(), *self._doors.values()):
            door.listening.close()
        await self._web.shutdown(timeout=0.2)
        self._writers.shutdown(wait=False, cancel_futures=True)

    async def _open(self, address: str, port: int, door: str) -> _Door:
        loop = asyncio.get_running_loop()
        connect = partial(Connection, self._web, door, self._connections, self._served.__contains__)
        try:
            listening = await loop.create_server(
                connect, address, port, family=socket.AF_INET, backlog=BACKLOG
            )
        except OSError as error:
            where = endpoint_text(address, port)
            raise NotNowError(
                f"the metadata service cannot listen on {where} ({os.strerror(error.errno or 0)}): "
                "see which program has it (ss -ltnp), and whether the network of the machines is up"
            ) from None
        return _Door(listening, listening.sockets[0].getsockname()[1])

    # --- requests -------------------------------------------------------------------------------------

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)  # noqa: S101 (as `_open` makes them)
        try:
            answer = await self._answer_of(request, connection)
        except BROKEN_OFF:
            answer = Answer(400, b"the request did not come whole\n")
        except Exception as error:  # noqa: BLE001 (a question never ends the daemon)
            tell_failure("metadata.failed", error)
            answer = Answer(500, b"the factory failed to answer; its log says where\n")
        response = web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
        response.headers.update(answer.headers)
        response.force_close()
        return response

    async def _answer_of(self, request: web.BaseRequest, connection: Connection) -> Answer:
        served = self._served.get(connection.peer)
        path = "" if served is None else _path(request, served)
        if served is None or not path:
            return Answer(403, b"no machine of this factory has this address\n")
        connection.is_heard = True
        if not served.bucket.take(self._clock()):
            return Answer(429, b"too many requests; wait a second\n", headers={"Retry-After": "1"})
        asked = _request(request, path)
        told = told_of(served.resident, self._site, served.base)
        found = respond(asked, told, self._tokens, self._clock())
        if isinstance(found, Upload):
            return await self._take(request, served.outputs, found.name)
        if TTL_HEADER in found.headers:
            _stay_near(request)
        return found

    async def _take(self, request: web.BaseRequest, outputs: Outputs, name: str) -> Answer:
        small = request.content_length is not None and request.content_length <= SMALL_BYTES
        try:
            if small:
                _go_on(request)
                await self._written(outputs.keep, name, await request.read())
            else:
                await self._take_long(request, outputs, name)
        except RefusedError as refused:
            return Answer(refused.status, f"{refused}\n".encode())
        return Answer(201)

    async def _take_long(self, request: web.BaseRequest, outputs: Outputs, name: str) -> None:
        incoming = await self._written(outputs.begin, name, request.content_length)
        try:
            _go_on(request)
            await self._collect(request, incoming)
        finally:
            await asyncio.shield(self._written(incoming.drop))

    async def _collect(self, request: web.BaseRequest, incoming: Incoming) -> None:
        async for piece in request.content.iter_chunked(PIECE_BYTES):
            await self._written(incoming.write, piece)
        await self._written(incoming.finish)

    async def _written(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, partial(work, *args, **kwargs))


def _path(request: web.BaseRequest, served: _Served) -> str:
    """Return the path that a machine asks for; empty: at its door, by who does not know it."""
    path = unquote(request.raw_path.partition("?")[0], errors="replace")
    inside = door_path(served.resident.spec) if served.base else ""
    return path.removeprefix(inside) or "/" if path.startswith(inside) else ""


def _request(request: web.BaseRequest, path: str) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, path, headers)


def _go_on(request: web.BaseRequest) -> None:
    """Tell who waits for it that the body may come (RFC 9110 section 10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _stay_near(request: web.BaseRequest) -> None:
    found = request.get_extra_info("socket")
    with suppress(OSError, AttributeError):
        found.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, TOKEN_HOPS)
