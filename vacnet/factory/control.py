"""The control socket: HTTP with JSON on a Unix socket, which every command and the dashboard ask.

Rules of this file: it carries answers, it makes none (`answers` does). The socket file's mode is the whole
of its access control (`socket_file`). Whatever is asked, numbers and sizes are bounded, and every refusal is
an `ErrorAnswer` in words. Questions are GET and change nothing; orders are POST (`posts`). Connections are
bounded too (`doorkeeper`): whoever may ask can keep nobody else from asking for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec
from aiohttp import web

from vacnet.factory.doorkeeper import Bounds, Doorkeeper, refusal
from vacnet.factory.logs import tell_failure
from vacnet.factory.messages.decisions import DecisionState, WhyState
from vacnet.factory.messages.health import Health
from vacnet.factory.messages.machines import Machines
from vacnet.factory.messages.past import Events, History, PastState
from vacnet.factory.messages.peers import Peers
from vacnet.factory.messages.schema import ErrorAnswer
from vacnet.factory.messages.space import SpaceState
from vacnet.factory.posts import ORDER_BYTES_MAX, Answer, OrderError, Orders, posts
from vacnet.factory.socket_file import listening

ENDED_MAX = 10_000
EVENTS_MAX = 1_000
TAIL_MAX = 100_000
STEPS_MAX = 1_000
SECONDS_MAX = 7 * 86_400
STREAMS_MAX = 64
"""Logs and recordings that are sent at a time: they last as long as somebody listens."""
GONE_SECONDS = 0.5
"""Between two looks whether whoever a log or a recording is sent to is still there."""
WRONG = 400
NOT_FOUND = 404
CONFLICT = 409
BUSY = 429
FAILED = 500
NO_ANSWER = 504


TOO_MANY = ErrorAnswer(error="256 questions are being asked of this factory already: try again in a minute")
BOUNDS = Bounds(
    connections=256,  # dashboards and scripts of some dozen people; a daemon may open 1,024 files by default
    patience_seconds=10.0,
    life_seconds=60.0,  # the slowest answer takes seconds
    bytes_in=1 << 20,
    full=refusal("503 Service Unavailable", msgspec.json.encode(TOO_MANY)),
)


class RefusedError(Exception):
    """A question that gets no answer: the status and the words of its refusal."""

    def __init__(self, status: int, words: str) -> None:
        """Keep both."""
        super().__init__(words)
        self.status = status
        self.words = words


class Answers(Protocol):
    """What can be asked."""

    async def space(self) -> SpaceState:
        """Answer /v1/space."""
        ...

    async def machines(self, ended: int) -> Machines:
        """Answer /v1/machines."""
        ...

    async def machines_of(self, factory: str, ended: int) -> Machines:
        """Answer /v1/factories/{factory}/machines; RefusedError where it is not known or does not answer."""
        ...

    async def peers(self) -> Peers:
        """Answer /v1/peers."""
        ...

    async def events(self, after: int, limit: int) -> Events:
        """Answer /v1/events."""
        ...

    async def history(self, since: int) -> History:
        """Answer /v1/history."""
        ...

    async def health(self) -> Health:
        """Answer /v1/health."""
        ...

    async def why(self, target: str) -> WhyState:
        """Answer /v1/targets/{target}/why; RefusedError where there is no such target."""
        ...

    async def decision(self, at: int) -> DecisionState:
        """Answer /v1/decisions."""
        ...

    async def past(self, at: float, step: int) -> PastState:
        """Answer /v1/past."""
        ...

    def log(self, machine: str, tail: int, *, follow: bool) -> AsyncGenerator[bytes]:
        """Yield a machine's console log; RefusedError at once where there is no such machine."""
        ...

    def recording(self, seconds: int) -> AsyncGenerator[bytes]:
        """Yield a recording of so many seconds (0: endless); RefusedError where too many listen."""
        ...


class Control:
    """The server on the socket."""

    def __init__(self, path: Path, group: str, answers: Answers, orders: Orders) -> None:
        """Know where and for whom; nothing is made yet."""
        self._path = path
        self._group = group
        self._door = Doorkeeper(self._connection, BOUNDS)
        application = _application(answers, orders, self._door)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        self._listening: asyncio.Server | None = None
        self._inode = 0

    async def start(self) -> None:
        """Listen.

        Raises:
            SocketFileError: another factory listens there, or the path cannot be a socket.
        """
        made = listening(self._path, self._group)
        self._inode = self._path.stat().st_ino
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._door.let_in, sock=made, backlog=64)

    async def close(self) -> None:
        """End all answers and remove the socket, unless it is another's by now."""
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()

    def _connection(self) -> asyncio.Protocol:
        assert self._runner.server is not None  # noqa: S101 (there is one after setup)
        return self._runner.server()


