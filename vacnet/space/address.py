"""Where datagrams go: an IP address and a port, and the text form a factory advertises.

An IPv6 address may bear a zone (RFC 4007), the name of an interface: Python takes any text for one, and
addresses come from outside and are shown to people.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = tuple[str, int]
"""IP address in text and UDP port."""

PORT_MAX = 65_535
"""Of 16 bits: RFC 768."""
ZONE_MAX = 15
"""Linux's IFNAMSIZ without its final zero."""


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
    return (str(address), port) if _is_interface(host.partition("%")[2]) else None


def _is_interface(zone: str) -> bool:
    """Return whether a text may be an interface's name, or is none at all."""
    return len(zone) <= ZONE_MAX and zone.isascii() and zone.isprintable() and " " not in zone
