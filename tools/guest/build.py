"""Building the guest's image from Debian's packages: `python -m tools.guest.build FILE`.

The kernel is that of Debian's cloud images, from its own archive by apt-get; boot loader and tools have to be
installed (`PACKAGES`). What comes out boots as a CD-ROM and as a disk.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.guest.archive import Archive

PACKAGES = ("busybox-static", "genisoimage", "isolinux", "syslinux-common", "syslinux-utils")
"""Debian packages that building needs."""
KERNEL = "linux-image-cloud-amd64"
"""Depends on the kernel of the day."""
_HERE = Path(__file__).parent
_BUSYBOX = Path("/bin/busybox")
_LOADER = Path("/usr/lib/ISOLINUX/isolinux.bin")
_LOADER_PART = Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")
MODULES = (
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
    "drivers/block/virtio_blk",
    "drivers/misc/pvpanic/pvpanic",
    "drivers/misc/pvpanic/pvpanic-mmio",
    "drivers/input/evdev",
    "drivers/acpi/button",
    "drivers/cdrom/cdrom",
    "fs/isofs/isofs",
)
"""In the order in which they are loaded."""
DRIVE = (
    "drivers/scsi/scsi_common",
    "drivers/scsi/scsi_mod",
    "drivers/ata/libata",
    "drivers/ata/ata_piix",
    "drivers/scsi/sr_mod",
)
"""For a CD-ROM drive of IDE; loaded where one is looked for, as probing it takes a while."""
_BOOT = "default guest\nlabel guest\n kernel kernel\n append initrd=initrd console=ttyS0 quiet panic=0\n"


def build(
    image: Path, *, init: str = "init", modules: Sequence[str] = MODULES, tree: Path | None = None
) -> None:
    """Make the image; an old one is replaced whole.

    Args:
        image: the file.
        init: which script here is the first program.
        modules: of the kernel, in the order in which they are loaded.
        tree: what stands in the folder `root` of the disc; None: there is none.

    Raises:
        OSError: something it takes is not to be had.
    """
    with tempfile.TemporaryDirectory(prefix="vacnet-guest-") as held:
        root, disc = Path(held) / "root", Path(held) / "disc"
        disc.mkdir()
        _unpack_kernel(root)
        (kernel,) = (root / "boot").glob("vmlinuz-*")
        (kernels,) = (root / "lib" / "modules").glob("*/kernel")
        shutil.copy(kernel, disc / "kernel")
        (disc / "initrd").write_bytes(initramfs(kernels, init, modules))
        (disc / "isolinux.cfg").write_text(_BOOT)
        for part in (_LOADER, _LOADER_PART):
            shutil.copy(part, disc)
        made = Path(held) / "guest.iso"
        grafted = ["-graft-points", f"root/={tree}"] if tree else []
        _run(["genisoimage", "-quiet", "-o", str(made), *_BOOTABLE, *grafted, str(disc)])
        _run(["isohybrid", str(made)])
        shutil.copy(made, image.with_suffix(".new"))
        image.with_suffix(".new").replace(image)


_BOOTABLE = (
    *("-b", "isolinux.bin", "-c", "boot.cat"),
    *("-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-rational-rock"),
)


def initramfs(kernels: Path, init: str = "init", modules: Sequence[str] = MODULES) -> bytes:
    """Return the guest's first file system; `kernels` is the folder of a kernel's modules."""
    made = Archive()
    for folder in ("bin", "dev", "proc", "sys", "tmp", "modules"):
        made.folder(folder)
    made.device("dev/console", 5, 1)
    made.file("bin/busybox", _BUSYBOX.read_bytes(), 0o755)
    for name in (*modules, *DRIVE):
        file = kernels / f"{name}.ko"
        made.file(f"modules/{file.name}", file.read_bytes())
    for order, names in {"order": modules, "drive": DRIVE}.items():
        made.file(f"modules/{order}", "".join(f"{Path(name).name}.ko\n" for name in names).encode())
    made.file("init", (_HERE / f"{init}.sh").read_bytes(), 0o755)
    for name in ("dhcp", "drive", "get", "put"):
        made.file(f"bin/{name}", (_HERE / f"{name}.sh").read_bytes(), 0o755)
    return made.packed()


def _unpack_kernel(root: Path) -> None:
    """Get the kernel's package and take it apart, installing nothing."""
    told = _run(["apt-cache", "depends", KERNEL])
    name = next(word for word in told.split() if word.startswith("linux-image-") and word != KERNEL)
    with tempfile.TemporaryDirectory(prefix="vacnet-kernel-") as held:
        _run(["apt-get", "-qq", "download", name], held)
        (package,) = Path(held).glob("*.deb")
        _run(["dpkg-deb", "--extract", str(package), str(root)])


def _run(command: Sequence[str], directory: str | None = None) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    return done.stdout


if __name__ == "__main__":
    build(Path(sys.argv[1]))
