"""Servers of images that lie, drip or change their mind in the middle, and a cache that is nearly full."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_servers import Request, Server, Story, answer, says, serving
from tests.unit.fetch.image_samples import Site, Source, raw_image, sha256, site
from vacnet.fetch import image_checks, image_store
from vacnet.machines.runtime import NotNowError

BODY, NEWER = raw_image(), raw_image(fill=b"newer")
HERE = 120_000
"""Bytes of the first answer that are kept."""
MIB = 1 << 20


async def _break_off(server: Server, source: Source, state: Path) -> None:
    """Have a part of an image in a state directory."""
    source.cut_after = HERE
    async with site(state) as here:
        source.taken = lambda: here.has("117 KiB of")
        with pytest.raises(NotNowError, match="broke off in the middle of the answer"):
            await here.cache.hold(here.target(server.url()), here.machine())


async def _held_after(server: Server, state: Path) -> bytes:
    """Return what is held by a factory that begins with what another left."""
    async with site(state) as here:
        return (await here.cache.hold(here.target(server.url()), here.machine())).path.read_bytes()


def rest(body: bytes, **headers: str) -> bytes:
    """Return the rest of an image for a part of `HERE` bytes, whatever the part is of."""
    span = f"bytes {HERE}-{len(body) - 1}/{len(body)}"
    return answer(body[HERE:], "206 Partial Content", Content_Range=span, **headers)


def whole(body: bytes, etag: str) -> bytes:
    return answer(body, ETag=etag)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (rest(NEWER, ETag='"two"'), "another version, told as such"),
        (rest(NEWER), "not told of which version"),
        (rest(NEWER + b"longer", ETag='"one"'), "longer than it was"),
        (rest(NEWER, ETag='"one"', Last_Modified="Tue, 03 Nov 2026 10:00:00 GMT"), "of another day"),
    ],
)
async def test_bytes_of_two_versions_never_meet_though_the_server_sends_a_range(
    tmp_path: Path, first: bytes, then: str
) -> None:
    source = Source(BODY)
    async with serving(source) as server:
        await _break_off(server, source, tmp_path)
        server.story = says(first, whole(NEWER, '"two"'))
        assert await _held_after(server, tmp_path) == NEWER, then


async def test_a_server_without_ranges_sends_all_of_it_again(tmp_path: Path) -> None:
    source = Source(BODY, ranges=False)
    async with serving(source) as server:
        await _break_off(server, source, tmp_path)
        assert await _held_after(server, tmp_path) == BODY
    assert source.sent == [0, 0]


async def test_a_part_that_is_all_of_it_is_not_got_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factory that was killed while it read an image of many gigabytes for its digest."""
    source = Source(BODY)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> str:
            raise OSError(5, "Input/output error")

        patch.setattr(image_store.ImageStore, "finish", killed)
        async with serving(source) as server:
            async with site(tmp_path) as here:
                with pytest.raises(NotNowError, match="it cannot be kept: Input/output error"):
                    await here.cache.hold(here.target(server.url()), here.machine())
            patch.undo()
            assert await _held_after(server, tmp_path) == BODY
    assert source.sent == [0]


