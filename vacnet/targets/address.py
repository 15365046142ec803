"""Addresses of factories as people write them: ``host``, ``host:port``, ``[2001:db8::1]:port``.

Rules of this file: nothing is resolved here, a name is only checked for its form (RFC 1123 labels,
underscores allowed because container engines make such names). An IPv6 address with a port is in
brackets (RFC 3986); without a port the brackets may be left out. One of a single link may name its
interface, ``[fe80::1%eth0]:port`` (RFC 4007). A missing port is `PORT_DEFAULT`.
"""

from __future__ import annotations

import ipaddress
import re

PORT_DEFAULT = 8885
"""UDP port of gossip. IANA has assigned 8884 to 8887 to nobody; 8884 is where Vac's monitoring messages
go, so this is the next. Above 1023, so that a factory that is not root can bind it."""

HOST_MAX = 253
"""Bytes of a host name (RFC 1035)."""

_WHY_UNRESOLVED = {
    -2: "its name is not known to DNS or /etc/hosts: is it spelt right?",
    -3: "the name service of this host does not answer: see /etc/resolv.conf",
    -4: "the name service of this host fails: see /etc/resolv.conf",
    -5: "its name is known to DNS and has no address there",
    -9: "its name is known to DNS and has no address there",
}
"""EAI_NONAME, AGAIN, FAIL, NODATA, ADDRFAMILY of Linux' netdb.h: getaddrinfo(3)."""

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")
_WITH_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]{1,15})?\]|[^:\[\]]+):([0-9]{1,5})")
EXPECTED = '"host", "host:port" or "[IPv6]:port"'


def endpoint(text: str, port: int = PORT_DEFAULT) -> tuple[str, int] | None:
    """Return host (an IPv6 address without brackets) and port, or None if the text is no address."""
    match = _WITH_PORT.fullmatch(text)
    host, number = (match[1], int(match[2])) if match else (text, port)
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    good = is_ipv6(bare) if ":" in bare or bare != host else is_host(bare)
    return (bare, number) if good and 0 < number < 1 << 16 else None


def endpoint_text(host: str, port: int) -> str:
    """Return ``host:port`` with brackets where an IPv6 address needs them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def why_unresolved(error: OSError | UnicodeError) -> str:
    """Return in an admin's words why a name has no address."""
    if isinstance(error, UnicodeError):
        return "its name cannot be that of a host"
    return _WHY_UNRESOLVED.get(error.errno or 0, f"its name cannot be looked up ({error.strerror or error})")


def is_ipv6(text: str) -> bool:
    """Tell whether a text is an IPv6 address without brackets."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def is_host(text: str) -> bool:
    """Tell whether a text is an IPv4 address or has the form of a host name."""
    if len(text) > HOST_MAX or not _NAME.fullmatch(text):
        return False
    return not _looks_like_ipv4(text) or _is_ipv4(text)


def _looks_like_ipv4(text: str) -> bool:
    """Tell whether the last label is a number: then only an address is meant (RFC 3696)."""
    return text.rstrip(".").rpartition(".")[2].isdigit() and "." in text


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
