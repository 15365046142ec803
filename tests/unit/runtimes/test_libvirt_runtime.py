"""The runtime on libvirt's test driver: a hypervisor that lives in this process and runs nothing."""

from __future__ import annotations

import asyncio
import importlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.unit.runtimes.libvirt_samples import spec_of
from tools.guest.sector import disk
from vacnet.machines.images import Format, HeldImage
from vacnet.machines.metadata.service import Resident
from vacnet.machines.runtime import NotNowError, Usage
from vacnet.machines.spec import Spec
from vacnet.machines.stored import encode_spec
from vacnet.runtimes.libvirt import measure
from vacnet.runtimes.libvirt.runtime import MARK, LibvirtRuntime
from vacnet.targets.model import LibvirtSettings, Metadata, Model, Network, Target

pytestmark = pytest.mark.engine("libvirt")

URI = "test:///default"


class Supplies:
    """One image, and a metadata service that writes down who is in it."""

    def __init__(self, image: Path) -> None:
        self.image = image
        self.held: set[str] = set()
        self.served: dict[str, int] = {}

    async def hold(self, _target: Target, home: Path) -> HeldImage:
        self.held.add(home.name)
        return HeldImage(self.image, Format.RAW, 512)

    async def release(self, home: Path) -> None:
        self.held.discard(home.name)

    async def listen(self, _address: str, port: int = 80) -> int:
        return port

    def admit(self, resident: Resident) -> None:
        self.served[resident.spec.id] = 0

    async def open_door(self, resident: Resident, port: int = 0) -> int:
        return self.served.setdefault(resident.spec.id, port or 41000)

    def seed(self, resident: Resident) -> bytes:
        return f"of {resident.spec.name}, card {resident.mac or 'none'}".encode()

    async def dismiss(self, machine_id: str) -> None:
        self.served.pop(machine_id, None)


class Stand:
    """A state directory with supplies on the test driver."""

    def __init__(self, root: Path) -> None:
        self.root = root
        image = root / "image"
        image.write_bytes(disk("x", None))
        image.chmod(0o644)
        self.supplies = Supplies(image)
        self.connection = importlib.import_module("libvirt").open(URI)
        self.runtimes: list[LibvirtRuntime] = []

    def runtime(self, **more: Any) -> LibvirtRuntime:
        settings = LibvirtSettings(uri=URI, domain_type="test", network="user")
        self.runtimes.append(
            LibvirtRuntime(settings, self.root, "wn01.example.org", self.supplies, self.supplies, **more)
        )
        return self.runtimes[-1]

    def spec(self, **target: Any) -> Spec:
        home = self.root / "machines" / "100_t_00"
        home.mkdir(parents=True)
        return replace(spec_of(Model.VM, directory=home, **target), memory_bytes=64 << 20)

    def domain(self, spec: Spec) -> Any:
        return self.connection.lookupByUUIDString(spec.uuid)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    made = Stand(tmp_path)
    yield made
    for runtime in made.runtimes:
        await runtime.close()
    for domain in made.connection.listAllDomains(0):
        if domain.name() != "test":  # the driver's own
            if domain.isActive():
                domain.destroy()
            domain.undefine()
    made.connection.close()


async def test_a_factory_that_never_had_virtual_machines_asks_nobody(stand: Stand) -> None:
    assert await stand.runtime().seen() == {}
    assert not (stand.root / MARK).exists()


async def test_a_machine_is_started_once_seen_by_its_labels_and_forgotten(stand: Stand) -> None:
    runtime, spec = stand.runtime(), stand.spec()
    assert await runtime.start(spec) == await runtime.start(spec) == spec.uuid
    assert {name.name() for name in stand.connection.listAllDomains(0)} == {"test", spec.name}
    seen = await stand.runtime().seen()
    assert list(seen) == [spec.id]
    assert (seen[spec.id].running, seen[spec.id].labels["vacnet.port"]) == (True, "41000")
    await runtime.forget(spec.id)
    assert stand.domain(spec).isActive(), "what runs is not forgotten"
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    assert (await runtime.seen(), stand.supplies.held, stand.supplies.served) == ({}, set(), {})
    assert not (spec.directory / "root.qcow2").exists()


async def test_a_connection_and_an_event_are_changes(stand: Stand) -> None:
    runtime, spec = stand.runtime(), stand.spec()
    await runtime.start(spec)
    changes, told = runtime.changes(), {await anext(runtime.changes())}
    await runtime.stop(spec.id, 0.0)
    while not {"", spec.uuid} <= told:
        told.add(await anext(changes))


async def test_a_start_that_is_refused_leaves_nothing(stand: Stand) -> None:
    spec = stand.spec()
    taken = (
        f"<domain type='test'><name>{spec.name}</name><memory>1</memory><os><type>hvm</type></os></domain>"
    )
    stand.connection.defineXML(taken)
    with pytest.raises(NotNowError, match="which is not of vacnet and is left alone"):
        await stand.runtime().start(spec)
    assert (stand.supplies.held, stand.supplies.served) == (set(), {})


async def test_machines_of_an_earlier_life_are_served_again_at_their_port(stand: Stand) -> None:
    runtime, spec = stand.runtime(), stand.spec()
    stand.supplies.served[spec.id] = 42123
    await runtime.start(spec)
    stand.supplies.served.clear()
    (spec.directory / "spec.json").write_bytes(encode_spec(spec))
    await stand.runtime().seen()
    assert stand.supplies.served == {spec.id: 42123}


