"""Images of virtual machines: one download for all, resumed, conditional, bounded; and each way it fails."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_servers import Request, answer, says, serving, silent_port
from tests.unit.fetch.image_samples import Source, qcow2_image, raw_image, sha256, site
from vacnet.fetch import exchange, image_store
from vacnet.fetch.address import Address
from vacnet.fetch.image_download import UNMARKED_SECONDS
from vacnet.fetch.image_notes import Begun
from vacnet.fetch.images import CONFIRM_SECONDS
from vacnet.machines.images import Format
from vacnet.machines.runtime import NotNowError

BODY = raw_image()


async def test_one_download_serves_all_machines_of_a_burst(tmp_path: Path) -> None:
    source = Source(BODY)
    async with serving(source) as server, site(tmp_path) as here:
        target = here.target(server.url("/disk.img"))
        held = await asyncio.gather(*(here.cache.hold(target, here.machine(n)) for n in range(20)))
    assert len(server.requests) == 1
    assert {one.path.read_bytes() for one in held} == {BODY}
    assert {(one.format, one.size_bytes) for one in held} == {(Format.RAW, len(BODY))}
    assert len({one.path.stat().st_ino for one in held}) == 1
    assert here.names() == ["image.fetched"]


async def test_what_is_here_is_confirmed_and_not_got_again(tmp_path: Path) -> None:
    source = Source(BODY)
    async with serving(source) as server, site(tmp_path) as here:
        target = here.target(server.url())
        await here.cache.hold(target, here.machine(0))
        await here.cache.hold(target, here.machine(1))
        assert len(server.requests) == 1, "within a minute nobody is asked"
        here.wall.now += CONFIRM_SECONDS + 1
        await here.cache.hold(target, here.machine(2))
    assert server.requests[1].headers["if-none-match"] == '"one"'
    assert source.sent == [0]


async def test_a_newer_image_is_for_new_machines(tmp_path: Path) -> None:
    source = Source(BODY)
    async with serving(source) as server, site(tmp_path) as here:
        target = here.target(server.url())
        first = await here.cache.hold(target, here.machine(0))
        source.body, source.etag = raw_image(fill=b"newer"), '"two"'
        here.wall.now += CONFIRM_SECONDS + 1
        second = await here.cache.hold(target, here.machine(1))
        again = await here.cache.hold(target, here.machine(0))
    assert first.path.read_bytes() == again.path.read_bytes() == BODY
    assert second.path.read_bytes() == source.body


async def test_a_download_that_was_broken_off_is_gone_on_with_after_a_restart(tmp_path: Path) -> None:
    source = Source(BODY, cut_after=120_000)
    async with serving(source) as server:
        async with site(tmp_path) as here:
            source.taken = lambda: here.has("117 KiB of")
            with pytest.raises(NotNowError, match="broke off in the middle of the answer"):
                await here.cache.hold(here.target(server.url()), here.machine())
        async with site(tmp_path) as here:
            held = await here.cache.hold(here.target(server.url()), here.machine())
    assert held.path.read_bytes() == BODY
    assert source.sent == [0, 120_000]
    assert server.requests[1].headers["if-range"] == '"one"'


async def test_a_part_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    source = Source(BODY, cut_after=120_000)
    async with serving(source) as server:
        async with site(tmp_path) as here:
            source.taken = lambda: here.has("117 KiB of")
            with pytest.raises(NotNowError):
                await here.cache.hold(here.target(server.url()), here.machine())
        source.body, source.etag = raw_image(fill=b"newer"), '"two"'
        async with site(tmp_path) as here:
            held = await here.cache.hold(here.target(server.url()), here.machine())
    assert server.requests[1].headers["if-range"] == '"one"'
    assert held.path.read_bytes() == source.body


async def test_a_part_longer_than_what_is_there_is_dropped(tmp_path: Path) -> None:
    source = Source(BODY, cut_after=120_000)

    async def shorter(request: Request, writer: asyncio.StreamWriter) -> None:
        if "range" in request.headers:
            writer.write(answer(status="416 Range Not Satisfiable"))
        else:
            await source(request, writer)

    async with serving(source) as server:
        async with site(tmp_path) as here:
            source.taken = lambda: here.has(" of 195 KiB")
            with pytest.raises(NotNowError):
                await here.cache.hold(here.target(server.url()), here.machine())
        server.story = shorter
        async with site(tmp_path) as here:
            held = await here.cache.hold(here.target(server.url()), here.machine())
    assert held.path.read_bytes() == BODY


async def test_who_waits_is_told_how_far_it_is_and_the_download_goes_on(tmp_path: Path) -> None:
    source = Source(BODY, gate=asyncio.Event())
    async with serving(source) as server, site(tmp_path, wait_seconds=0.0) as here:
        target = here.target(server.url())
        with pytest.raises(NotNowError, match="is being fetched: nothing of it is here yet"):
            await here.cache.hold(target, here.machine())
        while not here.has("of 195 KiB"):  # noqa: ASYNC110 (progress has no event)
            await asyncio.sleep(0.001)
        with pytest.raises(NotNowError, match=r"is being fetched: \d+(\.\d)? KiB of 195 KiB are here"):
            await here.cache.hold(target, here.machine())
        assert source.gate is not None
        source.gate.set()
        while here.under_way():  # noqa: ASYNC110 (the same)
            await asyncio.sleep(0.001)
        held = await here.cache.hold(target, here.machine())
        assert held.path.read_bytes() == BODY
    assert len(server.requests) == 1


async def test_one_that_is_pinned_and_here_is_not_asked_for(tmp_path: Path) -> None:
    source = Source(BODY)
    async with serving(source) as server, site(tmp_path) as here:
        await here.cache.hold(here.target(server.url()), here.machine(0))
        other = here.target(server.url("/mirror"), image_sha256=sha256(BODY))
        await here.cache.hold(other, here.machine(1))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image_sha256": "0" * 64}, f"its SHA-256 is {sha256(BODY)}, and image_sha256 says another"),
        ({"image_sha512": "0" * 128}, "its SHA-512 is [0-9a-f]{128}, and image_sha512 says another"),
        ({"image_signing_dn": "/CN=nobody"}, "has no signature at its end"),
    ],
)
async def test_a_wrong_digest_is_told_and_costs_no_second_download(
    tmp_path: Path, options: dict[str, str], words: str
) -> None:
    source = Source(BODY)
    async with serving(source) as server, site(tmp_path) as here:
        for _ in range(2):
            with pytest.raises(NotNowError, match=words):
                await here.cache.hold(here.target(server.url(), **options), here.machine())
            here.wall.now += CONFIRM_SECONDS + 1
        held = await here.cache.hold(here.target(server.url()), here.machine())
    assert held.path.read_bytes() == BODY
    assert source.sent == [0]


async def test_a_source_without_marks_is_asked_again_and_got_again_once_a_day(tmp_path: Path) -> None:
    source = Source(BODY, etag="")
    async with serving(source) as server, site(tmp_path) as here:
        target = here.target(server.url())
        await here.cache.hold(target, here.machine(0))
        here.wall.now += CONFIRM_SECONDS + 1
        await here.cache.hold(target, here.machine(1))
        assert here.names() == ["image.fetched"], "the length is what it was"
        here.wall.now += UNMARKED_SECONDS
        source.body = raw_image(fill=b"newer")
        held = await here.cache.hold(target, here.machine(2))
    assert held.path.read_bytes() == source.body


async def test_one_that_does_not_fit_its_pin_is_got_anew_where_nobody_can_tell_whether_it_was_mended(
    tmp_path: Path,
) -> None:
    good = raw_image(fill=b"mended")
    source = Source(BODY, etag="")
    async with serving(source) as server, site(tmp_path) as here:
        target = here.target(server.url(), image_sha256=sha256(good))
        with pytest.raises(NotNowError, match="image_sha256 says another"):
            await here.cache.hold(target, here.machine())
        source.body = good
        held = await here.cache.hold(target, here.machine())
    assert held.path.read_bytes() == good


async def test_two_are_fetched_at_a_time_and_room_is_kept_for_both(tmp_path: Path) -> None:
    gate = asyncio.Event()
    bodies = {f"/{n}": raw_image(1 << 20, bytes([65 + n])) for n in range(3)}
    asked: list[str] = []

    async def many(request: Request, writer: asyncio.StreamWriter) -> None:
        path = request.line.split()[1]
        asked.append(path)
        await Source(bodies[path], gate=gate)(request, writer)

    async with serving(many) as server, site(tmp_path, images_bytes_max=5 << 19) as here:
        holding = [
            asyncio.create_task(here.cache.hold(here.target(server.url(path)), here.machine(n)))
            for n, path in enumerate(bodies)
        ]
        while sum("of 1.0 MiB" in words for words in here.under_way()) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert len(asked) == 2
        gate.set()
        ended = await asyncio.gather(*holding, return_exceptions=True)
    assert [isinstance(one, NotNowError) for one in ended].count(True) == 1, "two and a half have room"
    assert any("its 1.0 MiB do not fit into the cache" in str(one) for one in ended)


async def test_what_has_only_a_date_is_confirmed_and_resumed_by_it(tmp_path: Path) -> None:
    source = Source(BODY, etag="", last_modified="Mon, 02 Nov 2026 10:00:00 GMT", cut_after=50_000)
    async with serving(source) as server:
        async with site(tmp_path) as here:
            source.taken = lambda: here.has(" of 195 KiB")
            with pytest.raises(NotNowError):
                await here.cache.hold(here.target(server.url()), here.machine())
        async with site(tmp_path) as here:
            await here.cache.hold(here.target(server.url()), here.machine(0))
            here.wall.now += CONFIRM_SECONDS + 1
            await here.cache.hold(here.target(server.url()), here.machine(1))
    assert source.sent == [0, 50_000]
    assert server.requests[2].headers["if-modified-since"] == source.last_modified


FAILURES = [
    (says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "answers with status 404 Not Found"),
    (
        says(answer(b"x" * 500, Content_Length="1000")),
        "its server broke off in the middle of the answer",
    ),
    (
        says(answer(Content_Length=str(2 << 20))),
        "it has 2.0 MiB, and image_max in .fetch. is 1.0 MiB: raise it",
    ),
    (
        says(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n"
            + b"x" * (2 << 20)
            + b"\r\n0\r\n\r\n"
        ),
        "it sends more than 1.0 MiB: is the address right?",
    ),
    (says(answer(b"<!DOCTYPE html><p>sorry")), "no image of a disk: it is a page of HTML or XML; expected"),
    (says(answer(b"\x1f\x8b" + b"x" * 600)), "it is packed by gzip; publish it unpacked"),
    (says(answer(qcow2_image(backing=104))), "a qcow2 image that refers to another file, which is never"),
    (says(answer(BODY, Content_Encoding="br")), "comes in an encoding that was not asked for"),
    (says(answer(status="304 Not Modified")), "answers with status 304 Not Modified"),
    (says(answer()), "no image of a disk: 0 bytes looked at; expected"),
    (
        says(answer(BODY, status="206 Partial Content", Content_Range="bytes 5-9/10")),
        "sends another part than was asked for",
    ),
    (
        says(answer(status="302 Found", Location="/again")),
        "redirects more than 5 times",
    ),
    (says(answer(status="302 Found", Location="file:///etc/shadow")), "redirects to a file"),
]


@pytest.mark.parametrize(("story", "words"), FAILURES)
async def test_each_failure_has_its_words(tmp_path: Path, story: Source, words: str) -> None:
    async with serving(story) as server, site(tmp_path, image_bytes_max=1 << 20) as here:
        with pytest.raises(NotNowError, match=words):
            await here.cache.hold(here.target(server.url("/disk.img")), here.machine())
        assert list(here.machine().iterdir()) == []


async def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    async def silent(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(Content_Length="1000"))
        await writer.drain()
        await asyncio.Event().wait()

    async with serving(silent) as server, site(tmp_path, timeout_seconds=0.2) as here:
        with pytest.raises(
            NotNowError, match=r"its server gave no answer, or no more of it, for 0.2 seconds"
        ):
            await here.cache.hold(here.target(server.url()), here.machine())


async def test_a_firewall_that_drops_is_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
    with silent_port() as port:
        async with site(tmp_path) as here:
            with pytest.raises(
                NotNowError, match=r"cannot be reached \(Connection timed out\): check .*firewalls"
            ):
                await here.cache.hold(here.target(f"http://127.0.0.1:{port}/disk.img"), here.machine())


async def test_nobody_there_is_told_once_and_left_alone_for_a_while(tmp_path: Path) -> None:
    async with serving(says(b"")) as server:
        url = server.url()
    async with site(tmp_path) as here:
        for _ in range(3):
            with pytest.raises(NotNowError, match="its server cannot be reached"):
                await here.cache.hold(here.target(url), here.machine())
    assert here.names() == ["image.failed"]


async def test_while_the_server_is_away_the_image_that_is_here_is_used(tmp_path: Path) -> None:
    async with serving(Source(BODY)) as server, site(tmp_path) as here:
        target = here.target(server.url())
        await here.cache.hold(target, here.machine(0))
        server.story = says(b"")
        here.wall.now += CONFIRM_SECONDS + 1
        held = await here.cache.hold(target, here.machine(1))
    assert held.path.read_bytes() == BODY
    assert here.names() == ["image.fetched", "image.stale"]


async def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_store, "SPARE_BYTES", 1 << 60)
    async with serving(Source(BODY)) as server, site(tmp_path) as here:
        with pytest.raises(NotNowError, match=r"its 195 KiB do not fit on the disk of .*: make room there"):
            await here.cache.hold(here.target(server.url()), here.machine())


async def test_a_disk_that_is_full_in_the_middle_is_told_and_the_part_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = image_store.ImageStore.begin

    def on_a_full_disk(self: image_store.ImageStore, address: Address, begun: Begun) -> None:
        begin(self, address, begun)
        self.part(address).unlink()
        self.part(address).symlink_to("/dev/full")

    monkeypatch.setattr(image_store.ImageStore, "begin", on_a_full_disk)
    async with serving(Source(BODY)) as server, site(tmp_path) as here:
        with pytest.raises(NotNowError, match=r"the disk of .*images is full: make room there, or lower"):
            await here.cache.hold(here.target(server.url()), here.machine())
    assert list((tmp_path / "images").iterdir()) == []


async def test_a_factory_killed_in_the_middle_of_a_download_goes_on_with_it(tmp_path: Path) -> None:
    source = Source(BODY, gate=asyncio.Event())
    async with serving(source) as server:
        words = (sys.executable, "-m", "tests.unit.fetch.image_killed", str(tmp_path), server.url())
        doomed = await asyncio.create_subprocess_exec(*words)
        while not any(path.stat().st_size > 50_000 for path in (tmp_path / "images").glob("*.part")):  # noqa: ASYNC110 (a file has no event)
            await asyncio.sleep(0.01)
        doomed.kill()
        await doomed.wait()
        source.gate = None
        async with site(tmp_path) as here:
            held = await here.cache.hold(here.target(server.url()), here.machine())
    assert held.path.read_bytes() == BODY
    assert source.sent[0] == 0
    assert source.sent[1] > 50_000


async def test_what_was_used_longest_ago_goes_and_never_one_in_use(tmp_path: Path) -> None:
    bodies = {f"/{n}": raw_image(1 << 20, bytes([65 + n])) for n in range(4)}

    async def many(request: Request, writer: asyncio.StreamWriter) -> None:
        await Source(bodies[request.line.split()[1]])(request, writer)

    async with serving(many) as server, site(tmp_path, images_bytes_max=3 << 20) as here:
        for n in range(3):
            held = await here.cache.hold(here.target(server.url(f"/{n}")), here.machine(n))
            os.utime(held.path, (n, n))
        await here.cache.release(here.machine(1))
        await here.cache.release(here.machine(2))
        await here.cache.hold(here.target(server.url("/3")), here.machine(3))
        assert {path.name[:64] for path in here.images()} == {sha256(bodies[f"/{n}"]) for n in (0, 2, 3)}
        assert here.names()[-2:] == ["image.thrown-out", "image.fetched"]
        await here.cache.hold(here.target(server.url("/2")), here.machine(2))
        with pytest.raises(NotNowError, match=r"3.0 MiB are in use and images_max in \[fetch\] is 3.0 MiB"):
            await here.cache.hold(here.target(server.url("/1")), here.machine(1))


async def test_a_file_of_this_host_is_used_where_it_is(tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    image.write_bytes(qcow2_image())
    async with site(tmp_path) as here:
        target = here.target(str(image), image_sha256=sha256(image.read_bytes()))
        held = await here.cache.hold(target, here.machine())
        assert (held.path, held.format) == (image, Format.QCOW2)
        await here.cache.release(here.machine())
        image.write_bytes(raw_image())
        with pytest.raises(NotNowError, match=r"its SHA-256 is .*, and image_sha256 says another"):
            await here.cache.hold(target, here.machine())
        with pytest.raises(NotNowError, match="cannot be read: No such file"):
            await here.cache.hold(here.target(f"{image}.gone"), here.machine())
        image.write_bytes(qcow2_image(backing=104))
        with pytest.raises(NotNowError, match="a qcow2 image that refers to another file, which is never"):
            await here.cache.hold(here.target(str(image)), here.machine())
    assert image.exists()


async def test_what_a_machine_holds_outlives_a_restart_and_the_cache(tmp_path: Path) -> None:
    async with serving(Source(BODY)) as server, site(tmp_path) as here:
        await here.cache.hold(here.target(server.url()), here.machine())
    for image in here.images():
        image.unlink()
    async with site(tmp_path) as here:
        held = await here.cache.hold(here.target(server.url()), here.machine())
    assert held.path.read_bytes() == BODY
