"""Asking an engine: in a worker thread, for a bounded time, with every failure in an admin's words.

Rules of this file: whoever asks meets two failures only. `RefusalError`: the engine answered no. `AwayError`:
it did not answer, so nothing is known of what it did. Nothing outside of `api` sees the `docker` library.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vacnet.runtimes.engine.faults import AwayError, RefusalError
from vacnet.runtimes.engine.workers import Workers

if TYPE_CHECKING:
    from vacnet.runtimes.docker.api import Api

T = TypeVar("T")

THREADS = 8
PAUSE_SECONDS_MAX = 60.0
"""No answer may pause for longer: it bounds the life of a thread whose caller has gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an engine may take, in seconds."""

    probe_seconds: float = 6.0
    """To say that it is there: less than a factory waits for a probe, so that words are told, not silence."""
    ask_seconds: float = 20.0
    """For a look or a small change: milliseconds on an idle host, seconds on a loaded one."""
    make_seconds: float = 60.0
    """For creating and starting: 0.3 s; an engine under a storm of starts takes a hundred times that."""
    pull_seconds: float = 20.0
    """For an image: a small one is there by then; a large one is worth no ticket held."""


class Client:
    """An engine behind a socket."""

    def __init__(self, address: str, patience: Patience) -> None:
        """Ask nothing yet; `address` is the socket as in the settings, ``unix:///...``."""
        self.address = address
        self.patience = patience
        self.path = address.removeprefix("unix://")
        self._workers = Workers("docker", THREADS)
        self._api: Api | None = None

    async def ask(self, question: Callable[[Api], T], seconds: float = 0.0) -> T:
        """Put a question to the engine and return its answer.

        Raises:
            RefusalError: it says no.
            AwayError: it does not answer within `seconds` (0: as long as a small question may take).
        """
        seconds = seconds or self.patience.ask_seconds
        try:
            return await self.do(lambda: self._put(question), seconds)
        except TimeoutError:
            raise AwayError(self._silent(seconds)) from None

    async def make(self, question: Callable[[Api], T]) -> T:
        """Put a question that takes work and return its answer; see `ask`."""
        return await self.ask(question, self.patience.make_seconds)

    async def do(self, job: Callable[[], T], seconds: float) -> T:
        """Do a job that may hang like an engine, on the same few threads.

        Raises:
            TimeoutError: it has not come back within `seconds`.
        """
        async with asyncio.timeout(seconds):
            return await self._workers.do(job)

    def _put(self, question: Callable[[Api], T]) -> T:
        try:
            return question(self._connected())
        except Exception as error:
            raise self.understood(error) from error

    def _connected(self) -> Api:
        if self._api is None:
            self._api = self.open(PAUSE_SECONDS_MAX)
        return self._api

    def open(self, pause_seconds: float) -> Api:
        """Return a client of its own for a long talk; for a thread, and like the library it may raise all."""
        from vacnet.runtimes.docker.api import Api  # late: a factory without containers never loads it

        return Api(self.address, pause_seconds)

    def understood(self, error: Exception) -> Exception:
        """Return what an error of the library means: one of our two, or itself if it is no engine's."""
        from docker.errors import APIError, DockerException  # late: see `open`
        from requests.exceptions import ReadTimeout, RequestException
        from urllib3.exceptions import HTTPError

        if isinstance(error, APIError) and error.status_code is not None:
            return RefusalError(error.status_code, str(error.explanation or error))
        if isinstance(error, ReadTimeout):
            return AwayError(self._silent(PAUSE_SECONDS_MAX))
        if isinstance(error, DockerException | RequestException | HTTPError | OSError):
            return AwayError(self._unreached(error))
        return error

    def _silent(self, seconds: float) -> str:
        return f"the engine at {self.path} did not answer within {seconds:g} s; see whether it is well"

    def _unreached(self, error: BaseException) -> str:
        number = next((one.errno for one in _causes(error) if isinstance(one, OSError) and one.errno), 0)
        words = _UNREACHED.get(number, "broke off ({error}); see its log (journalctl -u docker)")
        return words.format(path=self.path, error=str(error)[:200])

    def close(self) -> None:
        """Let go of threads and connections; what is under way ends unheard."""
        self._workers.close()
        if self._api is not None:
            self._api.close()


_UNREACHED = {
    errno.ENOENT: "there is no engine at {path}: start it (systemctl start docker), or set socket in "
    "[runtimes.docker] to where its socket is",
    errno.ECONNREFUSED: "nobody answers at {path}: start the engine (systemctl start docker)",
    errno.EACCES: "this factory may not use {path}: put its user into the group that owns the socket "
    "(usermod -aG docker USER) and restart it",
    errno.EPERM: "this factory may not use {path}: put its user into the group that owns the socket",
}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it came from; the library wraps an errno five deep."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        waiting += [inner for inner in one.args if isinstance(inner, BaseException)]
