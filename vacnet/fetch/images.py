"""Images of virtual machines: one download for any number of machines, checked, held, thrown out in time.

Rules of this file: an image that is pinned by `image_sha256` and is here is used unasked. Any other address
is asked whether it has something newer, once in `CONFIRM_SECONDS` for all machines of a burst; whatever
goes wrong then, the image that is here is used and a warning says so. All who ask for one address share one
download, which goes on when they are tired of waiting: after `wait_seconds` they are told how far it is, no
machine is made, the space may try elsewhere, and the target is tried again here in 10 s to 10 min (section
5 of the design). A restart goes on where the download was.

What was got is looked at each time that it is to be used: format, pins, signature. So a wrong pin costs no
second download, and is over with the edit that corrects it.

A `root_image` that is no address is a file of this host, read where it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vacnet.agent.effects import Notify
from vacnet.fetch import image_signature
from vacnet.fetch.address import Address, parse, shown
from vacnet.fetch.cache import Validators
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.fetcher import LEAVE_SECONDS, Fetcher
from vacnet.fetch.image_checks import ImageChecks, look_at
from vacnet.fetch.image_download import Copy, Download, Progress
from vacnet.fetch.image_notes import Known
from vacnet.fetch.image_store import ImageStore
from vacnet.fetch.user_data import is_local, place_of
from vacnet.machines.images import ROOT_IMAGE, HeldImage
from vacnet.machines.runtime import NotNowError
from vacnet.targets.model import Target

CONFIRM_SECONDS = 60.0
WAIT_SECONDS = 20.0
"""A small image is there by then; a large one is worth no ticket held."""
TELL_SECONDS = 30.0
DOWNLOADS_MAX = 2
"""More at once fill a line no better, and pipes go by the same connections."""


@dataclass(slots=True)
class _Fetch:
    """A download under way."""

    task: asyncio.Task[Known]
    progress: Progress


class ImageCache:
    """Has images; the `Images` of engines. `close` it before its fetcher."""

    def __init__(
        self,
        fetcher: Fetcher,
        directory: Path,
        notify: Callable[[Notify], None],
        *,
        wall: Callable[[], float] = time.time,
        wait_seconds: float = WAIT_SECONDS,
        authorities: Path = image_signature.AUTHORITIES,
    ) -> None:
        """Keep images below a directory; nothing is opened yet.

        Args:
            fetcher: whose connections and settings are used.
            directory: ``images/`` in the state directory, on one file system with ``machines/``.
            notify: told what happens.
            wall: Unix seconds.
            wait_seconds: how long who asks waits for a download.
            authorities: of signatures.
        """
        self._fetcher = fetcher
        self._store = ImageStore(directory)
        self._notify = notify
        self._wall = wall
        self._wait_seconds = wait_seconds
        self._fetches: dict[Address, _Fetch] = {}
        self._failures: dict[Address, tuple[str, float]] = {}
        self._checks = ImageChecks(authorities)
        self._turns = asyncio.Semaphore(DOWNLOADS_MAX)

    async def hold(self, target: Target, directory: Path) -> HeldImage:
        """Return the target's image, held by a name in a machine's directory (see `machines.images`).

        Raises:
            NotNowError: it cannot be had, or not yet, and why.
        """
        try:
            if is_local(target.root_image):
                place = place_of(target, target.root_image)
                return await asyncio.to_thread(self._checks.own, target, place)
            return await self._held(target, directory / ROOT_IMAGE)
        except UnavailableError as error:
            where = shown(target.root_image)
            raise NotNowError(f"the image of {target.name} is not to be had from {where}: {error}") from None

    async def release(self, directory: Path) -> None:
        """Let go of what the machine of this directory holds."""
        await asyncio.to_thread((directory / ROOT_IMAGE).unlink, missing_ok=True)

    async def close(self) -> None:
        """End downloads; what they have got stays for the next start."""
        tasks = [fetch.task for fetch in self._fetches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- having -----------------------------------------------------------------------------------

    async def _held(self, target: Target, place: Path) -> HeldImage:
        if await asyncio.to_thread(place.is_file):
            return await asyncio.to_thread(look_at, place)
        sha256 = await self._have(target)
        held = await self._good(target, sha256)
        if not await asyncio.to_thread(self._store.link, sha256, place):
            raise UnavailableError("it was thrown out of the cache just now; it is got again")
        return HeldImage(place, held.format, held.size_bytes)

    async def _good(self, target: Target, sha256: str) -> HeldImage:
        try:
            return await asyncio.to_thread(self._checks.fetched, target, sha256, self._store.path(sha256))
        except UnavailableError:
            await asyncio.to_thread(self._doubt, parse(target.root_image))
            raise

    def _doubt(self, address: Address) -> None:
        """Have an image got anew whose source cannot tell whether there is another by now."""
        known = self._store.known(address)
        if known is not None and known.validators == Validators():
            self._store.forget(address)

    async def _have(self, target: Target) -> str:
        """Return the SHA-256 of what the address has, which is here then."""
        pinned = target.image_sha256
        is_here = bool(pinned) and await asyncio.to_thread(self._store.has, pinned)
        if is_here:
            return pinned
        address = parse(target.root_image)
        known = await asyncio.to_thread(self._store.known, address)
        if known and 0 <= self._wall() - known.confirmed_wall < CONFIRM_SECONDS:
            return known.sha256
        return (await self._fetched(address)).sha256

    async def _fetched(self, address: Address) -> Known:
        fetch = self._fetches.get(address) or self._begin(address)
        done, _ = await asyncio.wait([fetch.task], timeout=self._wait_seconds)
        if not done:
            raise UnavailableError(f"it is being fetched: {fetch.progress}")
        return fetch.task.result()

    def _begin(self, address: Address) -> _Fetch:
        words, until = self._failures.get(address, ("", 0.0))
        if until > asyncio.get_running_loop().time():
            raise UnavailableError(words)
        progress = Progress()
        fetch = _Fetch(asyncio.create_task(self._renew(address, progress)), progress)
        self._fetches[address] = fetch
        fetch.task.add_done_callback(lambda done: self._over(address, done))
        return fetch

    def _over(self, address: Address, done: asyncio.Task[Known]) -> None:
        del self._fetches[address]
        self._failures.pop(address, None)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            until = asyncio.get_running_loop().time() + LEAVE_SECONDS
            self._failures[address] = str(error), until

    # --- getting ----------------------------------------------------------------------------------

    async def _renew(self, address: Address, progress: Progress) -> Known:
        """Have what stands at an address now, or what is here of it if that cannot be told."""
        known = await asyncio.to_thread(self._store.known, address)
        try:
            async with self._turns:
                return await self._get(address, known, progress)
        except UnavailableError as error:
            if known is None:
                self._tell("image.failed", address, warning=True, why=str(error), progress=str(progress))
                raise
            self._tell("image.stale", address, warning=True, why=str(error))
            return known

    async def _get(self, address: Address, known: Known | None, progress: Progress) -> Known:
        began = asyncio.get_running_loop().time()
        download = Download(self._fetcher.session(), self._fetcher.settings, self._store, progress)
        telling = asyncio.create_task(self._tell_progress(address, progress))
        try:
            validators = await download.run(address, self._copy(known))
        finally:
            telling.cancel()
            for name in download.thrown_out:
                self._tell("image.thrown-out", address, file=name)
        now = self._wall()
        if validators is None and known is not None:
            found = Known(known.sha256, known.validators, now, known.got_wall)
        else:
            sha256 = await asyncio.to_thread(self._finish, address)
            found = Known(sha256, validators or Validators(), now, now)
            seconds = round(asyncio.get_running_loop().time() - began, 1)
            self._tell("image.fetched", address, bytes=progress.had_bytes, seconds=seconds, sha256=sha256)
        await asyncio.to_thread(self._store.remember, address, found)
        return found

    def _copy(self, known: Known | None) -> Copy | None:
        if known is None:
            return None
        size_bytes = self._store.path(known.sha256).stat().st_size
        return Copy(known.validators, size_bytes, max(0.0, self._wall() - known.got_wall))

    def _finish(self, address: Address) -> str:
        try:
            return self._store.finish(address)
        except OSError as error:
            raise UnavailableError(f"it cannot be kept: {error.strerror}") from None

    async def _tell_progress(self, address: Address, progress: Progress) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            self._tell("image.fetching", address, progress=str(progress))

    def _tell(self, name: str, address: Address, *, warning: bool = False, **fields: object) -> None:
        self._notify(Notify(name, {"image": shown(address.url), **fields}, warning=warning))
