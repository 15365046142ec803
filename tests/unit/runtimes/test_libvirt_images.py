"""What is booted: headers of images, overlays, which disks a machine of each model has."""

from __future__ import annotations

import resource
import signal
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.runtimes.libvirt_samples import spec_of
from vacnet.machines.images import Format, HeldImage
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt import boot, disks
from vacnet.runtimes.libvirt.plan import GB, disks_of
from vacnet.runtimes.libvirt.qcow2 import CLUSTER, SIZE_MAX, FormatError, overlay, read_header
from vacnet.targets.model import Model

IMAGE = HeldImage(Path("/images/i"), Format.QCOW2, 1 << 20)


def header(**fields: int) -> bytes:
    """Return the header of a whole image of 1 GiB, with fields by their offset changed."""
    made = bytearray(104)
    struct.pack_into(">4sIQIIQI", made, 0, b"QFI\xfb", 3, 0, 0, 16, 1 << 30, 0)
    for at, value in fields.items():
        struct.pack_into(">Q" if at in {"at8", "at72"} else ">I", made, int(at[2:]), value)
    return bytes(made)


def test_the_size_that_a_guest_sees_is_read() -> None:
    assert read_header(header()).size_bytes == 1 << 30


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"at8": 104}, "needs another file beneath it"),
        ({"at72": 4}, "has its data in another file"),
        ({"at32": 1}, "is encrypted"),
        ({"at4": 4}, "version 4"),
    ],
)
def test_an_image_that_leads_elsewhere_is_refused(fields: dict[str, int], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_header(header(**fields))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_refusal(start: bytes) -> None:
    with suppress(FormatError):
        assert read_header(start).size_bytes >= 0


@given(st.integers(1, SIZE_MAX // 512), st.sampled_from(["raw", "qcow2"]))
def test_an_overlay_is_of_the_size_that_was_asked_and_says_what_is_beneath(sectors: int, kind: str) -> None:
    made = overlay("/images/some image", kind, sectors * 512)
    at, length = struct.unpack_from(">QI", made, 8)
    assert len(made) == 4 * CLUSTER
    assert struct.unpack_from(">Q", made, 24) == (sectors * 512,)
    assert made[at : at + length] == b"/images/some image"
    assert kind.encode() in made[104:at]


def test_an_overlay_has_bounds() -> None:
    with pytest.raises(ValueError, match="longer than 1023"):
        overlay("/" * 1024, "raw", 512)
    with pytest.raises(ValueError, match="is more than"):
        overlay("/i", "raw", SIZE_MAX + 512)


def raw(tmp_path: Path, parts: dict[int, bytes]) -> HeldImage:
    """Return an image of 40 KiB with bytes at places."""
    data = bytearray(40 << 10)
    for at, what in parts.items():
        data[at : at + len(what)] = what
    path = tmp_path / "image"
    path.write_bytes(data)
    return HeldImage(path, Format.RAW, len(data))


SECTOR = {510: b"\x55\xaa"}
VOLUME = {16 * 2048 + 1: b"CD001"}
EL_TORITO = {17 * 2048 + 7: b"EL TORITO SPECIFICATION"}


def test_a_disk_with_a_boot_sector_and_a_cd_with_a_boot_record_boot(tmp_path: Path) -> None:
    assert boot.disk_bytes(raw(tmp_path, SECTOR), from_cd=False) == 40 << 10
    assert boot.disk_bytes(raw(tmp_path, {**VOLUME, **EL_TORITO}), from_cd=True) == 40 << 10


@pytest.mark.parametrize(
    ("parts", "from_cd", "words"),
    [
        ({}, False, "is no disk that boots: a raw image has a boot sector"),
        (SECTOR, True, r"is no CD-ROM image .* set machine_model to vm or vm-raw"),
        (VOLUME, True, "nothing boots from"),
    ],
)
def test_an_image_that_does_not_boot_is_told(
    tmp_path: Path,
    parts: dict[int, bytes],
    from_cd: bool,  # noqa: FBT001 (a parameter of the table)
    words: str,
) -> None:
    with pytest.raises(NotNowError, match=words):
        boot.disk_bytes(raw(tmp_path, parts), from_cd=from_cd)


def test_an_image_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotNowError, match="cannot be read: No such file"):
        boot.disk_bytes(HeldImage(tmp_path / "none", Format.RAW, 0), from_cd=False)


def sizes(model: Model, disk_bytes: int, image_bytes: int = 3 * GB) -> dict[str, int]:
    found = disks_of(spec_of(model, disk_bytes=disk_bytes), IMAGE, image_bytes)
    return {disk.device: disk.size_bytes for disk in found}


def test_a_cloud_image_grows_to_what_its_machine_is_due() -> None:
    assert sizes(Model.VM, 20 * GB) == {"vda": 20 * GB}
    assert sizes(Model.VM, GB) == {"vda": 3 * GB}
    assert sizes(Model.VM, 0) == {"vda": 3 * GB}


def test_vm_raw_has_a_scratch_disk_where_a_size_is_set() -> None:
    assert sizes(Model.VM_RAW, 20 * GB) == {"vda": 3 * GB, "vdb": 20 * GB}
    assert sizes(Model.VM_RAW, 0) == {"vda": 3 * GB}


@pytest.mark.parametrize("model", [Model.CERNVM3, Model.CERNVM4])
def test_a_cernvm_has_an_empty_root_and_boots_from_its_cd(model: Model) -> None:
    root, disc = disks_of(spec_of(model), IMAGE, 20 << 20)
    assert (root.device, root.size_bytes, root.boots) == ("vda", 80 * GB, False)
    assert (disc.device, disc.cd, disc.boots, disc.path) == ("hdc", True, True, IMAGE.path)
    assert sizes(model, 20 * GB)["vda"] == 20 * GB


@pytest.mark.parametrize(
    ("root", "scratch", "drive"), [("vda", "vdb", "hdc"), ("hda", "hdc", "hdd"), ("sdc", "hdd", "hda")]
)
def test_a_seed_disk_is_in_a_drive_that_no_other_disk_has(root: str, scratch: str, drive: str) -> None:
    spec = spec_of(Model.VM_RAW, disk_bytes=GB, root_device=root, scratch_device=scratch)
    found = disks_of(spec, IMAGE, GB, b"cidata")
    assert [disk.device for disk in found] == [root, scratch, drive]
    assert (found[-1].bus, found[-1].cd, found[-1].made, found[-1].boots) == ("ide", True, True, False)


def test_a_seed_disk_is_for_nobody_else_and_goes_with_the_machine(tmp_path: Path) -> None:
    (seed,) = disks_of(spec_of(Model.VM, directory=tmp_path), IMAGE, GB, b"secret of the site")[1:]
    seed.path.write_bytes(b"of a start that was cut off, and longer than what is now")
    disks.make(tmp_path, [seed])
    assert seed.path.read_bytes() == b"secret of the site"
    assert seed.path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in repr(seed)
    disks.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_disks_are_made_sparse_and_go_with_the_machine(tmp_path: Path) -> None:
    made = disks_of(spec_of(Model.VM_RAW, disk_bytes=20 * GB, directory=tmp_path), IMAGE, GB)
    disks.make(tmp_path, made)
    disks.make(tmp_path, made)
    assert {path.name for path in tmp_path.iterdir()} == {"root.qcow2", "scratch.raw"}
    assert (tmp_path / "scratch.raw").stat().st_size == 20 * GB
    assert (tmp_path / "scratch.raw").stat().st_blocks == 0
    assert tmp_path.stat().st_mode & 0o777 == 0o711
    disks.remove(tmp_path)
    disks.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    made = disks_of(spec_of(Model.VM_RAW, disk_bytes=GB, directory=tmp_path), IMAGE, GB)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(NotNowError, match=r"no disk can be made in .*: File too large; make room there"):
            disks.make(tmp_path, made)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_qemus_user_may_not_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.touch(0o600)
    with pytest.raises(NotNowError, match=r"not for QEMU's user \(libvirt-qemu\) to read: chmod o\+r"):
        disks.check_readable(path, "libvirt-qemu", as_root=True)
    disks.check_readable(path, "", as_root=False)
    path.chmod(0o644)
    disks.check_readable(path, "libvirt-qemu", as_root=True)
