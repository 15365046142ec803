"""Fetching over HTTP: conditional, bounded in size and in time, suspicious of redirects."""

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_samples import BYTES_MAX, Wall, get, new_fetcher
from tests.unit.fetch.fetch_servers import Request, answer, says, serving, silent_port
from vacnet.fetch import Fetcher, UnavailableError, exchange


async def test_a_body_comes_as_it_was_sent_and_the_request_says_who_asks(
    fetcher: Fetcher, wall: Wall
) -> None:
    body = bytes(range(256))
    async with serving(says(answer(body))) as server:
        fetched = await get(fetcher, server.url())
    assert (fetched.body, fetched.fetched_wall, fetched.stale) == (body, wall.now, "")
    assert server.requests[0].headers["user-agent"] == "vacnet/1.2.3"


async def test_a_copy_that_is_young_enough_is_given_unasked(fetcher: Fetcher, wall: Wall) -> None:
    async with serving(says(answer(b"one"), answer(b"two"))) as server:
        await get(fetcher, server.url(), cache_seconds=60)
        wall.now += 59
        assert (await get(fetcher, server.url(), cache_seconds=60)).body == b"one"
        wall.now += 2
        assert (await get(fetcher, server.url(), cache_seconds=60)).body == b"two"
    assert len(server.requests) == 2


async def test_a_copy_dated_in_the_future_is_asked_about(fetcher: Fetcher, wall: Wall) -> None:
    async with serving(says(answer(b"one"), answer(b"two"))) as server:
        await get(fetcher, server.url(), cache_seconds=60)
        wall.now -= 90_000
        assert (await get(fetcher, server.url(), cache_seconds=60)).body == b"two"


async def test_not_modified_confirms_the_copy_by_the_validators_it_came_with(
    fetcher: Fetcher, wall: Wall
) -> None:
    modified = "Wed, 21 Oct 2026 07:28:00 GMT"
    first = answer(b"one", ETag='"abc"', Last_Modified=modified)
    async with serving(says(first, answer(status="304 Not Modified"))) as server:
        await get(fetcher, server.url())
        wall.now += 100
        again = await get(fetcher, server.url())
        assert (again.body, again.fetched_wall, again.stale) == (b"one", wall.now, "")
        assert (await get(fetcher, server.url(), cache_seconds=10)).body == b"one"
    assert len(server.requests) == 2
    assert "if-none-match" not in server.requests[0].headers
    assert server.requests[1].headers["if-none-match"] == '"abc"'
    assert server.requests[1].headers["if-modified-since"] == modified


async def test_not_modified_without_a_copy_is_a_failure(fetcher: Fetcher) -> None:
    async with serving(says(answer(status="304 Not Modified"))) as server:
        with pytest.raises(UnavailableError, match="status 304"):
            await get(fetcher, server.url())


@pytest.mark.parametrize(
    "status", ["404 Not Found", "500 Internal Server Error", "204 No Content", "206 Partial", "403"]
)
async def test_any_status_but_200_is_a_failure_that_names_it(fetcher: Fetcher, status: str) -> None:
    async with serving(says(answer(b"", status))) as server:
        with pytest.raises(UnavailableError, match=status[:3]) as failed:
            await get(fetcher, server.url())
    assert server.url() in str(failed.value)


async def test_a_failure_after_a_success_gives_the_copy_and_says_why_it_is_old(
    fetcher: Fetcher, wall: Wall
) -> None:
    async with serving(says(answer(b"good"), answer(b"bad", "500 Oops"))) as server:
        fetched_at = wall.now
        await get(fetcher, server.url())
        wall.now += 100
        again = await get(fetcher, server.url())
    assert (again.body, again.fetched_wall) == (b"good", fetched_at)
    assert again.stale == f"{server.url()}: it answers with status 500 Oops"


async def test_a_server_that_is_gone_leaves_the_copy_also_after_a_restart(
    cache: Path, wall: Wall, fetcher: Fetcher
) -> None:
    async with serving(says(answer(b"good"))) as server:
        await get(fetcher, server.url())
    restarted = new_fetcher(cache, wall)
    again = await get(restarted, server.url())
    await restarted.close()
    assert again.body == b"good"
    assert "cannot be reached (Connection refused)" in again.stale


