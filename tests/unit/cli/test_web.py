"""The dashboard in a browser: who may look, what the page asks for, and how many may look at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, WSMsgType, web

from tests.unit.cli.conftest import Command
from vacnet.cli.web import VISITORS_MAX, Site

PATIENCE_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(*words: str) -> AsyncIterator[Site]:
    site = Site("127.0.0.1", free_port(), words)
    runner = web.AppRunner(await site._make_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    try:
        yield site
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "evil.example.org"}, 403),
        ({"Origin": "http://evil.example.org"}, 403),
    ],
)
async def test_only_its_own_page_may_look(headers: dict[str, str], status: int) -> None:
    async with served("--help") as site, ClientSession() as browser:
        for path in ("/", "/static/js/textual.js"):
            async with browser.get(site.address + path, headers=headers) as answer:
                assert answer.status == status


async def test_a_page_of_another_site_cannot_open_the_socket() -> None:
    async with served("--help") as site, ClientSession() as browser:
        async with browser.get(f"{site.address}/ws", headers={"Origin": "http://evil.example.org"}) as answer:
            assert answer.status == 403
        assert site.visitors == 0


async def test_the_page_fetches_nothing_from_elsewhere() -> None:
    async with served("--help") as site, ClientSession() as browser, browser.get(site.address) as answer:
        page = await answer.text()
    assert "://" not in page
    assert "static/js/textual.js" in page


async def test_a_visitor_sees_the_screen_and_takes_its_process_along() -> None:
    words = ("space", "--simulate", "conf/scenarios/queue-empties.toml")
    async with served(*words) as site, ClientSession() as browser, asyncio.timeout(PATIENCE_SECONDS):
        async with browser.ws_connect(f"{site.address}/ws?width=100&height=30") as visit:
            seen = b""
            while b"Targets" not in seen:
                message = await visit.receive()
                assert message.type in {WSMsgType.BINARY, WSMsgType.TEXT}, message
                seen += message.data if isinstance(message.data, bytes) else message.data.encode()
            assert site.visitors == 1
        await site.empty.wait()


async def test_more_visitors_than_the_host_can_bear_are_turned_away() -> None:
    async with served("--help") as site, ClientSession() as browser:
        site.visitors = VISITORS_MAX
        async with browser.get(f"{site.address}/ws") as answer:
            assert answer.status == 503
            assert "look already" in await answer.text()


def test_a_browser_gives_no_orders(vacnet: Command) -> None:
    done = vacnet("space", "--web", "--write")
    assert done.returncode == 2
    assert "no password" in done.stderr


def test_an_address_that_is_none_is_told(vacnet: Command) -> None:
    done = vacnet("space", "--web", "--listen", "not an address")
    assert done.returncode == 2
    assert "--listen" in done.stderr
