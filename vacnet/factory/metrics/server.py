"""Serving the metrics over HTTP to Prometheus, and to whoever else can reach the port.

Rules of this file: it listens on loopback unless the settings say otherwise, and answers `GET /metrics`
alone. A client is not trusted: a few connections at a time (`doorkeeper`), each for one answer and some
seconds, no body read, and one look at the factory a second serves all who ask meanwhile. A port that cannot
be had is a warning: no factory stays down for want of metrics.

The port is that of gossip, which is UDP's and leaves TCP's free: several factories on one host have
different ones already, and an admin has one number to remember.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from vacnet.factory.doorkeeper import Bounds, Doorkeeper
from vacnet.factory.logs import tell_failure
from vacnet.factory.metrics.exposition import FactoryCollector
from vacnet.factory.metrics.seen import Seen
from vacnet.targets.address import endpoint, endpoint_text
from vacnet.targets.checks import OFF

CONNECTIONS_MAX = 16
"""Two Prometheus servers and some admins with curl."""
PATIENCE_SECONDS = 10.0
"""Prometheus' own patience with a scrape."""
BYTES_IN_MAX = 1 << 16
"""A question of Prometheus has a few hundred."""
LOOK_SECONDS = 1.0
PATH = "/metrics"
FAILED = 500

Look = Callable[[], Awaitable[Seen]]


class MetricsError(Exception):
    """The metrics cannot be served; the text says why and what to do."""


def address_of(listen: str, gossip_port: int) -> tuple[str, int] | None:
    """Return where to listen; None: nowhere. `listen` is the setting, empty where none was made."""
    if listen == OFF:
        return None
    return (endpoint(listen) if listen else None) or ("127.0.0.1", gossip_port)


class MetricsServer:
    """Serves the metrics of one factory."""

    def __init__(self, look: Look) -> None:
        """Ask `look` what to tell."""
        self._look = look
        self._registry = CollectorRegistry()
        self._bodies: dict[str, bytes] = {}
        """What the last look gave, by the forms in which it was asked for: Prometheus knows a few."""
        self._next_look = -math.inf
        self._web = web.Server(self._answer, access_log=None, lingering_time=0.0)
        self._door = Doorkeeper(
            self._web,
            Bounds(
                connections=CONNECTIONS_MAX,
                patience_seconds=PATIENCE_SECONDS,
                life_seconds=PATIENCE_SECONDS,
                bytes_in=BYTES_IN_MAX,
            ),
        )
        self._listening: asyncio.Server | None = None

    async def start(self, address: tuple[str, int]) -> None:
        """Listen.

        Raises:
            MetricsError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(self._door.let_in, *address, backlog=CONNECTIONS_MAX)
        except OSError as error:
            where = endpoint_text(*address)
            raise MetricsError(
                f"[metrics] listen: cannot listen on {where} for TCP ({error.strerror}), so there are no "
                f'metrics: choose another address:port, or "{OFF}", and restart the factory'
            ) from error

    async def close(self) -> None:
        """End all answers."""
        if self._listening is not None:
            self._listening.close()
        await self._web.shutdown(timeout=0.2)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path != PATH or request.method not in ("GET", "HEAD"):
            response = web.Response(status=404, text=f"only GET {PATH} is answered\n")
        else:
            response = await self._metrics(request.headers.get("Accept", ""))
        response.force_close()
        return response

    async def _metrics(self, accept: str) -> web.Response:
        try:
            encode, content_type = choose_encoder(accept)
            await self._look_now_and_then()
            if content_type not in self._bodies:
                self._bodies[content_type] = encode(self._registry)
        except Exception as error:  # noqa: BLE001 (a question never ends the daemon)
            tell_failure("metrics.failed", error)
            return web.Response(status=FAILED, text="the factory failed to answer; its log says where\n")
        return web.Response(body=self._bodies[content_type], headers={"Content-Type": content_type})

    async def _look_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next_look:
            self._registry = _registry(await self._look())
            self._bodies.clear()
            self._next_look = now + LOOK_SECONDS


def _registry(seen: Seen) -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(FactoryCollector(seen))
    return registry
