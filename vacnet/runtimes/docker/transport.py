"""The library's way to an engine's socket, with one fault mended: a connection that fails is closed.

Rules of this file: it is as the library's `transport.unixconn` but for `connect`. There the socket of a
failed connection is left to the garbage collector; a factory asks an engine that is away for hours, and
where warnings are errors (the tests) each of them is one.
"""

from __future__ import annotations

import socket
from typing import Any

from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool


class _Connection(UnixHTTPConnection):
    """A connection."""

    def connect(self) -> None:
        """Connect to the engine's socket.

        Raises:
            OSError: nobody listens, or we may not speak.
        """
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(self.timeout)
            made.connect(self.unix_socket)
        except OSError:
            made.close()
            raise
        self.sock = made


class _Pool(UnixHTTPConnectionPool):
    """Connections that are kept open between requests."""

    def _new_conn(self) -> _Connection:  # type: ignore[override] # stubs: the library's own does the same
        return _Connection(self.base_url, self.socket_path, self.timeout)  # type: ignore[arg-type] # the same


class Adapter(UnixHTTPAdapter):
    """What `requests` sends requests by."""

    def get_connection(self, url: str | bytes, proxies: Any = None) -> _Pool:  # noqa: ARG002 (of requests' signature)
        """Return the pool for an address; there is one engine, and so one of them."""
        with self.pools.lock:
            if url not in self.pools:
                self.pools[url] = _Pool(str(url), self.socket_path, self.timeout, maxsize=self.max_pool_size)
            pool: _Pool = self.pools[url]
            return pool
