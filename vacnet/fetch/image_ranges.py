"""Going on with a part of an image: what may be asked for, and whether what comes is the rest of it.

Rules of this file: pure, of an answer's head. A server that keeps to `If-Range` sends a range only of the
version that was asked for; not every one does, so the marks and the length of a range have to be those of the
part, or the part is dropped.

Source: RFC 9110 sections 13.1.5 (`If-Range`), 14.4 (`Content-Range`) and 15.3.7.3 (combining parts).
"""

from __future__ import annotations

import re

import aiohttp

from vacnet.fetch.cache import Validators
from vacnet.fetch.exchange import OK, validators_of
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.image_notes import Begun

PARTIAL = 206
BAD_RANGE = 416
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.ASCII)
_NO_RANGE = re.compile(r"bytes \*/(\d{1,15})", re.ASCII)


def strong(validators: Validators) -> str:
    """Return what a range may be asked for under, empty if nothing."""
    weak = not validators.etag or validators.etag.startswith("W/")
    return validators.last_modified if weak else validators.etag


def is_whole(response: aiohttp.ClientResponse, begun: tuple[Begun, int]) -> bool:
    """Tell whether a part is all of it: nothing stands behind it, and it is as long as it was to be."""
    told = _NO_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status != BAD_RANGE or told is None:
        return False
    return int(told[1]) == begun[1] == begun[0].total_bytes


def is_of_another(response: aiohttp.ClientResponse, begun: Begun) -> bool:
    """Tell whether a part cannot be gone on with: what is there is shorter, or another version."""
    if response.status != PARTIAL:
        return response.status == BAD_RANGE
    now, was = validators_of(response), begun.validators
    other_date = now.last_modified not in {"", was.last_modified}  # a range need not tell it
    other_length = begun.total_bytes not in {0, _total(response) or begun.total_bytes}
    return now.etag != was.etag or other_date or other_length


def span(response: aiohttp.ClientResponse, begun: tuple[Begun, int] | None) -> tuple[int, int]:
    """Return where the body of an answer begins in the whole, and how long that is (0: not told).

    Raises:
        UnavailableError: it is another part than was asked for, or nobody could tell where it ends.
    """
    if response.status == OK:
        return 0, _length(response)
    told = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if begun is None or told is None or int(told[1]) != begun[1]:
        raise UnavailableError("it sends another part than was asked for")
    return begun[1], _total(response)


def _length(response: aiohttp.ClientResponse) -> int:
    length = response.content_length
    if length is None and "chunked" not in response.headers.get("Transfer-Encoding", "").lower():
        raise UnavailableError(
            "its server does not tell its length, so a part would pass for the whole: "
            "publish it as a plain file"
        )
    return length or 0


def _total(response: aiohttp.ClientResponse) -> int:
    """Return the whole length that a range tells; 0: it does not."""
    told = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(told[3]) if told and told[3] != "*" else 0
