"""What the tests of images share: an image, a server that keeps it as honest ones do, a cache on it."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.fetch.fetch_samples import Wall, new_fetcher
from tests.unit.fetch.fetch_servers import Request, answer
from vacnet.agent.effects import Notify
from vacnet.fetch import ImageCache
from vacnet.targets.model import Model, Target

AT_LEAST_SECONDS = 30.0


def raw_image(length: int = 200_000, fill: bytes = b"disk") -> bytes:
    """Return a raw disk: anything with a boot sector's mark."""
    body = bytearray((fill * (length // len(fill) + 1))[:length])
    body[510:512] = b"\x55\xaa"
    return bytes(body)


def qcow2_image(*, backing: int = 0, features: int = 0) -> bytes:
    return struct.pack(">4sIQ", b"QFI\xfb", 3, backing).ljust(72, b"\0") + struct.pack(">Q", features) * 200


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class Source:
    """A server's image, told as RFC 9110 says."""

    body: bytes
    etag: str = '"one"'
    last_modified: str = ""
    cut_after: int = 0
    """Of the first answer with a body, so many bytes are sent; when they are taken the connection ends."""
    taken: Callable[[], bool] = bool
    ranges: bool = True
    sent: list[int] = field(default_factory=list)
    """Bytes of body that each answer began with."""
    gate: asyncio.Event | None = None
    """Waited for in the middle of a body."""

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        head = {"ETag": self.etag, "Last_Modified": self.last_modified}
        head = {name: value for name, value in head.items() if value}
        if self._is_known(request):
            writer.write(answer(b"", "304 Not Modified", **head))
            return
        start = self._start(request)
        if start >= len(self.body):
            length = f"bytes */{len(self.body)}"
            writer.write(answer(status="416 Range Not Satisfiable", Content_Range=length))
            return
        whole = self._head(start, head) + self.body[start:]
        self.sent.append(start)
        if self.gate is not None:
            writer.write(whole[: len(whole) // 2])
            await writer.drain()
            await self.gate.wait()
            writer.write(whole[len(whole) // 2 :])
            return
        cut, self.cut_after = self.cut_after, 0
        writer.write(whole[: -len(self.body) + start + cut] if cut else whole)
        while cut and not self.taken():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.001)

    def _is_known(self, request: Request) -> bool:
        asked = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
        return bool(self.etag and asked[0] == self.etag) or bool(
            self.last_modified and not self.etag and asked[1] == self.last_modified
        )

    def _start(self, request: Request) -> int:
        if not self.ranges or request.headers.get("if-range") not in {self.etag, self.last_modified}:
            return 0
        return int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))

    def _head(self, start: int, head: dict[str, str]) -> bytes:
        length = str(len(self.body) - start)
        if not start:
            return answer(b"", "200 OK", Content_Length=length, **head)
        span = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        return answer(b"", "206 Partial Content", Content_Length=length, Content_Range=span, **head)


@dataclass
class Site:
    """A state directory with an image cache, as a factory has it."""

    state: Path
    cache: ImageCache
    wall: Wall
    told: list[Notify]

    def target(self, url: str, **options: Any) -> Target:
        return Target(name="grid-vm", machine_model=Model.VM, root_image=url, **options)

    def machine(self, number: int = 0) -> Path:
        home = self.state / "machines" / f"1700000000_grid-vm_{number:02d}"
        home.mkdir(parents=True, exist_ok=True)
        return home

    def has(self, amount: str) -> bool:
        """Tell whether so much of the one download under way is here."""
        return any(amount in words for words in self.under_way())

    def under_way(self) -> list[str]:
        """Return how far each download is."""
        return [str(fetch.progress) for fetch in self.cache._fetches.values()]

    def names(self) -> list[str]:
        return [notice.name for notice in self.told]

    def images(self) -> list[Path]:
        return sorted((self.state / "images").glob("*.image"))


@asynccontextmanager
async def site(
    state: Path, *, wait_seconds: float = AT_LEAST_SECONDS, wall: Wall | None = None, **settings: object
) -> AsyncIterator[Site]:
    """Have a cache for as long as a block runs; a second one on the same state is a restart."""
    wall, told = wall or Wall(), []  # type: ignore[var-annotated]
    fetcher = new_fetcher(state / "fetch", wall, leave_seconds=0.0, **settings)
    cache = ImageCache(
        fetcher,
        state / "images",
        told.append,
        wall=wall,
        wait_seconds=wait_seconds,
        authorities=state / "authorities",
    )
    try:
        yield Site(state, cache, wall, told)
    finally:
        await cache.close()
        await fetcher.close()
