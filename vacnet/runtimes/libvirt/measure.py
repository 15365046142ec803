"""What machines use, asked for all in one call.

Rules of this file: blocking, for a worker thread. It waits for nobody else who asks a QEMU something, but a
QEMU that is stopped holds it up: libvirt asks each for its statistics. Processor time counts from a QEMU's
start, so a smaller number than before is another life of the domain and the keeper's meter sees to that.

Source: libvirt, `virConnectGetAllDomainStats`.
"""

from __future__ import annotations

from vacnet.machines.runtime import Usage
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.binding import Connection

NANOSECONDS = 10**9
KIB = 1024


def usages(connection: Connection) -> dict[str, Usage]:
    """Return what every domain that runs has used, by uuid."""
    library = binding.load()
    wanted = library.VIR_DOMAIN_STATS_CPU_TOTAL | library.VIR_DOMAIN_STATS_BALLOON
    flags = (
        library.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | library.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    )
    rows = connection.getAllDomainStats(wanted, flags)
    return {handle.UUIDString(): _usage(told) for handle, told in rows}


def _usage(told: dict[str, int]) -> Usage:
    return Usage(told.get("cpu.time", 0) / NANOSECONDS, told.get("balloon.rss", 0) * KIB)