async def test_a_body_that_is_not_what_was_asked_for_never_replaces_the_copy(
    fetcher: Fetcher, cache: Path, wall: Wall
) -> None:
    def check(body: bytes) -> str:
        return "it is a web page" if body.startswith(b"<") else ""

    async with serving(says(answer(b"good"), answer(b"<html>login</html>"))) as server:
        await get(fetcher, server.url(), check=check)
        assert (await get(fetcher, server.url(), check=check)).stale == f"{server.url()}: it is a web page"
        restarted = new_fetcher(cache, wall)
        assert (await get(restarted, server.url(), check=check)).body == b"good"
        await restarted.close()


# --- size -----------------------------------------------------------------------------------------


async def _endless(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


async def test_an_endless_body_is_left_as_soon_as_it_is_over_the_bound(fetcher: Fetcher) -> None:
    async with serving(_endless) as server:
        with pytest.raises(UnavailableError, match=f"more than {BYTES_MAX} bytes"):
            await get(fetcher, server.url())


async def test_100_mb_cost_no_memory(fetcher: Fetcher) -> None:
    sent = 0

    async def story(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1600):
            writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            await writer.drain()
            sent += 65_536
        writer.write(b"0\r\n\r\n")

    async with serving(story) as server:
        tracemalloc.start()
        with pytest.raises(UnavailableError, match="more than"):
            await get(fetcher, server.url())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 << 20
    assert sent < 50 << 20


async def test_a_content_length_over_the_bound_is_believed_at_once(fetcher: Fetcher) -> None:
    async def story(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
        await asyncio.Event().wait()

    async with serving(story) as server:
        with pytest.raises(UnavailableError, match="more than"):
            await get(fetcher, server.url())


async def test_a_content_length_that_promises_more_than_comes_is_a_failure(fetcher: Fetcher) -> None:
    async with serving(says(answer(b"half", Content_Length="1000"))) as server:
        with pytest.raises(UnavailableError, match="broke off"):
            await get(fetcher, server.url())


async def test_a_body_of_exactly_the_bound_is_good(fetcher: Fetcher) -> None:
    async with serving(says(answer(b"x" * BYTES_MAX))) as server:
        assert len((await get(fetcher, server.url())).body) == BYTES_MAX


async def test_gzip_is_unpacked(fetcher: Fetcher) -> None:
    packed = gzip.compress(b"pipe" * 1000)
    async with serving(says(answer(packed, Content_Encoding="gzip"))) as server:
        assert (await get(fetcher, server.url())).body == b"pipe" * 1000
    assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("packed", "encoding", "words"),
    [
        (lambda: gzip.compress(b"\0" * (50 << 20)), "gzip", "more than"),
        (lambda: gzip.compress(b"pipe")[:-4], "gzip", "not one whole member"),
        (lambda: gzip.compress(b"") * 2000, "gzip", "not one whole member"),
        (lambda: b"no gzip at all", "gzip", "damaged"),
        (lambda: b"pipe", "br", "encoding 'br'"),
    ],
    ids=["bomb", "cut short", "many empty members", "not gzip", "another encoding"],
)
async def test_bad_encodings_are_refused_without_taking_memory(
    fetcher: Fetcher, packed: Callable[[], bytes], encoding: str, words: str
) -> None:
    body = packed()
    async with serving(says(answer(body, Content_Encoding=encoding))) as server:
        tracemalloc.start()
        with pytest.raises(UnavailableError, match=words):
            await get(fetcher, server.url())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20


# --- time -----------------------------------------------------------------------------------------


async def _silent(_request: Request, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _dripping(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("story", [_silent, _dripping])
async def test_silence_and_dripping_end_at_the_time_limit(
    cache: Path,
    wall: Wall,
    story: Callable[[Request, asyncio.StreamWriter], asyncio.Future[None]],
) -> None:
    fetcher = new_fetcher(cache, wall, timeout_seconds=0.3)
    async with serving(story) as server:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=r"no whole answer in 0\.3 seconds"):
            await get(fetcher, server.url())
        assert 0.25 < time.monotonic() - began < 5
    await fetcher.close()


async def test_those_who_ask_at_the_same_time_share_one_download(fetcher: Fetcher) -> None:
    arrived = asyncio.Event()
    go_on = asyncio.Event()

    async def story(_request: Request, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await go_on.wait()
        writer.write(answer(b"shared"))

    async with serving(story) as server:
        asking = [asyncio.create_task(get(fetcher, server.url())) for _ in range(20)]
        await arrived.wait()
        asking[0].cancel()
        go_on.set()
        bodies = [fetched.body for fetched in await asyncio.gather(*asking[1:])]
    assert bodies == [b"shared"] * 19
    assert len(server.requests) == 1


async def test_after_a_failure_the_source_is_left_alone_for_a_while(cache: Path, wall: Wall) -> None:
    fetcher = new_fetcher(cache, wall, leave_seconds=60.0)
    async with serving(says(answer(status="500 Oops"))) as server:
        for _ in range(10):
            with pytest.raises(UnavailableError, match="500 Oops"):
                await get(fetcher, server.url())
    await fetcher.close()
    assert len(server.requests) == 1


# --- redirects, credentials, proxy ----------------------------------------------------------------


async def test_a_redirect_is_followed_also_when_relative(fetcher: Fetcher) -> None:
    moved = answer(status="302 Found", Location="/other.pipe?x=1")
    async with serving(says(moved, answer(b"there"))) as server:
        assert (await get(fetcher, server.url())).body == b"there"
    assert [request.line.split()[1] for request in server.requests] == ["/example.pipe", "/other.pipe?x=1"]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "redirects to a file"),
        ("ftp://127.0.0.1/x", "of no kind that can be fetched"),
        ("/example.pipe", "redirects more than 5 times"),
        ("http://[bad", "not an address|redirects"),
    ],
)
async def test_bad_redirects_are_not_followed(fetcher: Fetcher, location: str, words: str) -> None:
    async with serving(says(answer(status="301 Moved", Location=location))) as server:
        with pytest.raises(UnavailableError, match=words):
            await get(fetcher, server.url())
    assert len(server.requests) <= 6


