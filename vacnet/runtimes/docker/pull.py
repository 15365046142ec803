"""Getting images: one pull for all who wait for it, in a thread of its own, visible, bounded.

Rules of this file: a pull never holds up another start, for it does not use the threads that starts use. Who
waits is told after a while (`Patience.pull_seconds`) that the image is on its way, and how far it is: then no
machine is made, other factories may have the ticket, and the target is tried again here (section 5 of the
design); the pull goes on meanwhile. It ends when the engine has nothing to say for `STALL_SECONDS`.

Credentials are read anew for each pull, so a renewed file needs no restart; nothing of them is logged.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.faults import pull_failure
from vacnet.runtimes.docker.image import registry_of
from vacnet.runtimes.docker.progress import Progress
from vacnet.runtimes.engine.faults import AwayError, RefusalError
from vacnet.runtimes.engine.workers import Workers

STALL_SECONDS = 180.0
"""Extracting a layer of gigabytes on a slow disk says nothing for a minute or two."""
TELL_SECONDS = 15.0
THREADS = 2
"""Engines fetch three layers of an image at a time; more images at once fill a line no better."""

log = structlog.get_logger(__name__)


class Pulls:
    """The pulls under way, by image."""

    def __init__(self, client: Client, auth_file: str) -> None:
        """Pull with the credentials in `auth_file`; empty: with those of the factory's user."""
        self._client = client
        self._auth_file = auth_file
        self._workers = Workers("docker-pull", THREADS)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, Progress] = {}

    async def have(self, image: str) -> None:
        """Return when the image is here.

        Raises:
            NotNowError: it cannot be had, or not yet, and why.
        """
        task = self._under_way.get(image)
        if task is None:
            task = self._under_way[image] = asyncio.create_task(self._pull(image), name=f"pull {image}")
            task.add_done_callback(lambda done: self._over(image, done))
        done, _ = await asyncio.wait([task], timeout=self._client.patience.pull_seconds)
        if not done:
            progress = self._progress.get(image, Progress())
            raise NotNowError(f"image {image} is being pulled from {registry_of(image)}: {progress}")
        task.result()

    def _over(self, image: str, task: asyncio.Task[None]) -> None:
        del self._under_way[image]
        self._progress.pop(image, None)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            # Who waits is told; who no longer waits must be able to read it.
            log.warning("docker.pull-failed", image=image, why=str(failure))

    async def _pull(self, image: str) -> None:
        began = time.monotonic()
        progress = self._progress[image] = Progress()
        log.info("docker.pull", image=image, registry=registry_of(image))
        try:
            await self._workers.do(lambda: self._follow(image, progress))
        except AwayError:
            raise
        except RefusalError as refusal:
            raise pull_failure(image, registry_of(image), refusal.words) from refusal
        if progress.failure:
            raise pull_failure(image, registry_of(image), progress.failure)
        seconds = round(time.monotonic() - began, 1)
        log.info("docker.pulled", image=image, seconds=seconds, bytes=progress.had_bytes)

    def _follow(self, image: str, progress: Progress) -> None:
        """Pull in this thread, and tell now and then how far it is."""
        self._check_auth_file()
        told = time.monotonic()
        try:
            for line in self._client.open(STALL_SECONDS).pull_lines(image, self._auth_file):
                progress.hear(line)
                if time.monotonic() - told >= TELL_SECONDS:
                    told = time.monotonic()
                    log.info("docker.pulling", image=image, progress=str(progress))
        except Exception as error:
            raise self._client.understood(error) from error

    def _check_auth_file(self) -> None:
        try:
            if self._auth_file:
                with open(self._auth_file, "rb"):  # noqa: PTH123 (only whether it can be)
                    pass
        except OSError as error:
            raise NotNowError(
                f"auth_file {self._auth_file} of [runtimes.docker] cannot be read ({error.strerror}): "
                "expected a file in the format of Docker's config.json that the factory may read"
            ) from error

    def close(self) -> None:
        """Stop waiting; the engine gives up a pull that nobody listens to."""
        for task in self._under_way.values():
            task.cancel()
        self._workers.close()