@pytest.mark.parametrize(
    ("target", "card", "served"),
    [
        ({"metadata": Metadata.SEED}, "56:4d:a9:fe:a9:03", {"100_t_00": 41000}),
        ({"network": Network.NONE}, "none", {}),
    ],
)
async def test_a_seed_disk_is_there_before_its_machine_and_goes_with_it(
    stand: Stand, target: dict[str, Any], card: str, served: dict[str, int]
) -> None:
    """Who has a network besides is served as all are; who has none is not, now or after a restart."""
    runtime, spec = stand.runtime(), stand.spec(**target)
    await runtime.start(spec)
    disk = spec.directory / "seed.iso"
    assert disk.read_text() == f"of {spec.name}, card {card}"
    domain = stand.domain(spec).XMLDesc()
    assert (str(disk) in domain, "ds=nocloud" in domain) == (True, False)
    assert stand.supplies.served == served
    stand.supplies.served.clear()
    (spec.directory / "spec.json").write_bytes(encode_spec(spec))
    later = stand.runtime()
    assert (await later.seen())[spec.id].running
    assert stand.supplies.served == served
    await later.stop(spec.id, 0.0)
    await later.forget(spec.id)
    assert not disk.exists()


LIE = """<domain type='test'><name>{name}</name>{uuid}<memory>1</memory><os><type>hvm</type></os><metadata>
<vacnet:machine xmlns:vacnet='urn:vacnet:machine:1'>{labels}</vacnet:machine></metadata></domain>"""


def lie(stand: Stand, labels: dict[str, str], name: str, uuid: str = "") -> Any:
    """Define a domain that carries our element, written by somebody else."""
    written = "".join(f"<vacnet:label name='{key}'>{labels[key]}</vacnet:label>" for key in labels)
    uuid = f"<uuid>{uuid}</uuid>" if uuid else ""
    return stand.connection.defineXML(LIE.format(name=name, uuid=uuid, labels=written))


async def test_a_copy_of_a_machine_is_a_stranger_and_hides_nothing(stand: Stand) -> None:
    """As `virt-clone` makes it: with another name and uuid, and all that the machine carries."""
    runtime, spec = stand.runtime(), stand.spec()
    await runtime.start(spec)
    copy = lie(stand, spec.labels(), "copy.example.org")
    assert (await runtime.seen())[spec.id].running
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    assert copy.name() in {one.name() for one in stand.connection.listAllDomains(0)}


@pytest.mark.parametrize(
    "told",
    [
        {"vacnet.memory_bytes": "much"},
        {"vacnet.memory_bytes": "9" * 5000},
        {"vacnet.port": "9" * 5000},
        {"vacnet.port": "65536"},
        {"vacnet.machine": "100_t_" + "9" * 5000},
        {"vacnet.machine": f"100_{'t' * 300}_00"},
    ],
)
async def test_whatever_a_domain_says_of_itself_the_others_are_seen(
    stand: Stand, told: dict[str, str]
) -> None:
    runtime, spec = stand.runtime(), stand.spec()
    await runtime.start(spec)
    uuid = "7c8ef0b6-0000-4000-8000-000000000001"
    labels = {**spec.labels(), "vacnet.uuid": uuid, "vacnet.machine": "100_u_00", **told}
    lie(stand, labels, "lie.example.org", uuid).create()
    home = stand.root / "machines" / labels["vacnet.machine"][:200]
    home.mkdir()
    (home / "spec.json").write_bytes(encode_spec(spec))
    assert (await runtime.seen())[spec.id].running


async def test_what_others_added_to_a_machine_goes_with_it(stand: Stand) -> None:
    """A checkpoint (`virsh checkpoint-create`), and the overlay that `virsh snapshot-create` leaves."""
    runtime, spec = stand.runtime(), stand.spec()
    await runtime.start(spec)
    stand.domain(spec).checkpointCreateXML("<domaincheckpoint/>", 0)
    overlay = spec.directory / "root.snapshot1"
    overlay.touch()
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    assert [one.name() for one in stand.connection.listAllDomains(0)] == ["test"]
    assert not overlay.exists()


async def test_a_paused_machine_is_ended_also_where_its_directory_was_taken_away(stand: Stand) -> None:
    runtime, spec = stand.runtime(pause_seconds=0.0), stand.spec()
    await runtime.start(spec)
    shutil.rmtree(spec.directory)
    stand.domain(spec).suspend()
    async with asyncio.timeout(5):
        changes = runtime.changes()
        while (await runtime.seen())[spec.id].running:
            await anext(changes)


async def test_what_all_use_is_asked_once_for_many_who_end_at_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Any]()

    def usages(connection: Any) -> dict[str, Usage]:
        asked.append(connection)
        return {}

    monkeypatch.setattr(measure, "usages", usages)
    runtime = stand.runtime()
    await asyncio.gather(*(runtime._measure() for _ in range(20)))
    assert len(asked) == 1
    await runtime._measure()
    assert len(asked) == 2


async def test_why_a_machine_is_not_served_is_said_once_however_often_it_is_tried(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = stand.spec()
    await stand.runtime().start(spec)
    (spec.directory / "spec.json").write_bytes(encode_spec(spec))

    async def closed(_resident: Resident, port: int = 0) -> int:
        raise NotNowError(f"port {port} is taken")

    monkeypatch.setattr(stand.supplies, "open_door", closed)
    later = stand.runtime()
    with structlog.testing.capture_logs() as told:
        for _ in range(3):
            await later.seen()
    assert [one["why"] for one in told if one["event"] == "libvirt.unserved"] == ["port 41000 is taken"]
