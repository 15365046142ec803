"""Under which addresses this factory itself is reached: its ports on every address of the host.

Rules of this file: the list of the host's addresses is kept for a minute, for it changes rarely and is
asked for with every answer.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

import psutil

from vacnet.factory.clock import boot_seconds
from vacnet.space.address import Address

KEPT_SECONDS = 60.0


class OwnAddresses:
    """The addresses of this host, with the ports that are listened on."""

    def __init__(self, bound: Sequence[Address]) -> None:
        """Know what is bound."""
        self._ports = {port for _, port in bound}
        self._hosts: frozenset[str] = frozenset()
        self._until = 0.0

    def __call__(self) -> frozenset[Address]:
        """Return them all."""
        if boot_seconds() >= self._until:
            self._hosts = _hosts()
            self._until = boot_seconds() + KEPT_SECONDS
        return frozenset((host, port) for host in self._hosts for port in self._ports)


def _hosts() -> frozenset[str]:
    families = (socket.AF_INET, socket.AF_INET6)
    cards = psutil.net_if_addrs().values()
    return frozenset(each.address for card in cards for each in card if each.family in families)
