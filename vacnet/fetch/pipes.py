"""Keeping pipes fresh: each by its own clock, each with its last good document, none able to hurt another.

Rules of this file: a pipe is asked again when its `cache_seconds` are over, after a failure in 10 s
doubling to 10 min; a pipe in a file is looked at every 10 s. A document that is no pipe never replaces
one that is: an error page with status 200 is a failure like any other. The first readings come
from the copies on disk, so a restart while a pipe's server is away keeps its targets. Changed
settings are applied to the documents at hand at once, without fetching.

Vac replaced a pipe that could not be had by an empty one and kept that for an hour (vac-3.md B.3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import structlog

from vacnet.fetch.fetched import Fetched, UnavailableError
from vacnet.fetch.fetcher import Fetcher
from vacnet.targets.model import PipeSource, Settings
from vacnet.targets.pipe import CACHE_SECONDS_MIN, PipeReading, read_pipe

KIND = "pipes"
RETRY_SECONDS = 10.0
RETRY_SECONDS_MAX = 600.0
FILE_SECONDS = 10.0

_log = structlog.get_logger("vacnet.fetch")


class PipeKeeper:
    """Keeps the pipes of the settings; `run` it for as long as the factory lives."""

    def __init__(
        self,
        fetcher: Fetcher,
        changed: Callable[[Mapping[str, PipeReading]], None],
        wall: Callable[[], float],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """Know whom to tell; there are no pipes before `set_settings`.

        Args:
            fetcher: gets the documents.
            changed: told all readings by prefix whenever one of them changed.
            wall: Unix seconds.
            retry_seconds: after a first failure; doubles with each further one.
        """
        self._fetcher = fetcher
        self._changed = changed
        self._wall = wall
        self._retry_seconds = retry_seconds
        self._settings: Settings | None = None
        self._documents: dict[str, bytes] = {}
        self._readings: dict[str, PipeReading] = {}
        self._troubles: dict[str, str] = {}
        self._tasks: dict[str, tuple[PipeSource, asyncio.Task[None]]] = {}
        self._woken = asyncio.Event()

    @property
    def readings(self) -> Mapping[str, PipeReading]:
        """Return the last good reading of each pipe by prefix; a pipe never had is not in it."""
        return MappingProxyType(self._readings)

    @property
    def troubles(self) -> Mapping[str, str]:
        """Return by prefix why a pipe cannot be had now, in words; a pipe without trouble is not in it."""
        return MappingProxyType(self._troubles)

    def set_settings(self, settings: Settings) -> None:
        """Keep the pipes of these settings, read anew by them from the documents at hand."""
        urls = {source.prefix: source.vacuum_pipe_url for source in self._pipes()}
        self._settings = settings
        kept = {s.prefix for s in settings.pipes if urls.get(s.prefix) == s.vacuum_pipe_url}
        for prefix in urls.keys() - kept:
            self._documents.pop(prefix, None)
            self._troubles.pop(prefix, None)
        at_hand = {source.prefix: self._at_hand(source, settings) for source in settings.pipes}
        self._show({prefix: reading for prefix, reading in at_hand.items() if reading})
        self._woken.set()

    async def run(self) -> None:
        """Keep pipes fresh until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._woken.wait()
                self._woken.clear()
                self._match_tasks(group)

    def _match_tasks(self, group: asyncio.TaskGroup) -> None:
        """Have one task for each pipe of the settings as it stands there, and no others."""
        wanted = {source.prefix: source for source in self._pipes()}
        for prefix, (source, task) in list(self._tasks.items()):
            if wanted.get(prefix) != source:
                task.cancel()
                del self._tasks[prefix]
        for prefix in wanted.keys() - self._tasks.keys():
            self._tasks[prefix] = wanted[prefix], group.create_task(self._keep(wanted[prefix]))

    def _pipes(self) -> tuple[PipeSource, ...]:
        return self._settings.pipes if self._settings else ()

    def _at_hand(self, source: PipeSource, settings: Settings) -> PipeReading | None:
        """Return the reading of the document in memory or of the copy on disk, None without a good one."""
        document = self._documents.get(source.prefix)
        if document is None:
            copy = self._fetcher.copy(source.vacuum_pipe_url, kind=KIND)
            document = copy.body if copy else b""
        reading = _read(source, document, settings)
        if reading.problem:
            return None
        self._documents[source.prefix] = document
        return reading

    async def _keep(self, source: PipeSource) -> None:
        failures = 0
        while True:
            fetched = await self._fetch(source)
            failures = failures + 1 if source.prefix in self._troubles else 0
            await asyncio.sleep(self._wait(source, fetched, failures))

    def _wait(self, source: PipeSource, fetched: Fetched | None, failures: int) -> float:
        """Return the seconds until the pipe is asked again."""
        if failures or fetched is None:
            return min(RETRY_SECONDS_MAX, self._retry_seconds * 2.0 ** min(failures - 1, 20))
        if not source.vacuum_pipe_url.startswith(("http://", "https://")):
            return FILE_SECONDS
        age = max(0.0, self._wall() - fetched.fetched_wall)
        return max(CACHE_SECONDS_MIN, self._cache_seconds(source) - age)

    def _cache_seconds(self, source: PipeSource) -> float:
        reading = self._readings.get(source.prefix)
        return reading.cache_seconds if reading else 0.0

    async def _fetch(self, source: PipeSource) -> Fetched | None:
        settings = self._settings
        assert settings is not None  # noqa: S101 (a task is made from settings)
        try:
            fetched = await self._fetcher.get(
                source.vacuum_pipe_url,
                bytes_max=settings.fetch.pipe_bytes_max,
                cache_seconds=self._cache_seconds(source),
                kind=KIND,
                check=lambda body: _read(source, body, settings).problem,
            )
        except UnavailableError as error:
            self._take(source, None, f"{error}; there is no copy of it, so it has no targets")
            return None
        copy = f"{fetched.stale}; the copy of {_time(fetched.fetched_wall)} is used"
        self._take(source, fetched.body, copy if fetched.stale else "")
        return fetched

    def _take(self, source: PipeSource, document: bytes | None, trouble: str) -> None:
        """Read a document by the settings of now, which may have changed during the fetch."""
        if self._settings is None or source not in self._settings.pipes:
            return
        self._troubles.pop(source.prefix, None)
        if trouble:
            self._troubles[source.prefix] = trouble
        if document is not None:
            self._documents[source.prefix] = document
            self._show({**self._readings, source.prefix: _read(source, document, self._settings)})

    def _show(self, readings: dict[str, PipeReading]) -> None:
        if readings != self._readings:
            self._readings = readings
            self._changed(self.readings)


def _read(source: PipeSource, document: bytes, settings: Settings) -> PipeReading:
    """Read a document; a fault in the reading of one pipe must not end the keeping of the others."""
    try:
        return read_pipe(source, document, settings)
    except Exception as error:  # noqa: BLE001 (whatever a hostile document brings about)
        _log.exception("a pipe could not be read", prefix=source.prefix)
        return PipeReading(problem=f"it could not be read ({type(error).__name__}): please report this")


def _time(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
