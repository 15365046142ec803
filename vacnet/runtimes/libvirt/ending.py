"""Ending a domain: its power button, time to end by itself, then the end of its QEMU.

Rules of this file: the end is waited for on the loop: an event tells it within milliseconds, and where events
are lost libvirt is asked every second. The button is pressed again and again, because a guest that is still
booting does not hear it; one that is shutting down takes no notice. A guest without ACPI never hears it, and
its grace is spent. A machine that cannot go on is not asked. A QEMU that is stopped hears nothing and
holds up whoever presses its button, but not who destroys it.

Source: Vac 3 gave 30 seconds, because guests write their message when the button is pressed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.client import Client
from vacnet.runtimes.libvirt.faults import NO_DOMAIN, OPERATION_INVALID
from vacnet.runtimes.libvirt.look import Domain, State

ASK_AGAIN_SECONDS = 1.0
PRESS_AGAIN_SECONDS = 3.0
_OVER = frozenset({NO_DOMAIN, OPERATION_INVALID})
"""Of what is gone, or off already."""
_Deed = Callable[[Connection, str], None]
_Put = Callable[[Callable[[Connection], None]], Awaitable[None]]
_HEARS = frozenset({State.RUNNING, State.BLOCKED})


class Endings:
    """Who waits for the end of which domain."""

    def __init__(self, client: Client) -> None:
        """Wait for nobody yet."""
        self._client = client
        self._changed: dict[str, asyncio.Event] = {}

    def heard(self, uuid: str) -> None:
        """Take in that something happened to a domain."""
        if uuid in self._changed:
            self._changed[uuid].set()

    async def end(self, domain: Domain, grace_seconds: float) -> None:
        """Ask a domain to end, wait, end it, and return when it is off.

        Raises:
            NotNowError: libvirt is away, or cannot end it.
        """
        changed = self._changed.setdefault(domain.uuid, asyncio.Event())
        try:
            if grace_seconds > 0 and domain.state in _HEARS:
                with suppress(TimeoutError):
                    async with asyncio.timeout(grace_seconds):
                        return await self._ask(domain.uuid, changed)
            await self._do(domain.uuid, _destroy, self._client.make)
        finally:
            self._changed.pop(domain.uuid, None)

    async def _ask(self, uuid: str, changed: asyncio.Event) -> None:
        while True:
            await self._do(uuid, _press_button, self._client.press)
            with suppress(TimeoutError):
                async with asyncio.timeout(PRESS_AGAIN_SECONDS):
                    return await self._off(uuid, changed)

    async def _do(self, uuid: str, do: _Deed, put: _Put) -> None:
        try:
            await put(lambda connection: do(connection, uuid))
        except RefusalError as refusal:
            if refusal.code not in _OVER:
                raise NotNowError(f"domain {uuid} cannot be ended: {refusal.words}") from refusal

    async def _off(self, uuid: str, changed: asyncio.Event) -> None:
        while True:
            changed.clear()
            if not await self._client.ask(lambda connection: is_running(connection, uuid)):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS):
                    await changed.wait()


def _press_button(connection: Connection, uuid: str) -> None:
    connection.lookupByUUIDString(uuid).shutdown()


def _destroy(connection: Connection, uuid: str) -> None:
    connection.lookupByUUIDString(uuid).destroy()


def is_running(connection: Connection, uuid: str) -> bool:
    """Tell whether a domain is there and has a QEMU."""
    library = binding.load()
    try:
        state, _ = connection.lookupByUUIDString(uuid).state()
    except library.libvirtError as error:
        if error.get_error_code() == library.VIR_ERR_NO_DOMAIN:
            return False
        raise
    return state not in {State.NONE, State.OFF}
