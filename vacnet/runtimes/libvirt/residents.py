"""Machines at the metadata service: let in before they start, found again after a restart, let go in the end.

Rules of this file: where a machine is served stands in its domain's metadata, so nothing is remembered.
A machine on the factory's own network is known by its address, one in user-mode networking by a port of its
own and its uuid, which stay the same over restarts of the factory because the machine was told them. A
machine without a network is not served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from vacnet.machines import directory
from vacnet.machines.metadata.service import HTTP_PORT, Resident, Service, door_url
from vacnet.machines.runtime import NotNowError
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt import addresses, labels
from vacnet.runtimes.libvirt.addresses import Card
from vacnet.runtimes.libvirt.look import Domain

PORT_MAX = 65535

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine finds its metadata."""

    port: int = 0
    """Of its own; 0: at the usual addresses."""
    url: str = f"http://{addresses.METADATA}"
    """As the machine has to write it."""


class Residents:
    """Who of our machines is served."""

    def __init__(self, service: Service, machines: Path) -> None:
        """Serve nobody yet."""
        self._service = service
        self._machines = machines
        self._known: set[str] = set()
        self._said: dict[str, str] = {}
        """Why a machine is not served, as it was said last: that is tried at each look."""
        self._lock = asyncio.Lock()

    async def let_in(self, spec: Spec, card: Card, *, own_network: bool, port: int = 0) -> Place:
        """Have a machine served; `port` is that of its door before a restart.

        Raises:
            NotNowError: the service cannot listen there.
        """
        place = Place()
        if own_network:
            for address in (addresses.METADATA, addresses.FEATURES):
                await self._service.listen(address, HTTP_PORT)
            self._service.admit(Resident(spec=spec, address=card.address, mac=card.mac))
        else:
            port = await self._service.open_door(Resident(spec=spec, mac=card.mac), port)
            place = Place(port, door_url(port, spec))
        self._known.add(spec.id)
        return place

    def seed(self, spec: Spec, card: Card | None) -> bytes:
        """Return the seed disk of a machine, which is let in before if it has a card. Blocks."""
        return self._service.seed(Resident(spec=spec, mac=card.mac if card else ""))

    async def find(self, domains: Iterable[Domain]) -> None:
        """Have machines served that run and are not: of an earlier life of this factory."""
        async with self._lock:
            for domain in domains:
                if domain.running and domain.machine_id not in self._known and _has_network(domain):
                    await self._find(domain)

    async def _find(self, domain: Domain) -> None:
        spec = await asyncio.to_thread(directory.read_spec, self._machines / domain.machine_id)
        if spec is None:
            self._known.add(domain.machine_id)
            self._say(domain, "its directory is lost")
            return
        card = Card(domain.labels.get(labels.MAC, ""), domain.labels.get(labels.ADDRESS, ""))
        port = labels.number(domain.labels, labels.PORT, PORT_MAX)
        try:
            await self.let_in(spec, card, own_network=labels.PORT not in domain.labels, port=port)
        except NotNowError as error:
            self._say(domain, str(error))

    def _say(self, domain: Domain, why: str) -> None:
        if self._said.get(domain.machine_id) != why:
            self._said[domain.machine_id] = why
            log.warning("libvirt.unserved", id=domain.machine_id, why=why)

    async def let_go(self, machine_id: str) -> None:
        """Serve a machine no longer."""
        self._known.discard(machine_id)
        self._said.pop(machine_id, None)
        await self._service.dismiss(machine_id)


def _has_network(domain: Domain) -> bool:
    return labels.ADDRESS in domain.labels or labels.PORT in domain.labels
