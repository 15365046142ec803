"""What a domain takes, got and made: image, network, place at the metadata service, disks.

Rules of this file: what it made of a plan that comes to nothing is undone by `making`. A machine without a
network is let in nowhere, one with a seed disk has no serial number that leads elsewhere: cloud-init would
follow that.
"""

from __future__ import annotations

import asyncio

import structlog

from vacnet.machines.images import HeldImage, Images
from vacnet.machines.runtime import NotNowError
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt import boot, disks, kvm
from vacnet.runtimes.libvirt.addresses import Card, card_of
from vacnet.runtimes.libvirt.host import Host
from vacnet.runtimes.libvirt.own_network import OwnNetwork, TakenError
from vacnet.runtimes.libvirt.plan import SHAPES, Disk, Plan, disks_of
from vacnet.runtimes.libvirt.residents import Place, Residents
from vacnet.targets.model import LibvirtSettings, Network

_SERIAL = "ds=nocloud-net;s={url}/"
"""How cloud-init is told where its metadata is; in every version that reads it from the serial number."""
OWN, USER = "own", "user"

log = structlog.get_logger(__name__)


class Planner:
    """Plans domains for one factory."""

    def __init__(
        self,
        settings: LibvirtSettings,
        images: Images,
        residents: Residents,
        network: OwnNetwork,
        boot_id: str,
        *,
        as_root: bool,
    ) -> None:
        """Plan nothing yet; `as_root` tells whether QEMU runs as somebody else than this factory."""
        self._settings = settings
        self._images = images
        self._residents = residents
        self._network = network
        self._boot_id = boot_id
        self._as_root = as_root
        self._networking = asyncio.Lock()
        self._said = ""

    async def plan(self, spec: Spec, host: Host, *, in_use: bool) -> Plan:
        """Have all that a machine's domain takes, and return it.

        Args:
            spec: the machine.
            host: what decides how domains are made.
            in_use: another machine is on the network.

        Raises:
            NotNowError: image, network or disk is not to be had.
        """
        card = self._card(spec)
        image = await self._images.hold(spec.target, spec.directory)
        await asyncio.to_thread(disks.check_readable, image.path, host.user, as_root=self._as_root)
        network = await self._have_network(in_use=in_use) if card else ""
        place = await self._residents.let_in(spec, card, own_network=bool(network)) if card else Place()
        return Plan(
            spec=spec,
            domain_type=kvm.domain_type(self._settings.domain_type, host.facts),
            disks=await asyncio.to_thread(self._disks, spec, image, card),
            card=card,
            network=network,
            boot_id=self._boot_id,
            port=place.port,
            gives_away=bool(host.user),
            serial="" if spec.target.seeded else _SERIAL.format(url=place.url),
        )

    def _disks(self, spec: Spec, image: HeldImage, card: Card | None) -> tuple[Disk, ...]:
        """Return the disks of a machine, made. Blocks."""
        size = boot.disk_bytes(image, from_cd=SHAPES[spec.target.machine_model].from_cd)
        seed = self._residents.seed(spec, card) if spec.target.seeded else b""
        planned = disks_of(spec, image, size, seed)
        disks.make(spec.directory, planned)
        return planned

    def _card(self, spec: Spec) -> Card | None:
        if spec.target.network is Network.NONE:
            return None
        if spec.number >= self._network.hosts:
            raise NotNowError(
                f"machine number {spec.number}: the factory's network has addresses for {self._network.hosts}"
            )
        return card_of(spec.number)

    async def _have_network(self, *, in_use: bool) -> str:
        """Return the network's name; empty for user-mode networking.

        Raises:
            NotNowError: the settings want a network of our own, and it cannot be had.
        """
        if self._settings.network == USER or not self._as_root:
            return ""
        try:
            async with self._networking:
                await self._network.ensure(in_use=in_use)
        except TakenError as taken:
            if self._settings.network == OWN:
                raise
            self._say(str(taken))
            return ""
        return self._network.names.network

    def _say(self, words: str) -> None:
        """Say once why machines get user-mode networking."""
        if words != self._said:
            self._said = words
            log.warning("libvirt.user-network", why=words)
