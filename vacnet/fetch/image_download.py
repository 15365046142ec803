"""One image over HTTP into its part: conditional, resumed, bounded, and how far it is.

Rules of this file: what is here already is asked for conditionally, what is here in part is gone on with
(`Range` under `If-Range`, so that bytes of two versions never meet; without a strong validator it is begun
anew, and so it is where a server sends a range of another version all the same). An answer is believed as far
as it can be checked: its range has to begin where the part ends, its length has to be what it said, and it
has to say where it ends. What was got before a failure stays for the next try. Nothing is in memory but a
piece; what the disk does is done in a thread.

A server that drips would have one of few downloads for itself for ever: in each `timeout_seconds` it has to
send `LEAST_BYTES_PER_SECOND`, or another gets its turn.

A source without ETag and Last-Modified cannot be asked whether it has something newer: its length is compared
instead, and once in `UNMARKED_SECONDS` its image is got again.

Sources: RFC 9110 sections 13 (conditions) and 14 (ranges).
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import aiohttp

from vacnet.fetch.address import Address
from vacnet.fetch.cache import Validators
from vacnet.fetch.exchange import NOT_MODIFIED, OK, bad_status, conditions, following, validators_of
from vacnet.fetch.failures import words_of
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.image_notes import Begun
from vacnet.fetch.image_ranges import PARTIAL, is_of_another, is_whole, span, strong
from vacnet.fetch.image_store import ImageStore
from vacnet.quantities import size
from vacnet.targets.model import FetchSettings

PIECE_BYTES = 1 << 20
UNMARKED_SECONDS = 86400.0
LEAST_BYTES_PER_SECOND = 10 << 10
"""An image of 1 GiB would take more than a day."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(slots=True)
class Progress:
    """How far a download is."""

    had_bytes: int = 0
    total_bytes: int = 0
    """0: the server did not say."""

    def __str__(self) -> str:
        """Return it in words."""
        if not self.had_bytes:
            return "nothing of it is here yet"
        return f"{size(self.had_bytes)} of {size(self.total_bytes) if self.total_bytes else 'it'} are here"


@dataclass(frozen=True, slots=True)
class Copy:
    """What is here of an address already."""

    validators: Validators
    size_bytes: int
    age_seconds: float


