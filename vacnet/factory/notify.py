"""Tell systemd how the daemon does, by the protocol of sd_notify(3): a datagram to `$NOTIFY_SOCKET`.

Rules of this file: without systemd nothing happens, and no failure of it stops a factory.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

STATUS_SECONDS = 30.0


def tell_systemd(**fields: str | int) -> None:
    """Send fields such as ``READY=1`` or ``STATUS=12 machines``."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    # A line end would begin another field, and a status may quote somebody's reason.
    text = "\n".join(f"{name}={' '.join(str(value).split())}" for name, value in fields.items())
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as made:
        made.sendto(text.encode(), "\0" + path[1:] if path.startswith("@") else path)


def tell_reloading() -> None:
    """Say that settings are being read again; ``READY=1`` ends it."""
    tell_systemd(RELOADING=1, MONOTONIC_USEC=time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)


def watchdog_seconds() -> float | None:
    """Return how often systemd wants to hear ``WATCHDOG=1`` (half its patience), None when not at all."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2e6 if microseconds.isdecimal() and int(microseconds) else None


async def feed_watchdog(status: Callable[[], str]) -> None:
    """Tell systemd, for ever, that the loop turns, and how the factory does; without systemd, return."""
    while os.environ.get("NOTIFY_SOCKET"):
        tell_systemd(WATCHDOG=1, STATUS=status())
        await asyncio.sleep(watchdog_seconds() or STATUS_SECONDS)
