"""Where something is had from, and how that is told without its secrets.

Rules of this file: an address is ``http://``, ``https://``, ``file:///PATH`` or an absolute path, and
nothing else is ever opened. Text for people shows neither user, password nor the values of a query: a
token stands there as often as not. A redirect may go from http to https, never back, and never to a
file: whoever answers for a name must not choose what is read from this host (RFC 9110 section 15.4,
RFC 3986 section 5 for what `Location` means).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from vacnet.fetch.fetched import UnavailableError

WEB = ("http", "https")
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address: `path` is set for a file, otherwise `url` is http(s)."""

    url: str
    path: Path | None = None

    @property
    def key(self) -> str:
        """Return a file name for it, from which it cannot be read."""
        return hashlib.blake2b(self.url.encode(), digest_size=16, person=b"vacnet-address").hexdigest()


def parse(text: str) -> Address:
    """Return the address of a text.

    Raises:
        UnavailableError: it is of another kind, or not well formed.
    """
    if text.startswith("/"):
        return Address(text, Path(text))
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (reading it checks it)
    except ValueError as error:
        raise UnavailableError(f"{shown(text)} is not an address: {error}") from None
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        return Address(text, Path(unquote(parts.path)))
    if parts.scheme in WEB and parts.hostname:
        return Address(text)
    raise UnavailableError(
        f"{shown(text)} is of no kind that can be fetched: expected http://, https://, file:///PATH or a path"
    )


def shown(text: str) -> str:
    """Return an address for people: without credentials and without the values of its query."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "an address that cannot be read"
    if not parts.netloc and not parts.query:
        return text
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at or user else host
    query = "&".join(_without_value(item) for item in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def _without_value(item: str) -> str:
    name, equals, value = item.partition("=")
    return f"{name}={HIDDEN}" if equals and value else name


def redirected(start: str, current: str, location: str) -> str:
    """Return where a redirect leads, with the credentials of `start` only if it stays on that origin.

    Raises:
        UnavailableError: it leads where it must not.
    """
    try:
        target = urljoin(current, location)
    except ValueError:
        raise UnavailableError("it redirects to what is not an address") from None
    if parse(target).path is not None:
        raise UnavailableError(f"it redirects to a file ({shown(target)}), which is never followed")
    was, now, first = urlsplit(current), urlsplit(target), urlsplit(start)
    if (was.scheme, now.scheme) == ("https", "http"):
        raise UnavailableError(f"it redirects from https to http ({shown(target)}), which is never followed")
    same = (now.scheme, now.hostname, now.port) == (first.scheme, first.hostname, first.port)
    user, at, _ = first.netloc.rpartition("@")
    netloc = now.netloc.rpartition("@")[2]
    return urlunsplit(now._replace(netloc=f"{user}{at}{netloc}" if same else netloc))