def _names_and_contents(directory: Path) -> str:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return "".join(str(path) + path.read_text() for path in files)


async def test_credentials_are_sent_and_appear_nowhere_else(
    cache: Path, wall: Wall, capsys: pytest.CaptureFixture[str]
) -> None:
    fetcher = new_fetcher(cache, wall)
    async with serving(says(answer(b"good"), answer(status="500 Oops"))) as server:
        url = server.url("/p?token=hidden2").replace("//", "//user:hidden1@")
        await get(fetcher, url)
        stale = (await get(fetcher, url)).stale
    refused = ""
    try:
        await get(fetcher, url + "&more=hidden3")
    except UnavailableError as error:
        refused = str(error)
    await fetcher.close()
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    kept = _names_and_contents(cache)
    told = stale + refused + kept + "".join(capsys.readouterr())
    assert (bool(kept), bool(stale), bool(refused)) == (True, True, True)
    assert "hidden" not in told


async def test_credentials_do_not_follow_a_redirect_to_another_origin(fetcher: Fetcher) -> None:
    async with serving(says(answer(b"there"))) as other:
        moved = answer(status="302 Found", Location=other.url())
        async with serving(says(moved)) as server:
            await get(fetcher, server.url().replace("//", "//user:secret@"))
    assert "authorization" in server.requests[0].headers
    assert "authorization" not in other.requests[0].headers


async def test_the_proxy_of_the_settings_is_asked_and_named_when_it_is_away(cache: Path, wall: Wall) -> None:
    async with serving(says(answer(b"by proxy"))) as proxy:
        fetcher = new_fetcher(cache, wall, proxy=f"http://site:secret@127.0.0.1:{proxy.port}")
        assert (await get(fetcher, "http://pipes.example.org/a.pipe")).body == b"by proxy"
        assert proxy.requests[0].line == "GET http://pipes.example.org/a.pipe HTTP/1.1"
    with pytest.raises(UnavailableError, match=r"the proxy http://\*\*\*@127\.0\.0\.1") as failed:
        await get(fetcher, "http://pipes.example.org/b.pipe")
    await fetcher.close()
    assert "secret" not in str(failed.value)


async def test_cookies_are_not_kept(fetcher: Fetcher) -> None:
    async with serving(says(answer(b"a", Set_Cookie="id=1"))) as server:
        await get(fetcher, server.url())
        await get(fetcher, server.url())
    assert "cookie" not in server.requests[1].headers


async def test_garbage_instead_of_http_is_told_in_words(fetcher: Fetcher) -> None:
    async with serving(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")) as server:
        with pytest.raises(UnavailableError, match="does not answer as HTTP says"):
            await get(fetcher, server.url())


@pytest.mark.parametrize("url", ["ftp://a/b", "relative", "http://", "http://a:99999/", "file://host/etc/x"])
async def test_addresses_of_other_kinds_are_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(UnavailableError, match=r"expected http://|is not an address"):
        await get(fetcher, url)


async def test_a_firewall_that_drops_is_told_as_what_it_is(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
    told = pytest.raises(UnavailableError, match=r"cannot be reached \(Connection timed out\)")
    with silent_port() as port, told:
        await get(fetcher, f"http://127.0.0.1:{port}/example.pipe")
