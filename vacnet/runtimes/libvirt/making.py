"""Making a domain: what it takes (`planning`), definition, start; or nothing of it.

Rules of this file: whatever fails, nothing of the machine is left, or what is left is known as abandoned and
removed when libvirt answers again. The domain's uuid is the machine's, so a second start finds the first; one
that has run already is not begun again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType

import structlog

from vacnet.machines.images import Images
from vacnet.machines.layout import CONSOLE
from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.machines.spec import Spec
from vacnet.runtimes.engine.faults import AwayError, RefusalError
from vacnet.runtimes.libvirt import binding, disks, labels
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.binding import Domain as Handle
from vacnet.runtimes.libvirt.client import Client
from vacnet.runtimes.libvirt.domain import domain_xml
from vacnet.runtimes.libvirt.faults import NO_DOMAIN, OPERATION_INVALID, start_failure
from vacnet.runtimes.libvirt.host import Host, look
from vacnet.runtimes.libvirt.look import Domain, carried_by
from vacnet.runtimes.libvirt.plan import Plan
from vacnet.runtimes.libvirt.planning import Planner
from vacnet.runtimes.libvirt.residents import Residents

REMOVE_SECONDS = 5.0
"""To end and undefine a domain takes two; libvirt waits 30 for a lock that it may never give back."""

log = structlog.get_logger(__name__)


class Maker:
    """Makes domains for one factory."""

    def __init__(self, client: Client, images: Images, residents: Residents, planner: Planner) -> None:
        """Make nothing yet; `planner` says what, of the same images and residents."""
        self.abandoned: set[str] = set()
        """Ids of machines of which something may show up that nobody waits for."""
        self._client = client
        self._images = images
        self._residents = residents
        self._planner = planner
        self._host: Host | None = None

    def libvirt_unknown(self) -> None:
        """Take in that libvirt may be another now."""
        self._host = None

    async def host(self) -> Host:
        """Return what decides how domains are made.

        Raises:
            NotNowError: libvirt does not answer.
        """
        if self._host is None:
            try:
                self._host = await self._client.ask(look)
            except RefusalError as refusal:
                raise NotNowError(f"libvirt does not show what it can: {refusal.words}") from refusal
        return self._host

    async def make(self, spec: Spec, *, in_use: bool) -> str:
        """Have the machine's domain running and return its uuid.

        Raises:
            StartFailedError: libvirt or QEMU refused; nothing of it is left.
            NotNowError: libvirt, image, network or disk is not to be had; nothing of it is left.
        """
        try:
            if not await self._was_made(spec):
                await self._define(await self._planner.plan(spec, await self.host(), in_use=in_use))
            if not (spec.directory / CONSOLE).exists():
                await self._client.make(lambda connection: _start(connection, spec.uuid))
        except RefusalError as refusal:
            await self.undo(spec.id, spec.uuid, spec.directory)
            raise start_failure(refusal) from refusal
        except (NotNowError, StartFailedError) as error:
            if isinstance(error, AwayError):
                # libvirt may do later what it did not answer to.
                self.abandoned.add(spec.id)
            await self.undo(spec.id, spec.uuid, spec.directory)
            raise
        return spec.uuid

    async def _was_made(self, spec: Spec) -> bool:
        return await self._client.ask(lambda connection: _is_ours(connection, spec.uuid, spec.id))

    # --- definition ---------------------------------------------------------------------------

    async def _define(self, plan: Plan) -> None:
        xml, spec = domain_xml(plan), plan.spec
        try:
            await self._client.make(lambda connection: connection.defineXML(xml))
        except RefusalError as refusal:
            raise await self._name_taken(spec) or refusal from refusal
        kind, network = plan.domain_type, _network_words(plan)
        log.info("libvirt.define", machine=spec.name, id=spec.id, type=kind, network=network)
        log.debug("libvirt.xml", id=spec.id, xml=xml)

    async def _name_taken(self, spec: Spec) -> NotNowError | None:
        """Return why our name cannot be had, if it is for its name that a domain was refused."""
        with suppress(RefusalError):
            carried, uuid = await self._client.ask(lambda connection: _named(connection, spec.name))
            if uuid != spec.uuid:
                return NotNowError(_taken(spec, uuid, carried.get(labels.FACTORY, "")))
        return None

    # --- undoing ------------------------------------------------------------------------------

    async def undo(self, machine_id: str, uuid: str, home: Path) -> None:
        """Leave nothing of a machine, now or when libvirt is back."""
        try:
            await self._client.make(lambda connection: remove(connection, uuid, machine_id))
        except (NotNowError, RefusalError) as error:
            self.abandoned.add(machine_id)
            log.warning("libvirt.abandoned", id=machine_id, why=str(error))
        await self.tidy(machine_id, home)

    async def tidy(self, machine_id: str, home: Path) -> None:
        """Remove what a machine had beside its domain."""
        await asyncio.to_thread(disks.remove, home)
        await self._images.release(home)
        await self._residents.let_go(machine_id)

    async def remove_abandoned(self, found: Iterable[Domain]) -> None:
        """Remove what of abandoned machines shows now; libvirt may not let go of it, so none waits long."""
        for domain in found:
            if domain.machine_id in self.abandoned:
                do = partial(remove, uuid=domain.uuid, machine_id=domain.machine_id)
                with suppress(RefusalError, NotNowError):
                    await self._client.ask(do, REMOVE_SECONDS)
                    log.info("libvirt.abandoned-removed", id=domain.machine_id)


def _network_words(plan: Plan) -> str:
    if plan.card is None:
        return "none"
    return plan.network or f"user mode, metadata at port {plan.port}"


def _start(connection: Connection, uuid: str) -> None:
    handle = connection.lookupByUUIDString(uuid)
    if not handle.isActive():
        handle.create()


def _is_ours(connection: Connection, uuid: str, machine_id: str) -> bool:
    """Tell whether a domain is there and is of this machine."""
    handle = next((one for one in connection.listAllDomains(0) if one.UUIDString() == uuid), None)
    return handle is not None and carried_by(handle).get(labels.MACHINE) == machine_id


def _named(connection: Connection, name: str) -> tuple[dict[str, str], str]:
    handle = connection.lookupByName(name)
    return dict(carried_by(handle)), handle.UUIDString()


def remove(connection: Connection, uuid: str, machine_id: str) -> None:
    """End and undefine a domain if it is there and of this machine."""
    if not _is_ours(connection, uuid, machine_id):
        return
    library = binding.load()
    handle = connection.lookupByUUIDString(uuid)
    everything = _everything(library)
    for do, over in (
        (handle.destroy, {NO_DOMAIN, OPERATION_INVALID}),
        (lambda: _forget_checkpoints(library, handle), {NO_DOMAIN}),
        (lambda: handle.undefineFlags(everything), {NO_DOMAIN}),
    ):
        try:
            do()
        except library.libvirtError as error:
            if error.get_error_code() not in over:
                raise


def _forget_checkpoints(library: ModuleType, handle: Handle) -> None:
    """Have libvirt forget somebody's checkpoints: a domain that has any is not undefined."""
    for one in handle.listAllCheckpoints(0):
        one.delete(library.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)


def _everything(library: object) -> int:
    names = ("MANAGED_SAVE", "SNAPSHOTS_METADATA")
    return sum(int(getattr(library, f"VIR_DOMAIN_UNDEFINE_{name}")) for name in names)


def _taken(spec: Spec, uuid: str, owner: str) -> str:
    if owner == spec.factory:
        return f"the domain {uuid} of an earlier machine still has the name {spec.name}; it is being removed"
    whose = f"of the factory {owner}" if owner else "not of vacnet"
    return (
        f"the name {spec.name} is taken by domain {uuid}, which is {whose} and is left alone: rename it "
        f"(virsh domrename {spec.name} NAME), or set machine_name_pattern in [factory]"
    )
