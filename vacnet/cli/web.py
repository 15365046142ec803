"""The dashboard in a browser: `vacnet space --web`.

Rules of this file: the page and its socket are textual-serve's, each visitor has a process of `vacnet
space` of their own. It shows and gives no orders: there is no password. A browser sends pages of other
sites here too, so a visit under another name than ours, or from another site's page, is refused (DNS
rebinding; RFC 6455 section 10.2). Nothing is fetched from elsewhere: fonts and code come from this host.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.app_service import AppService
from textual_serve.server import Server

from vacnet.cli import output

TEMPLATES = Path(__file__).parent / "page"
PROGRAM = "from vacnet.cli import main; main()"
VISITORS_MAX = 8
"""Each is a process of 60 MB."""
HEARTBEAT_SECONDS = 15.0
LEAVE_SECONDS = 5.0
CELLS_MAX = 1_000
DIGITS_MAX = 4
WILD = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (an admin may say so; it is the question whether one did)


class Site(Server):
    """Serves the dashboard that `words` open."""

    def __init__(self, host: str, port: int, words: Sequence[str]) -> None:
        """Listen at an address."""
        command = shlex.join([sys.executable, "-c", PROGRAM, *words])
        bracketed = f"[{host}]" if ":" in host else host
        self.address = f"http://{bracketed}:{port}"
        super().__init__(command, host, port, title="vacnet space", templates_path=str(TEMPLATES))
        self.visitors = 0
        self.empty = asyncio.Event()
        """Set while nobody looks: the processes of those who did have ended."""
        self.empty.set()

    async def _make_app(self) -> web.Application:
        application: web.Application = await super()._make_app()
        application.middlewares.append(_ours_only(self.host))
        return application

    def initialize_logging(self) -> None:
        """Log nothing: a line a picture is nobody's news."""

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002 (textual-serve's own hook)
        """Say where it is."""
        output.tell(f"vacnet: {self.address} shows the space until Ctrl-C")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Open a dashboard for a visitor, unless there are too many."""
        if self.visitors >= VISITORS_MAX:
            raise web.HTTPServiceUnavailable(text=f"{VISITORS_MAX} visitors look already")
        self.visitors += 1
        self.empty.clear()
        try:
            return await self._visited(request)
        finally:
            self.visitors -= 1
            if not self.visitors:
                self.empty.set()

    async def _visited(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)

        async def closed() -> None:
            await socket.close()

        visit = Visit(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=closed,
            download_manager=self.download_manager,
        )
        try:
            await visit.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await self._process_messages(socket, visit)
        finally:
            await visit.stop()
        return socket


class Visit(AppService):
    """The process of one visitor, which ends with the visit whatever it is doing."""

    async def stop(self) -> None:
        """Ask it to end, end it if it does not, and return when it has ended."""
        process = self._process
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await super().stop()
                if process is not None:
                    await process.wait()
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


def _cells(request: web.Request, name: str, otherwise: int) -> int:
    """Return how wide or high a browser says it is, as far as that can be."""
    said = request.query.get(name, "")
    return (
        min(int(said), CELLS_MAX)
        if said.isascii() and said.isdecimal() and len(said) <= DIGITS_MAX
        else otherwise
    )


def serve(host: str, port: int, words: Sequence[str]) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    Site(host, port, words).serve()


def _ours_only(host: str) -> Middleware:
    """Return what refuses visits under another name, and from pages of other sites."""

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        named = urlsplit(f"//{request.host}").hostname or ""
        if host not in WILD and named not in {host, "localhost"}:
            raise web.HTTPForbidden(text=f"this is {host}, not {named}")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="a page of another site may not look here")
        return await handler(request)

    return checked