def _application(answers: Answers, orders: Orders, door: Doorkeeper) -> web.Application:
    application = web.Application(middlewares=[_noted(door), _in_words], client_max_size=ORDER_BYTES_MAX)
    for path, answer in _questions(answers, orders).items():
        application.router.add_get(path, _json(answer))
    for path, answer in posts(orders).items():
        application.router.add_post(path, _json(answer))
    application.router.add_get("/v1/machines/{machine}/log", _log(answers, door))
    application.router.add_get("/v1/recording", _recording(answers, door))
    return application


def _questions(answers: Answers, orders: Orders) -> dict[str, Answer]:
    return {
        "/v1/space": lambda _request: answers.space(),
        "/v1/machines": lambda request: answers.machines(_number(request, "ended", 0, ENDED_MAX)),
        "/v1/factories/{factory}/machines": lambda request: answers.machines_of(
            request.match_info["factory"], _number(request, "ended", 0, ENDED_MAX)
        ),
        "/v1/peers": lambda _request: answers.peers(),
        "/v1/events": lambda request: answers.events(
            _number(request, "after", 0, 1 << 62), _number(request, "limit", 100, EVENTS_MAX)
        ),
        "/v1/history": lambda request: answers.history(_number(request, "since", 0, 1 << 40)),
        "/v1/health": lambda _request: answers.health(),
        "/v1/targets/{target}/why": lambda request: answers.why(request.match_info["target"]),
        "/v1/decisions": lambda request: answers.decision(_number(request, "at", 0, 1 << 40)),
        "/v1/past": lambda request: answers.past(_number(request, "at", 0, 1 << 50) / 1000, _step(request)),
        "/v1/drain": lambda _request: orders.drain_state(),
    }


def _json(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answered(request: web.Request) -> web.StreamResponse:
        return _as_json(await answer(request))

    return answered


def _log(answers: Answers, door: Doorkeeper) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answered(request: web.Request) -> web.StreamResponse:
        follow = bool(_number(request, "follow", 0, 1))
        tail = _number(request, "tail", 0, TAIL_MAX)
        log = answers.log(request.match_info["machine"], tail, follow=follow)
        return await _streamed(request, log, door)

    return answered


def _recording(answers: Answers, door: Doorkeeper) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def recording(request: web.Request) -> web.StreamResponse:
        return await _streamed(request, answers.recording(_number(request, "seconds", 0, SECONDS_MAX)), door)

    return recording


def _noted(door: Doorkeeper) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Have the doorkeeper know who has asked."""

    @web.middleware
    async def noted(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        door.asks(request)
        return await handler(request)

    return noted


@web.middleware
async def _in_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as refused:
        return _as_json(ErrorAnswer(error=refused.words), refused.status)
    except OrderError as error:
        return _as_json(ErrorAnswer(error=str(error)), WRONG)
    except web.HTTPException as refused:
        return _as_json(ErrorAnswer(error=_words(request, refused)), refused.status)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 (a question never ends the daemon)
        tell_failure("control.failed", error)
        return _as_json(ErrorAnswer(error=f"the factory failed to answer ({error}); see its log"), FAILED)


def _words(request: web.Request, refused: web.HTTPException) -> str:
    if refused.status == NOT_FOUND:
        return f"this factory has no answer for {request.path}; is the command newer than the factory?"
    return f"{request.method} {request.path}: {refused.reason}"


def _as_json(answer: msgspec.Struct, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), status=status, content_type="application/json")


async def _streamed(
    request: web.Request, chunks: AsyncGenerator[bytes], door: Doorkeeper
) -> web.StreamResponse:
    """Send pieces as they come; whoever goes away has heard enough, and what it heard is let go of."""
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.force_close()
    async with aclosing(chunks):
        _let_stay(request, door)
        first = await anext(chunks, b"")  # a refusal comes here, before the status is sent
        with suppress(ConnectionError, TimeoutError):
            async with _while_connected(request):
                await response.prepare(request)
                await response.write(first)
                async for chunk in chunks:
                    await response.write(chunk)
                await response.write_eof()
    return response


def _let_stay(request: web.Request, door: Doorkeeper) -> None:
    if door.staying >= STREAMS_MAX:
        raise RefusedError(BUSY, f"{STREAMS_MAX} logs and recordings are sent already; end one of them first")
    door.stays(request)


@asynccontextmanager
async def _while_connected(request: web.Request) -> AsyncIterator[None]:
    """Stop what is done within, by TimeoutError, once the other side has gone, written to or not."""
    async with asyncio.timeout(None) as patience:
        watch = asyncio.create_task(_end_when_gone(request, patience))
        try:
            yield
        finally:
            watch.cancel()


async def _end_when_gone(request: web.Request, patience: asyncio.Timeout) -> None:
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(GONE_SECONDS)
    patience.reschedule(0.0)


def _step(request: web.Request) -> int:
    """Return how many pictures after (or below 0: before) a moment are meant."""
    return _number(request, "after", 0, STEPS_MAX) - _number(request, "before", 0, STEPS_MAX)


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or int(text[:20]) > most:
        raise RefusedError(WRONG, f"{name}={text[:40]!r}: expected a whole number from 0 to {most}")
    return int(text)
