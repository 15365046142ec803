"""Why a web server could not be asked, in words for an admin.

Rules of this file: one table, the first row that fits wins, so the special stands before the general.
The client's own texts are used only where they cannot hold an address with its credentials.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import aiohttp

from vacnet.fetch.address import shown

_Words = Callable[[Exception, str], str]


def _certificate(error: Exception, _proxy: str) -> str:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    why = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or type(error).__name__
    return f"its certificate is not good ({why}): name the authority that signed it as ca_file in [fetch]"


def _unreachable(error: Exception, _proxy: str) -> str:
    cause = getattr(error, "os_error", error)
    is_late = isinstance(cause, aiohttp.ConnectionTimeoutError)
    number = errno.ETIMEDOUT if is_late else getattr(cause, "errno", None)
    why = os.strerror(number) if number and number > 0 else type(cause).__name__
    return f"its server cannot be reached ({why}): check the address, the network and firewalls"


WORDS: tuple[tuple[tuple[type[Exception], ...], _Words], ...] = (
    (
        (aiohttp.ClientProxyConnectionError,),
        lambda _, proxy: f"the proxy {shown(proxy)} cannot be reached: check proxy in [fetch]",
    ),
    (
        (aiohttp.ClientHttpProxyError,),
        lambda e, proxy: f"the proxy {shown(proxy)} refuses (status {getattr(e, 'status', 0)})",
    ),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), _certificate),
    (
        (aiohttp.ClientConnectorDNSError,),
        lambda e, _: f"the name {getattr(e, 'host', '')} has no address: check it and this host's resolver",
    ),
    ((aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError), _unreachable),
    (
        (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientOSError),
        lambda _e, _p: "its server broke off in the middle of the answer",
    ),
    ((aiohttp.InvalidURL,), lambda _e, _p: "its address is not well formed"),
    (
        (aiohttp.ClientResponseError,),
        lambda _e, _p: "its server does not answer as HTTP says (a wrong port?)",
    ),
    ((OSError,), _unreachable),
    ((Exception,), lambda e, _: f"the request failed ({type(e).__name__})"),
)


def words_of(error: Exception, proxy: str) -> str:
    """Return why an exchange failed; `proxy` is the one it went by, empty for none."""
    return next(words(error, proxy) for kinds, words in WORDS if isinstance(error, kinds))
