"""What an engine of virtual machines asks of the metadata service, and what it tells it of a machine.

Rules of this file: values and a protocol; `factory.metadata_server` is who serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vacnet.machines.spec import Spec

HTTP_PORT = 80
SEEN_AS = "169.254.169.254"
"""What a machine in user-mode networking takes the host's loopback for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A machine that is served, and how its network was made."""

    spec: Spec
    address: str = ""
    """Source address of all that it asks, such as ``169.254.169.3``; empty: it has a door of its own."""
    mac: str = ""
    """Of its network card, ``56:4d:a9:fe:a9:03``; empty: not known."""


def door_path(spec: Spec) -> str:
    """Return where behind a machine's door everything stands.

    A machine in user-mode networking can knock at the doors of all others, as can whoever is on the host.
    Its uuid is told to itself alone, so it is the key.
    """
    return f"/{spec.uuid}"


def door_url(port: int, spec: Spec) -> str:
    """Return where a machine with a door finds the service."""
    return f"http://{SEEN_AS}:{port}{door_path(spec)}"


class Service(Protocol):
    """The metadata service of a factory."""

    async def listen(self, address: str, port: int = HTTP_PORT) -> int:
        """Serve admitted machines at an address of the host, each known by where it asks from.

        Nothing happens if that is being done. Returns the port (0 asks for any).

        Raises:
            NotNowError: the address is not there or is somebody else's, in words for an admin.
        """
        ...

    def admit(self, resident: Resident) -> None:
        """Answer a machine from now on; in place of whoever had its address before."""
        ...

    async def open_door(self, resident: Resident, port: int = 0) -> int:
        """Serve one machine at a port of 127.0.0.1 of its own, and return the port.

        Who asks there below `door_path` is taken for the machine. Called again for a machine, the port stays.

        Args:
            resident: whom to serve.
            port: that it had before a restart; 0: any.

        Raises:
            NotNowError: the port cannot be had, in words for an admin.
        """
        ...

    def seed(self, resident: Resident) -> bytes:
        """Return a CD-ROM with what a machine would be told now; it may block.

        A machine that has a door is told that, so it is opened before.
        """
        ...

    async def dismiss(self, machine_id: str) -> None:
        """Answer a machine no longer, and close its door; nothing happens if it is not known."""
        ...