def drip(head: bytes, drop: bytes) -> Story:
    """Return a server that is never silent and never done."""

    async def story(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await asyncio.sleep(0.01)

    return story


@pytest.mark.parametrize(
    ("story", "seconds", "words"),
    [
        (
            drip(answer(Content_Length="200000"), b"x"),
            1.0,
            r"its server is too slow, \d+ B in [\d.]+ seconds: what is here stays, and is gone on with",
        ),
        (
            drip(b"HTTP/1.1 200 OK\r\n", b"X-Drip: x\r\n"),
            0.2,
            r"its server gave no answer, or no more of it, for 0.2 seconds \(timeout_seconds in \[fetch\]\)",
        ),
    ],
)
async def test_a_server_that_drips_is_given_up_and_others_get_their_turn(
    tmp_path: Path, story: Story, seconds: float, words: str
) -> None:
    async with (
        serving(story) as slow,
        serving(Source(BODY)) as other,
        site(tmp_path, timeout_seconds=seconds) as here,
    ):
        dripping = [here.target(slow.url(f"/{number}")) for number in range(2)]
        held = await asyncio.gather(
            *(here.cache.hold(target, here.machine(n)) for n, target in enumerate(dripping)),
            here.cache.hold(here.target(other.url()), here.machine(2)),
            return_exceptions=True,
        )
    for failed in held[:2]:
        with pytest.raises(NotNowError, match=words):
            raise failed  # type: ignore[misc]
    assert len(other.requests) == 1


async def test_one_whose_end_nobody_could_tell_is_refused(tmp_path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:HERE]
    async with serving(says(cut)) as server, site(tmp_path) as here:
        with pytest.raises(NotNowError, match="does not tell its length, so a part would pass for the whole"):
            await here.cache.hold(here.target(server.url()), here.machine())
    assert here.images() == []


@pytest.mark.parametrize(
    "body",
    [
        b"ffff\r\n" + BODY[:HERE],
        b"1d4c0\r\n" + BODY[:HERE] + b"\r\n",
        b"zz\r\n" + BODY[:HERE],
    ],
)
async def test_chunks_that_lie_are_no_image(tmp_path: Path, body: bytes) -> None:
    lie = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body
    async with serving(says(lie)) as server, site(tmp_path) as here:
        with pytest.raises(NotNowError, match=r"broke off in the middle|does not answer as HTTP says"):
            await here.cache.hold(here.target(server.url()), here.machine())
    assert here.images() == []


async def test_sixty_machines_at_once_cost_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    digest: Callable[[Path, str], str] = image_checks._digest

    def counted(path: Path, kind: str) -> str:
        read.append(kind)
        return digest(path, kind)

    monkeypatch.setattr(image_checks, "_digest", counted)
    image = tmp_path / "own.img"
    image.write_bytes(raw_image(MIB * 8))
    async with site(tmp_path) as here:
        target = here.target(str(image), image_sha256=sha256(image.read_bytes()))
        await asyncio.gather(*(here.cache.hold(target, here.machine(number)) for number in range(60)))
    assert read == ["sha256"]


# --- a disk that is nearly full -----------------------------------------------------------------


async def _have(here: Site, server: Server, number: int, *, used: int) -> None:
    """Have an image that nobody has any more, used at a moment."""
    held = await here.cache.hold(here.target(server.url(f"/{number}")), here.machine(number))
    os.utime(held.path, (used, used))
    await here.cache.release(here.machine(number))


async def _many(request: Request, writer: asyncio.StreamWriter) -> None:
    number = int(request.line.split()[1].strip("/"))
    await Source(raw_image(MIB * (8 if number == 8 else 1), bytes([65 + number])))(request, writer)


def _disk_of(bytes_max: int) -> Callable[[Path], int]:
    """Return a disk that holds the cache and so much altogether, beside what is kept free."""

    def free(directory: Path) -> int:
        return image_store.SPARE_BYTES + bytes_max - sum(path.stat().st_size for path in directory.iterdir())

    return free


async def test_what_nobody_has_goes_before_the_disk_is_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_store, "free", _disk_of(3 * MIB))
    async with serving(_many) as server, site(tmp_path) as here:
        for number in range(3):
            await _have(here, server, number, used=number)
        assert "image.thrown-out" in here.names()
        assert {path.name[:64] for path in here.images()} == {
            sha256(raw_image(MIB, bytes([65 + number]))) for number in (1, 2)
        }


async def test_what_came_for_a_machine_is_there_when_it_is_tried_again(tmp_path: Path) -> None:
    """Ten minutes later at most; another target's image does not throw it out before."""
    async with serving(_many) as server, site(tmp_path, images_bytes_max=MIB) as here:
        await _have(here, server, 0, used=int(time.time()) - 600)
        with pytest.raises(NotNowError, match=r"1.0 MiB are in use and images_max in \[fetch\] is 1.0 MiB"):
            await here.cache.hold(here.target(server.url("/1")), here.machine(1))
        await _have(here, server, 0, used=int(time.time()) - 1000)
        await here.cache.hold(here.target(server.url("/2")), here.machine(2))
    paths = [one.line.split()[1] for one in server.requests]
    assert paths == ["/0", "/1", "/2"], "the first was here when it was wanted again"


@pytest.mark.parametrize("images_bytes_max", [4 * MIB, 400 * MIB])
async def test_nothing_is_thrown_out_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images_bytes_max: int
) -> None:
    monkeypatch.setattr(image_store, "free", _disk_of(4 * MIB))
    async with serving(_many) as server, site(tmp_path, images_bytes_max=images_bytes_max) as here:
        for number in range(2):
            await _have(here, server, number, used=number)
        with pytest.raises(NotNowError, match=r"its 8.0 MiB do not fit (into the cache|on the disk)"):
            await here.cache.hold(here.target(server.url("/8")), here.machine(8))
        assert len(here.images()) == 2
