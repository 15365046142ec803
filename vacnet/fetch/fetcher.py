"""Getting something from outside: fresh if possible, the last good copy if not, words if neither.

Rules of this file: within `cache_seconds` of its last confirmation a copy is given unasked. After that
its source is asked whether there is a newer one; whatever goes wrong then (no network, an error
status, too large, too slow, not what `check` expects) gives the copy with the reason as `stale`. Those who
ask for the same thing at the same time share one download, and after a failure the source is left alone
for `LEAVE_SECONDS`, so that sixty machines do not wait for sixty time-outs one after the other.

A file of this host is looked at every time, for that costs nothing, and is kept as a copy too.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog

from vacnet.fetch.address import Address, parse, shown
from vacnet.fetch.bounded import read_file
from vacnet.fetch.cache import Cache, Copy, Validators
from vacnet.fetch.exchange import CONNECT_SECONDS, Answer, Question, ask
from vacnet.fetch.fetched import Fetched, UnavailableError
from vacnet.targets.model import FetchSettings

LEAVE_SECONDS = 5.0
CONNECTIONS_MAX = 8

_log = structlog.get_logger("vacnet.fetch")

Check = Callable[[bytes], str]
"""Tells why a body is not what was asked for; an empty text when it is."""


def anything(_body: bytes) -> str:
    """Find nothing wrong with any body."""
    return ""


@dataclass(frozen=True, slots=True)
class _Wish:
    address: Address
    kind: str
    bytes_max: int


@dataclass(frozen=True, slots=True)
class _Failure:
    words: str
    until: float


class Fetcher:
    """Gets things; one for a factory. `close` it at the end."""

    def __init__(
        self,
        settings: FetchSettings,
        cache: Path,
        version: str,
        wall: Callable[[], float] = time.time,
        leave_seconds: float = LEAVE_SECONDS,
    ) -> None:
        """Know how to fetch; nothing is opened yet.

        Args:
            settings: proxy, authorities and bounds.
            cache: directory of the last good copies, made if need be; each kind has a folder in it.
            version: of vacnet, for the User-Agent.
            wall: Unix seconds.
            leave_seconds: for which a source is left alone after it failed.
        """
        self.settings = settings
        self._cache = Cache(cache)
        self._version = version
        self._wall = wall
        self._leave_seconds = leave_seconds
        self._session: aiohttp.ClientSession | None = None
        self._running: dict[_Wish, asyncio.Task[Fetched]] = {}
        self._failures: dict[_Wish, _Failure] = {}

    async def set_settings(self, settings: FetchSettings) -> None:
        """Fetch by other settings from now on."""
        if settings == self.settings:
            return
        self.settings = settings
        self._failures.clear()
        await self._close_session()

    async def close(self) -> None:
        """End what is under way and close all connections."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._close_session()

    async def get(
        self, url: str, *, bytes_max: int, cache_seconds: float, kind: str, check: Check = anything
    ) -> Fetched:
        """Return what stands at an address.

        Args:
            url: ``http://``, ``https://``, ``file:///PATH`` or an absolute path.
            bytes_max: more than this is refused.
            cache_seconds: how long after its last confirmation a copy is as good as new.
            kind: names the folder of the copy, such as ``pipes``.
            check: tells why a body cannot be what was asked for; it then counts as a failed fetch.

        Raises:
            UnavailableError: not to be had, and there is no copy.
        """
        wish = _Wish(parse(url), kind, bytes_max)
        task = self._running.get(wish)
        if task is None:
            task = asyncio.create_task(self._get(wish, cache_seconds, check))
            self._running[wish] = task
            task.add_done_callback(lambda done: self._forget(wish, done))
        return await asyncio.shield(task)

    def copy(self, url: str, *, kind: str) -> Fetched | None:
        """Return the last good copy without asking its source, None if there is none. Blocks shortly."""
        try:
            copy = self._cache.read(kind, parse(url))
        except UnavailableError:
            return None
        return Fetched(copy.body, copy.confirmed_wall, "") if copy else None

    def _forget(self, wish: _Wish, done: asyncio.Task[Fetched]) -> None:
        self._running.pop(wish, None)
        if not done.cancelled():
            done.exception()  # seen here, should nobody wait for it any more

    async def _get(self, wish: _Wish, cache_seconds: float, check: Check) -> Fetched:
        copy = await asyncio.to_thread(self._cache.read, wish.kind, wish.address)
        if copy is not None and (len(copy.body) > wish.bytes_max or check(copy.body)):
            copy = None
        if copy is not None and self._is_fresh(wish, copy, cache_seconds):
            return Fetched(copy.body, copy.confirmed_wall, "")
        try:
            return await self._renew(wish, copy, check)
        except UnavailableError as error:
            words = f"{shown(wish.address.url)}: {error}"
            if copy is None:
                raise UnavailableError(words) from None
            return Fetched(copy.body, copy.confirmed_wall, words)

    def _is_fresh(self, wish: _Wish, copy: Copy, cache_seconds: float) -> bool:
        """Tell whether a copy need not be asked about; one from the future was dated by a wrong clock."""
        return wish.address.path is None and 0 <= self._wall() - copy.confirmed_wall < cache_seconds

    async def _renew(self, wish: _Wish, copy: Copy | None, check: Check) -> Fetched:
        failure = self._failures.get(wish)
        if failure and time.monotonic() < failure.until:
            raise UnavailableError(failure.words)
        try:
            answer = await self._ask(wish, copy)
            _insist(answer, check)
        except UnavailableError as error:
            if failure is None:
                _log.warning("not to be had", address=shown(wish.address.url), why=str(error))
            self._failures[wish] = _Failure(str(error), time.monotonic() + self._leave_seconds)
            raise
        self._failures.pop(wish, None)
        return await asyncio.to_thread(self._keep, wish, copy, answer)

    def _keep(self, wish: _Wish, copy: Copy | None, answer: Answer) -> Fetched:
        now = self._wall()
        if answer.body is None and copy is not None:
            self._cache.confirm(wish.kind, wish.address, now)
            return Fetched(copy.body, now, "")
        body = answer.body or b""
        self._cache.write(wish.kind, wish.address, body, answer.validators, now)
        return Fetched(body, now, "")

    async def _ask(self, wish: _Wish, copy: Copy | None) -> Answer:
        if wish.address.path is not None:
            return await asyncio.to_thread(_look, wish.address.path, copy, wish.bytes_max)
        question = Question(
            url=wish.address.url,
            validators=copy.validators if copy else Validators(),
            bytes_max=wish.bytes_max,
            seconds_max=self.settings.timeout_seconds,
            proxy=self.settings.proxy,
        )
        return await ask(self.session(), question)

    def session(self) -> aiohttp.ClientSession:
        """Return the client as the settings want it; it is closed when they change.

        Raises:
            UnavailableError: `ca_file` cannot be used.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=_trust(self.settings.ca_file)),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                headers={"User-Agent": f"vacnet/{self._version}"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    async def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _insist(answer: Answer, check: Check) -> None:
    wrong = check(answer.body) if answer.body is not None else ""
    if wrong:
        raise UnavailableError(wrong)


def _look(path: Path, copy: Copy | None, bytes_max: int) -> Answer:
    """Read a file as if it were a server; what did not change is told as not modified."""
    body = read_file(path, bytes_max)
    unchanged = copy is not None and copy.body == body
    return Answer(None if unchanged else body, Validators())


def _trust(ca_file: str) -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, or those of a file or of a directory (OpenSSL's form).

    Raises:
        UnavailableError: the file cannot be used.
    """
    try:
        if ca_file and Path(ca_file).is_dir():
            return ssl.create_default_context(capath=ca_file)
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UnavailableError(
            f"ca_file {ca_file} in [fetch] cannot be used ({why}): name a PEM file or a directory of them"
        ) from None
