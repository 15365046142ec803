"""How much later a virtual machine starts than one made by libvirt directly, of the very same XML.

Pairs, alternating, on one libvirt: once by `createXML` alone, its disk being there; once by a keeper from
`StartMachine` on, with its durable record, user_data, features, directory, network, disk and definition. Both
are timed from the call to libvirt's own event of the start. The guest is a disk of one sector, emulated.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import structlog

from tools.bench.figure import Figure
from tools.bench.keeping import FACTORY, Script, keeping, until, wish
from tools.engines.libvirtd import Libvirt, library
from tools.engines.network_of import network_of
from tools.guest.sector import disk
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines.images import Format, HeldImage
from vacnet.machines.keeper import Keeper
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.qcow2 import overlay
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.targets.model import LibvirtSettings, Model, Target

PAIRS = 12
MORE_MS_MAX = 150.0
MIB = 1 << 20


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure pairs; without libvirt there is nothing to measure, which is said."""
    if shutil.which("libvirtd", path="/usr/sbin:/usr/bin") is None:
        sys.stderr.write("vm-start is left out: libvirtd is not installed\n")
        return
    home = Path(tempfile.mkdtemp(prefix="vn"))
    home.chmod(0o711)
    sys.path.insert(0, str(library()))
    (home / "libvirt").mkdir()
    libvirt = Libvirt(home / "libvirt")
    try:
        libvirt.start()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        with network_of(libvirt.holder):
            direct, ours = asyncio.run(_pairs(home, libvirt))
    finally:
        libvirt.close()
        shutil.rmtree(home)
    yield from _figures(direct, ours)


def _figures(direct: list[float], ours: list[float]) -> Iterator[Figure]:
    how = f"{PAIRS} alternating pairs, call to libvirt's start event"
    yield Figure("libvirt, createXML: median", statistics.median(direct), "ms", None, how)
    yield Figure("StartMachine to start of a VM: median", statistics.median(ours), "ms", None, how)
    more = statistics.median(ours) - statistics.median(direct)
    yield Figure("StartMachine more than libvirt: median", more, "ms", MORE_MS_MAX, how)


class _Starts:
    """When libvirt started which domain, by uuid."""

    def __init__(self, uri: str) -> None:
        self.library = binding.load()
        self.connection = self.library.open(uri)
        self.at: dict[str, float] = {}
        kind = self.library.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        self.connection.domainEventRegisterAny(None, kind, self._happened, None)

    def _happened(self, _connection: Any, domain: Any, event: int, _detail: int, _opaque: Any) -> None:
        if event == self.library.VIR_DOMAIN_EVENT_STARTED:
            self.at[domain.UUIDString()] = time.monotonic()

    async def of(self, key: str) -> float:
        """Wait for a start and return when it was."""
        await until(lambda: key in self.at, "libvirt has told of the start")
        return self.at[key]


class _Supplies(Script):
    """User_data from memory, an image from a file."""

    def __init__(self, image: Path) -> None:
        self.image = image

    async def hold(self, _target: Target, _directory: Path) -> HeldImage:
        """Return the one image."""
        return HeldImage(self.image, Format.RAW, MIB)

    async def release(self, _directory: Path) -> None:
        """Let go of it."""


async def _pairs(home: Path, libvirt: Libvirt) -> tuple[list[float], list[float]]:
    """Return the milliseconds of both kinds."""
    image, state = home / "sector.raw", home / "state"
    await asyncio.to_thread(image.write_bytes, disk("bench", None).ljust(MIB, b"\0"))
    await asyncio.to_thread(image.chmod, 0o644)
    await asyncio.to_thread(state.mkdir, 0o711)
    starts = _Starts(libvirt.uri)
    direct, ours = [], []
    settings = LibvirtSettings(uri=libvirt.uri, domain_type="qemu", network="own")
    supplies, service = _Supplies(image), MetadataServer()
    runtime = LibvirtRuntime(settings, state, FACTORY, supplies, service)
    try:
        async with keeping(state, runtime, supplies) as keeper:
            await _by_keeper(keeper, starts)  # the network is made with the first
            for _ in range(PAIRS):
                took, xml = await _by_keeper(keeper, starts)
                ours.append(took)
                direct.append(await _directly(starts, xml, home))
    finally:
        await runtime.close()
        await service.close()
    return direct, ours


async def _by_keeper(keeper: Keeper, starts: _Starts) -> tuple[float, str]:
    """Make a machine and return the milliseconds and its XML, when it has ended and is forgotten."""
    key, began = str(uuid.uuid4()), time.monotonic()
    target = Target(
        name="bench",
        machine_model=Model.VM,
        root_image="sector",
        user_data="x",
        memory_bytes_per_processor=16 * MIB,
    )
    keeper.start(wish(key, target))
    at = await starts.of(key)
    domain = starts.connection.lookupByUUIDString(key)
    xml = domain.XMLDesc(starts.library.VIR_DOMAIN_XML_INACTIVE)
    await until(lambda: any(view.state == "running" for view in keeper.live()), "the keeper knows it")
    domain.destroy()
    await until(lambda: not keeper.live() and not _domains(starts), "it is forgotten")
    return (at - began) * 1e3, xml


def _domains(starts: _Starts) -> list[Any]:
    found: list[Any] = starts.connection.listAllDomains(0)
    return found


async def _directly(starts: _Starts, xml: str, home: Path) -> float:
    """Create a domain of the same XML by libvirt alone and return the milliseconds."""
    key = str(uuid.uuid4())
    text = _other(xml, key, home)
    began = time.monotonic()
    made = await asyncio.to_thread(starts.connection.createXML, text, 0)
    at = await starts.of(key)
    await asyncio.to_thread(made.destroy)
    return (at - began) * 1e3


def _other(xml: str, key: str, home: Path) -> str:
    """Return the XML of another domain like this one, with its own name, disk and console."""
    top = ET.fromstring(xml)  # noqa: S314 (libvirt's own)
    for tag, text in (("name", f"direct-{key}"), ("uuid", key)):
        found = top.find(tag)
        if found is not None:
            found.text = text
    for source in top.findall("devices/disk/source"):
        path = home / f"{key}.qcow2"
        path.write_bytes(overlay(str(home / "sector.raw"), "raw", MIB))
        source.set("file", str(path))
    for log in top.iter("log"):
        log.set("file", str(home / f"{key}.log"))
    return ET.tostring(top, encoding="unicode")
