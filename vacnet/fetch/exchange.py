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
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from vacnet.fetch.address import redirected, shown
from vacnet.fetch.bounded import read_stream, too_large, unpack_gzip
from vacnet.fetch.cache import Validators
from vacnet.fetch.failures import words_of
from vacnet.fetch.fetched import UnavailableError

REDIRECTS_MAX = 5
"""What RFC 2068 recommended, and still more than honest servers need."""

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
    except TimeoutError:
        words = f"it gave no whole answer in {question.seconds_max:g} seconds (timeout_seconds in [fetch])"
    except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:  # RuntimeError: session closed
        words = words_of(error, question.proxy)
    raise UnavailableError(words)


async def _follow(session: aiohttp.ClientSession, question: Question) -> Answer:
    url = question.url
    for _ in range(REDIRECTS_MAX + 1):
        async with session.get(
            url,
            headers=_headers(question.validators),
            allow_redirects=False,
            proxy=question.proxy or None,
        ) as response:
            if response.status not in REDIRECTS:
                return await _answer(response, question)
            location = response.headers.get("Location", "")
            response.close()
        url = redirected(question.url, url, location)
    raise UnavailableError(f"it redirects more than {REDIRECTS_MAX} times, last to {shown(url)}")


def _headers(validators: Validators) -> Mapping[str, str]:
    conditions = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {"Accept-Encoding": "gzip"} | {name: value for name, value in conditions.items() if value}


async def _answer(response: aiohttp.ClientResponse, question: Question) -> Answer:
    if response.status == NOT_MODIFIED and question.validators != Validators():
        return Answer(None, question.validators)
    if response.status != OK:
        raise UnavailableError(f"it answers with status {response.status} {_phrase(response)}".rstrip())
    try:
        body = await _body(response, question.bytes_max)
    finally:
        response.close()  # not back to the pool: nobody knows what of it was left unread
    etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Answer(body, Validators(etag[:VALIDATOR_MAX], modified[:VALIDATOR_MAX]))


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
