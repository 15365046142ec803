"""`LibvirtRuntime`: virtual machines of libvirt, for models `vm-raw`, `cernvm3`, `cernvm4` and `vm`.

Rules of this file: it holds nothing that a restart would lose: libvirt keeps domains and how they ended until
they are forgotten, and the rest stands in their metadata and in the machine's directory. Here is only the
wiring.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import structlog

from vacnet.machines.images import Images
from vacnet.machines.layout import CONSOLE
from vacnet.machines.metadata.service import Service
from vacnet.machines.runtime import NotNowError, Seen, Usage
from vacnet.machines.spec import Spec
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.engine.locks import Locks
from vacnet.runtimes.engine.used import Used
from vacnet.runtimes.libvirt import addresses, disks, giving_up, kvm, making, measure
from vacnet.runtimes.libvirt.client import Client, Patience
from vacnet.runtimes.libvirt.ending import Endings
from vacnet.runtimes.libvirt.events import Events
from vacnet.runtimes.libvirt.giving_up import GivingUp
from vacnet.runtimes.libvirt.host import Host
from vacnet.runtimes.libvirt.look import Domain, Look
from vacnet.runtimes.libvirt.making import Maker
from vacnet.runtimes.libvirt.network import HOSTS_MIN
from vacnet.runtimes.libvirt.own_network import OwnNetwork
from vacnet.runtimes.libvirt.plan import SHAPES
from vacnet.runtimes.libvirt.planning import Planner
from vacnet.runtimes.libvirt.residents import Residents
from vacnet.runtimes.libvirt.seen import Known, describe
from vacnet.targets.model import LibvirtSettings

MARK = "libvirt.used"
"""File in the state directory: this factory has had virtual machines."""
MEASURE_SECONDS = 5.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

log = structlog.get_logger(__name__)


def uri_of(settings: LibvirtSettings) -> str:
    """Return which libvirt is asked."""
    return settings.uri or ("qemu:///system" if os.geteuid() == 0 else "qemu:///session")


class LibvirtRuntime:
    """Runs machines as domains; implements `vacnet.machines.runtime.Runtime`."""

    name = "libvirt"
    models = frozenset(SHAPES)

    def __init__(
        self,
        settings: LibvirtSettings,
        state_directory: Path,
        factory: str,
        images: Images,
        service: Service,
        *,
        processors: int = 1,
        patience: Patience | None = None,
        pause_seconds: float = giving_up.PAUSE_SECONDS,
    ) -> None:
        """Look after the domains that bear `factory`'s name; their directories are in `machines/`.

        Args:
            settings: of `[runtimes.libvirt]`.
            state_directory: of the factory.
            factory: its name.
            images: who has images.
            service: the metadata service.
            processors: of the factory: so many machines it may have at most.
            patience: how long libvirt may take.
            pause_seconds: what a pause of a machine may last.
        """
        self._machines = state_directory / "machines"
        self._boot_id = BOOT_ID.read_text().strip()
        self._client = Client(uri_of(settings), patience or Patience())
        self._look = Look(factory)
        self._looking = asyncio.Lock()
        self._residents = Residents(service, self._machines)
        names = addresses.names_of(factory, str(state_directory))
        # Machines that have ended and are being dealt with keep their number for a while.
        hosts = max(HOSTS_MIN, min(2 * processors, addresses.NUMBERS_MAX))
        self._network = OwnNetwork(self._client, names, hosts)
        as_root = os.geteuid() == 0 and "session" not in self._client.uri
        planner = Planner(settings, images, self._residents, self._network, self._boot_id, as_root=as_root)
        self._maker = Maker(self._client, images, self._residents, planner)
        self._endings = Endings(self._client)
        self._giving_up = GivingUp(self._machines, self._take, self._end_now, pause_seconds)
        self._events = Events(self._client, self._hear)
        self._changed: asyncio.Queue[str] = asyncio.Queue()
        self._used = Used(state_directory / MARK)
        self._locks = Locks()
        self._starting: set[str] = set()
        self._usages: dict[str, Usage] = {}
        self._measuring: asyncio.Task[None] | None = None
        self._measurement: asyncio.Task[None] | None = None
        self._said: Host | None = None

    # --- the engine ---------------------------------------------------------------------------

    async def probe(self) -> str:
        """Ask libvirt whether it is there; return an empty text, or what an admin has to mend."""
        self._used.wake()
        try:
            async with asyncio.timeout(self._client.patience.probe_seconds):
                self._maker.libvirt_unknown()  # nor is the host: an admin may have mended /dev/kvm
                self._say(await self._maker.host())
        except TimeoutError:
            return f"libvirt at {self._client.uri} did not answer; see whether it is well"
        except (NotNowError, RefusalError) as error:
            return str(error)
        return ""

    def _say(self, host: Host) -> None:
        """Say what libvirt and the host are, when that is news."""
        if host == self._said:
            return
        self._said = host
        processors = kvm.trouble(host.facts) or "KVM"
        log.info("libvirt.means", uri=self._client.uri, version=host.version, processors=processors)
        if words := kvm.unreadable(host.facts):
            log.warning("libvirt.kvm-unreadable", why=words)

    # --- start --------------------------------------------------------------------------------

    async def start(self, spec: Spec) -> str:
        """Start a machine; see `Runtime.start`.

        Raises:
            StartFailedError: libvirt or QEMU refused.
            NotNowError: libvirt, image or something of this host is not to be had.
        """
        async with self._locks.of(spec.id):
            self._used.leave_mark()
            self._starting.add(spec.id)
            try:
                return await self._maker.make(spec, in_use=self._in_use(spec.id))
            finally:
                self._starting.discard(spec.id)

    def _in_use(self, beside: str) -> bool:
        """Tell whether another machine is on the network, or is being made."""
        there = {one.machine_id for one in self._look.domains.values() if one.on_network}
        return bool((there | self._starting) - {beside})

    # --- stop and forget ----------------------------------------------------------------------

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        """End a domain; see `Runtime.stop`.

        Raises:
            NotNowError: libvirt does not answer, or cannot end it.
        """
        async with self._locks.of(machine_id):
            found = (await self._take()).get(machine_id)
            if found is not None and found.running:
                await self._measure()
                await self._endings.end(found, grace_seconds)

    async def _end_now(self, machine_id: str) -> None:
        await self.stop(machine_id, 0.0)

    async def forget(self, machine_id: str) -> None:
        """Remove an ended domain and its disks; see `Runtime.forget`.

        Raises:
            NotNowError: libvirt does not answer, or cannot remove it: it is tried again.
        """
        async with self._locks.of(machine_id):
            found = (await self._take()).get(machine_id)
            if found is not None and found.running:
                return
            if found is not None:
                await self._remove(found)
            await self._maker.tidy(machine_id, self._machines / machine_id)

    async def _remove(self, domain: Domain) -> None:
        try:
            await self._client.make(
                lambda connection: making.remove(connection, domain.uuid, domain.machine_id)
            )
        except RefusalError as refusal:
            raise NotNowError(f"domain {domain.uuid} cannot be removed: {refusal.words}") from refusal
        self._look.forget(domain.uuid)
        self._usages.pop(domain.uuid, None)

    # --- looking ------------------------------------------------------------------------------

    async def seen(self) -> Mapping[str, Seen]:
        """Return every domain of this factory; see `Runtime.seen`.

        Raises:
            NotNowError: libvirt does not answer.
        """
        if not self._used.awake:
            return {}
        found = await self._take()
        await self._maker.remove_abandoned(found.values())
        shown = [one for one in found.values() if self._is_shown(one)]
        known = await asyncio.to_thread(lambda: [self._known(one) for one in shown])
        await self._residents.find(shown)
        for one in shown:
            self._giving_up.look_at(one)
        self._begin_measuring()
        return {one.machine_id: describe(one, what) for one, what in zip(shown, known, strict=True)}

    def _is_shown(self, domain: Domain) -> bool:
        begun_now = not domain.running and domain.machine_id in self._starting
        return not begun_now and domain.machine_id not in self._maker.abandoned

    def _known(self, domain: Domain) -> Known:
        home = self._machines / domain.machine_id
        return Known(
            boot_id=self._boot_id,
            # Its directory may have been taken away: then nobody knows.
            began=domain.running or (home / CONSOLE).exists() or not home.exists(),
            stuck=None if domain.running else giving_up.written(home),
            ended_wall=None if domain.running else disks.touched_wall(home),
            usage=self._usages.get(domain.uuid, Usage()),
        )

    async def _take(self) -> Mapping[str, Domain]:
        """Look at libvirt; who asks while another looks waits for a look of its own."""
        async with self._looking:
            try:
                return await self._client.ask(self._look.take)
            except RefusalError as refusal:
                raise NotNowError(f"libvirt does not show its domains: {refusal.words}") from refusal

    async def changes(self) -> AsyncIterator[str]:
        """Yield the id of each machine that an event names; see `Runtime.changes`."""
        await self._used.wait()
        self._events.follow()
        while True:
            yield await self._changed.get()

    def _hear(self, uuid: str) -> None:
        """Take in what libvirt tells; no uuid: something may have been missed, and libvirt be another."""
        if not uuid:
            self._maker.libvirt_unknown()
        self._endings.heard(uuid)
        # Of strangers too: that costs a look, and whose it is libvirt tells only when it is asked.
        self._changed.put_nowait(uuid)

    # --- usage --------------------------------------------------------------------------------

    async def usage(self, machine_id: str) -> Usage:
        """Return what a machine has used; see `Runtime.usage`."""
        found = self._look.domains.get(machine_id)
        if found is None:
            return Usage()
        if found.uuid not in self._usages:
            await self._measure()
        return self._usages.get(found.uuid, Usage())

    def _begin_measuring(self) -> None:
        if self._measuring is None and any(one.running for one in self._look.domains.values()):
            self._measuring = asyncio.create_task(self._measure_again_and_again(), name="libvirt measure")

    async def _measure_again_and_again(self) -> None:
        while True:
            if any(one.running for one in self._look.domains.values()):
                await self._measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _measure(self) -> None:
        """Ask what all use; who asks while another does has that one's answer."""
        if self._measurement is None or self._measurement.done():
            self._measurement = asyncio.create_task(self._take_measure(), name="libvirt usages")
        await asyncio.shield(self._measurement)

    async def _take_measure(self) -> None:
        """Ask what all use; what cannot be had stands as before."""
        try:
            told = await self._client.measure(measure.usages)
        except (NotNowError, RefusalError) as error:
            log.debug("libvirt.unmeasured", why=str(error))
            return
        ours = {one.uuid for one in self._look.domains.values()}
        self._usages |= {uuid: usage for uuid, usage in told.items() if uuid in ours}

    async def close(self) -> None:
        """Let go of threads and the connection; machines go on."""
        self._giving_up.close()
        for task in filter(None, (self._measuring, self._measurement)):
            task.cancel()
        self._events.close()
        self._client.close()
        await asyncio.sleep(0)
