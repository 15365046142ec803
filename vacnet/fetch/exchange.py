"""One question to one web server, redirects included: conditional, bounded in size and in time.

Rules of this file: the time is for everything together, from the name's resolution to the last byte, so a
server that drips is as late as one that is silent. Status 200 gives a body, 304 confirms the copy whose
validators were sent, five redirects at most are followed by the rules of `address.redirected`, anything
else is a failure with its status. Nothing is unpacked but gzip, by `bounded`. No cookies,
and proxies only as the settings say: what a daemon does must not hang on its environment.

Sources: RFC 9110 (semantics, conditional requests), RFC 9111 (what a cache may do).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from vacnet.fetch.address import redirected, shown
from vacnet.fetch.bounded import read_stream, too_large, unpack_gzip
from vacnet.fetch.cache import Validators
from vacnet.fetch.failures import words_of
from vacnet.fetch.fetched import UnavailableError

REDIRECTS_MAX = 5
"""What RFC 2068 recommended, and still more than honest servers need."""

CONNECT_SECONDS = 10.0
CHUNK_BYTES = 1 << 16
OK = 200
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
VALIDATOR_MAX = 1024
"""Characters of a validator worth keeping: it is sent back with every question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `body` None: the copy is still the newest."""

    body: bytes | None
    validators: Validators


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for and within which bounds."""

    url: str
    validators: Validators
    """Of the copy that is here; empty: there is none."""
    bytes_max: int
    seconds_max: float
    proxy: str = ""


async def ask(session: aiohttp.ClientSession, question: Question) -> Answer:
    """Return the answer to a question.

    Raises:
        UnavailableError: no good answer; the text says why and holds no credential.
    """
    try:
        async with asyncio.timeout(question.seconds_max):
            return await _follow(session, question)
    except aiohttp.ConnectionTimeoutError as error:
        words = words_of(error, question.proxy)
    except TimeoutError:
        words = f"it gave no whole answer in {question.seconds_max:g} seconds (timeout_seconds in [fetch])"
    except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:  # RuntimeError: session closed
        words = words_of(error, question.proxy)
    raise UnavailableError(words)


async def _follow(session: aiohttp.ClientSession, question: Question) -> Answer:
    headers = {"Accept-Encoding": "gzip"} | conditions(question.validators)
    async with following(session, question.url, headers, question.proxy) as response:
        return await _answer(response, question)


@asynccontextmanager
async def following(
    session: aiohttp.ClientSession,
    start: str,
    headers: Mapping[str, str],
    proxy: str,
    silence_seconds: float | None = None,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Ask an address, follow its redirects, and give the answer that is none, its body yet unread.

    `silence_seconds` is how long nothing may come, and how long the head of an answer may take altogether;
    None: the caller bounds the whole.

    Raises:
        TimeoutError: that was too long.
        UnavailableError: a redirect leads where it must not, or there are too many.
    """
    url = start
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds)
    for _ in range(REDIRECTS_MAX + 1):
        async with asyncio.timeout(silence_seconds):
            response = await session.get(
                url, headers=headers, allow_redirects=False, proxy=proxy or None, timeout=timeout
            )
        async with response:
            if response.status not in REDIRECTS:
                yield response
                return
            location = response.headers.get("Location", "")
            response.close()
        url = redirected(start, url, location)
    raise UnavailableError(f"it redirects more than {REDIRECTS_MAX} times, last to {shown(url)}")


def conditions(validators: Validators) -> dict[str, str]:
    """Return the headers that ask for a body only if it is another than that of the validators."""
    found = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in found.items() if value}


def validators_of(response: aiohttp.ClientResponse) -> Validators:
    """Return what an answer can be asked for again by."""
    etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Validators(etag[:VALIDATOR_MAX], modified[:VALIDATOR_MAX])


def bad_status(response: aiohttp.ClientResponse) -> UnavailableError:
    """Return the error of an answer that is neither a body nor a redirect."""
    return UnavailableError(f"it answers with status {response.status} {_phrase(response)}".rstrip())


async def _answer(response: aiohttp.ClientResponse, question: Question) -> Answer:
    if response.status == NOT_MODIFIED and question.validators != Validators():
        return Answer(None, question.validators)
    if response.status != OK:
        raise bad_status(response)
    try:
        body = await _body(response, question.bytes_max)
    finally:
        response.close()  # not back to the pool: nobody knows what of it was left unread
    return Answer(body, validators_of(response))


def _phrase(response: aiohttp.ClientResponse) -> str:
    phrase = (response.reason or "")[:60]
    return phrase if phrase.isprintable() else ""


async def _body(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    if (response.content_length or 0) > bytes_max:
        raise too_large(bytes_max)
    raw = await read_stream(response.content.iter_chunked(CHUNK_BYTES), bytes_max)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"identity", ""}:
        return raw
    if encoding in {"gzip", "x-gzip"}:
        return await asyncio.to_thread(unpack_gzip, raw, bytes_max)
    raise UnavailableError(f"it answers in the encoding {encoding[:40]!r}, expected none or gzip")
