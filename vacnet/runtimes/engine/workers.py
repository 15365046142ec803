"""A small pool of threads for calls that wait for an engine.

Rules of this file: the loop never waits for an engine, a thread does. Threads are daemons: one that hangs in
a call to a wedged engine must not hold up the end of the factory (the pool of `concurrent.futures` would).
They are begun when they are first needed, and few: an engine does one thing at a time to a container anyway.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Workers:
    """Threads that do what they are given, in order."""

    def __init__(self, name: str, most: int, at_end: Callable[[], None] = lambda: None) -> None:
        """Begin no thread yet; at most `most` later, each of which calls `at_end` as its last."""
        self._name = name
        self._most = most
        self._at_end = at_end
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._busy = 0

    async def do(self, job: Callable[[], T]) -> T:
        """Do a job in a thread and return what it returns, or raise what it raises.

        Cancelled while it waits, it is not begun; cancelled later, it goes on unheard.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._busy += 1
        if self._busy > len(self._threads) < self._most:
            self._begin_thread()
        self._jobs.put((loop, future, job))
        return await future

    def close(self) -> None:
        """Let the threads end when they have done what they do now."""
        for _ in self._threads:
            self._jobs.put(None)
        self._threads.clear()

    def _begin_thread(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            loop, future, job = given
            result, error = None, None
            if not future.cancelled():
                try:
                    result = job()
                except BaseException as raised:  # noqa: BLE001 (whoever waits gets it, whatever it is)
                    error = raised
            # A loop that is closed waits for nothing any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._answer, future, result, error)
        self._at_end()

    def _answer(self, future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
        self._busy -= 1
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
