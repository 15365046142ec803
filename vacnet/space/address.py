"""Where datagrams go: an IP address and a port, and the text form a factory advertises."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = tuple[str, int]
"""IP address in text and UDP port."""

PORT_MAX = 65_535


def parse(text: str) -> Address | None:
    """Return the address that `1.2.3.4:995` or `[::1]:995` means; None for names and nonsense."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        return None
    return checked(host.removeprefix("[").removesuffix("]"), int(port))


@lru_cache(maxsize=4096)
def checked(host: str, port: int) -> Address | None:
    """Return the address in canonical text if a datagram can go there, else None."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.is_unspecified or address.is_multicast or not 0 < port <= PORT_MAX:
        return None
    return str(address), port
