"""A metadata service on loopback with two machines, and ways to ask it: well, and byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.unit.machines.metadata_samples import SITE, resident
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines.metadata.service import Resident

FIRST, SECOND, NOBODY = "127.0.0.11", "127.0.0.12", "127.0.0.99"


class Floor:
    """A service with two machines, known by addresses of loopback."""

    def __init__(self, server: MetadataServer, port: int, machines: dict[str, Resident]) -> None:
        self.server = server
        self.port = port
        self.machines = machines

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        by: str = FIRST,
        port: int = 0,
        data: object = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        connector = aiohttp.TCPConnector(local_addr=(by, 0))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.request(
                method, f"http://127.0.0.1:{port or self.port}{path}", data=data, headers=headers
            ) as answer,
        ):
            return answer.status, await answer.read()

    def outputs(self, by: str = FIRST) -> Path:
        return self.machines[by].spec.directory / "joboutputs"

    def outputs_of(self, machine: Resident) -> list[str]:
        return [path.name for path in (machine.spec.directory / "joboutputs").iterdir()]

    async def raw(self, sent: bytes, by: str = FIRST, *, end: bool = False) -> bytes:
        """Send bytes, and their end if told so, and return all that comes back until the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(by, 0))
        writer.write(sent)
        if end:
            writer.write_eof()
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def having_a_floor(home: Path) -> AsyncIterator[Floor]:
    """Serve two machines for as long as a block runs."""
    server = MetadataServer(lambda: SITE)
    machines = {by: resident(home, n, address=by) for n, by in enumerate((FIRST, SECOND))}
    for machine in machines.values():
        server.admit(machine)
    yield Floor(server, await server.listen("127.0.0.1", 0), machines)
    await server.close()
