"""All that a domain is made of, as values: which disks and which card a machine of each model has.

Rules of this file: pure, one table of models. A VM of model `vm` (any cloud image) has its image with as much
room as it is due; `vm-raw` has its image as it is and a scratch disk beside it; `cernvm3` and `cernvm4` boot
from a CD-ROM and have an empty root disk. A seed disk is a CD-ROM beside these, on IDE as OpenStack's config
drive. Sizes are the target's `disk_gb_per_processor`; where none is set CernVMs get Vac's 40 GB for each
processor, sparse, and the others the size of their image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from vacnet.machines.images import Format, HeldImage
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt.addresses import Card
from vacnet.runtimes.libvirt.boot import SECTOR
from vacnet.targets.model import Model

GB = 10**9
EMPTY_ROOT_BYTES_PER_PROCESSOR = 40 * GB
"""Vac's, for a root disk that is made empty."""

ROOT_DISK = "root.qcow2"
EMPTY_DISK = "root.raw"
SCRATCH_DISK = "scratch.raw"
SEED_DISK = "seed.iso"
FILES = (ROOT_DISK, EMPTY_DISK, SCRATCH_DISK, SEED_DISK)
"""Files that a machine may have in its directory, to be removed with it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What disks machines of a model have."""

    from_cd: bool = False
    """The image is a CD-ROM, and the root disk is empty."""
    grows: bool = False
    """The root disk has all that the machine is due; else what the image has."""
    scratch: bool = False


SHAPES: Mapping[Model, Shape] = MappingProxyType(
    {
        Model.CERNVM3: Shape(from_cd=True),
        Model.CERNVM4: Shape(from_cd=True),
        Model.VM_RAW: Shape(scratch=True),
        Model.VM: Shape(grows=True),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk."""

    path: Path
    format: str
    """`qcow2` or `raw`."""
    device: str
    """Its name in the machine: vda, hdc ..."""
    size_bytes: int
    boots: bool = False
    cd: bool = False
    made: bool = True
    """Its file is the machine's own; else it is an image that others have too."""
    body: bytes = field(default=b"", repr=False)
    """What is in its file from the start: of a seed disk, so it may hold secrets."""
    beneath: HeldImage | None = None
    """The image under an overlay."""

    @property
    def bus(self) -> str:
        """Return the bus that has devices of such a name; Vac's rule."""
        return "virtio" if self.device.startswith("vd") else "ide"


def disks_of(spec: Spec, image: HeldImage, image_bytes: int, seed: bytes = b"") -> tuple[Disk, ...]:
    """Return the disks of a machine in the order of their names, and its seed disk.

    Args:
        spec: the machine.
        image: what it boots from.
        image_bytes: the size of the disk that the image makes.
        seed: what is on its seed disk; empty: it has none.
    """
    shape = SHAPES[spec.target.machine_model]
    disks = _with_cd(spec, image, image_bytes) if shape.from_cd else _with_overlay(spec, image, image_bytes)
    if not seed:
        return disks
    path, device = spec.directory / SEED_DISK, _free_drive(disks)
    cd = Disk(path=path, format="raw", device=device, size_bytes=len(seed), cd=True, body=seed)
    return (*disks, cd)


def _with_cd(spec: Spec, image: HeldImage, image_bytes: int) -> tuple[Disk, ...]:
    size = _sectors(spec.disk_bytes or spec.processors * EMPTY_ROOT_BYTES_PER_PROCESSOR)
    path, device = spec.directory / EMPTY_DISK, spec.target.root_device
    root = Disk(path=path, format="raw", device=device, size_bytes=size)
    cd = Disk(
        path=image.path,
        format="raw",
        device="hdc",
        size_bytes=image_bytes,
        boots=True,
        cd=True,
        made=False,
    )
    return root, cd


def _with_overlay(spec: Spec, image: HeldImage, image_bytes: int) -> tuple[Disk, ...]:
    shape, target = SHAPES[spec.target.machine_model], spec.target
    size = max(image_bytes, _sectors(spec.disk_bytes)) if shape.grows else image_bytes
    overlay = Disk(
        path=spec.directory / ROOT_DISK,
        format="qcow2",
        device=target.root_device,
        size_bytes=size,
        boots=True,
        beneath=image,
    )
    if not shape.scratch or not spec.disk_bytes:
        return (overlay,)
    room = _sectors(spec.disk_bytes)
    path = spec.directory / SCRATCH_DISK
    return (overlay, Disk(path=path, format="raw", device=target.scratch_device, size_bytes=room))


def _free_drive(disks: Iterable[Disk]) -> str:
    """Return the name of a drive that no other disk has; IDE has four, by the last letter of the name."""
    taken = {disk.device[-1] for disk in disks if disk.bus == "ide"}
    return next(f"hd{letter}" for letter in "cdab" if letter not in taken)


def _sectors(size: int) -> int:
    return size // SECTOR * SECTOR


def format_beneath(image: HeldImage) -> str:
    """Return what QEMU calls an image's format; a CD-ROM's bytes are those of a raw disk."""
    return "qcow2" if image.format is Format.QCOW2 else "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One domain."""

    spec: Spec
    domain_type: str
    """`kvm` or `qemu`."""
    disks: tuple[Disk, ...]
    card: Card | None
    """None: it has no network."""
    network: str
    """Of libvirt; empty: user-mode networking, if it has a card."""
    boot_id: str
    port: int = 0
    """Of its own at the metadata service, in user-mode networking."""
    gives_away: bool = True
    """libvirt gives files to QEMU's user; in a session all is one user's."""
    serial: str = ""
    """What its BIOS says is its serial number: where its metadata is; empty: on a disk."""