class Download:
    """Gets what stands at one address now."""

    def __init__(
        self, session: aiohttp.ClientSession, settings: FetchSettings, store: ImageStore, progress: Progress
    ) -> None:
        """Get by a session into a store, and tell how far that is in `progress`."""
        self._session = session
        self._settings = settings
        self._store = store
        self._progress = progress
        self.thrown_out: list[str] = []

    async def run(self, address: Address, copy: Copy | None) -> Validators | None:
        """Collect the whole of what stands there; None: it is what is here already.

        Raises:
            UnavailableError: that cannot be had, and why.
        """
        try:
            with self._store.collecting(address):
                return await self._ask(address, copy)
        except aiohttp.ConnectionTimeoutError as error:
            words = words_of(error, self._settings.proxy)
        except TimeoutError:
            limit = f"{self._settings.timeout_seconds:g} seconds (timeout_seconds in [fetch])"
            words = f"its server gave no answer, or no more of it, for {limit}"
        except (aiohttp.ClientError, ValueError, RuntimeError) as error:
            words = words_of(error, self._settings.proxy)
        except OSError as error:
            words = await self._disk_words(address, error)
        raise UnavailableError(words)

    async def _ask(self, address: Address, copy: Copy | None) -> Validators | None:
        begun = await asyncio.to_thread(self._store.begun, address)
        async with self._asking(address, _headers(copy, begun)) as response:
            if begun is not None and is_whole(response, begun):
                self._progress.had_bytes = self._progress.total_bytes = begun[1]
                return begun[0].validators
            if begun is None or not is_of_another(response, begun[0]):
                return await self._take(response, address, copy, begun)
        await asyncio.to_thread(self._store.drop, address)
        async with self._asking(address, _headers(copy, None)) as response:
            return await self._take(response, address, copy, None)

    def _asking(
        self, address: Address, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        settings = self._settings
        return following(self._session, address.url, headers, settings.proxy, settings.timeout_seconds)

    async def _take(
        self,
        response: aiohttp.ClientResponse,
        address: Address,
        copy: Copy | None,
        begun: tuple[Begun, int] | None,
    ) -> Validators | None:
        if response.status == NOT_MODIFIED and copy is not None:
            return None
        if response.status not in {OK, PARTIAL}:
            raise bad_status(response)
        if response.headers.get("Content-Encoding", "identity") not in {"identity", ""}:
            raise UnavailableError("it comes in an encoding that was not asked for")
        validators = validators_of(response)
        if copy is not None and _is_the_same(response, validators, copy):
            response.close()
            return None
        offset, total = span(response, begun)
        if begun is not None and offset:
            validators = begun[0].validators  # a range need not repeat all of them
        await self._begin(address, Begun(validators, total), offset)
        await self._collect(response, address, total)
        return validators

    async def _begin(self, address: Address, begun: Begun, offset: int) -> None:
        total, most = begun.total_bytes, self._settings.image_bytes_max
        if total > most:
            raise UnavailableError(
                f"it has {size(total)}, and image_max in [fetch] is {size(most)}: raise it"
            )
        if not offset:
            await asyncio.to_thread(self._store.begin, address, begun)
        self._progress.had_bytes, self._progress.total_bytes = offset, total
        await self._make_room(address, max(0, total - offset))

    async def _make_room(self, address: Address, need_bytes: int) -> None:
        budget = self._settings.images_bytes_max
        self.thrown_out += await asyncio.to_thread(self._store.make_room, address, need_bytes, budget)

    async def _collect(self, response: aiohttp.ClientResponse, address: Address, total: int) -> None:
        progress, most = self._progress, total or self._settings.image_bytes_max
        with self._store.part(address).open("ab") as part:
            async for piece in _pieces(response, self._settings.timeout_seconds):
                if progress.had_bytes + len(piece) > most:
                    await asyncio.to_thread(self._store.drop, address)
                    raise UnavailableError(f"it sends more than {size(most)}: is the address right?")
                if not total:
                    await self._make_room(address, len(piece))
                await asyncio.to_thread(part.write, piece)
                progress.had_bytes += len(piece)
        response.close()
        if total and progress.had_bytes != total:
            raise UnavailableError(f"it ended after {progress.had_bytes} of {total} bytes")

    async def _disk_words(self, address: Address, error: OSError) -> str:
        where = self._store.directory
        if error.errno not in _FULL:
            return f"it cannot be written to {where}: {error.strerror}"
        await asyncio.to_thread(self._store.drop, address)
        return f"the disk of {where} is full: make room there, or lower images_max in [fetch]"


async def _pieces(response: aiohttp.ClientResponse, window_seconds: float) -> AsyncIterator[bytes]:
    """Give a body piece by piece, as long as it comes at a pace that ends some day.

    Raises:
        UnavailableError: it drips.
    """
    clock = asyncio.get_running_loop().time
    since, had_bytes = clock(), 0
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        yield piece
        had_bytes += len(piece)
        seconds = clock() - since
        if seconds > window_seconds:
            if had_bytes < LEAST_BYTES_PER_SECOND * seconds:
                raise UnavailableError(
                    f"its server is too slow, {size(had_bytes)} in {seconds:.1f} seconds: "
                    "what is here stays, and is gone on with"
                )
            since, had_bytes = clock(), 0


def _headers(copy: Copy | None, begun: tuple[Begun, int] | None) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if begun is not None and begun[1]:
        mark = strong(begun[0].validators)
        return headers | ({"Range": f"bytes={begun[1]}-", "If-Range": mark} if mark else {})
    return headers | (conditions(copy.validators) if copy else {})


def _is_the_same(response: aiohttp.ClientResponse, validators: Validators, copy: Copy) -> bool:
    """Tell whether an answer without marks seems to be what is here."""
    unmarked = validators == Validators() == copy.validators
    return unmarked and copy.age_seconds < UNMARKED_SECONDS and response.content_length == copy.size_bytes
