"""Whether a BIOS can boot an image, as far as its first bytes tell; how large its disk is.

Rules of this file: it reads a few bytes and guesses nothing. What is wrong with an image is said before a
machine stands in front of "no bootable device" for a day.

Sources: El Torito CD-ROM specification 1.0 (boot record in sector 17), ECMA-119 (volume at sector 16), the
boot signature of a PC's first sector.
"""

from __future__ import annotations

from pathlib import Path

from vacnet.machines.images import Format, HeldImage
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt.qcow2 import HEADER_BYTES, FormatError, read_header

SECTOR = 512
CD_SECTOR = 2048
_SIGNATURE_AT = 510
_SIGNATURE = b"\x55\xaa"
_VOLUME_AT, _VOLUME = 16 * CD_SECTOR + 1, b"CD001"
_BOOT_RECORD_AT, _BOOT_RECORD = 17 * CD_SECTOR + 7, b"EL TORITO SPECIFICATION"


def disk_bytes(image: HeldImage, *, from_cd: bool) -> int:
    """Return the size of the disk that an image makes, a multiple of a sector.

    Args:
        image: what is to be booted.
        from_cd: the machine has it as a CD-ROM.

    Raises:
        NotNowError: nothing boots from it, with what to do.
    """
    try:
        with image.path.open("rb") as file:
            size = _checked(file.read(_BOOT_RECORD_AT + len(_BOOT_RECORD)), image, from_cd=from_cd)
    except FormatError as error:
        raise NotNowError(f"image {image.path} {error}") from error
    except OSError as error:
        raise NotNowError(f"image {image.path} cannot be read: {error.strerror}") from error
    return -(-size // SECTOR) * SECTOR


def _checked(start: bytes, image: HeldImage, *, from_cd: bool) -> int:
    if from_cd:
        _check_cd(start)
    elif image.format is Format.QCOW2:
        return read_header(start[:HEADER_BYTES]).size_bytes
    elif start[_SIGNATURE_AT : _SIGNATURE_AT + 2] != _SIGNATURE:
        raise FormatError(
            "is no disk that boots: a raw image has a boot sector, a compressed one has to be unpacked, and "
            "others are converted (qemu-img convert -O qcow2)"
        )
    return _size(image.path)


def _check_cd(start: bytes) -> None:
    if start[_VOLUME_AT : _VOLUME_AT + len(_VOLUME)] != _VOLUME:
        raise FormatError(
            "is no CD-ROM image (ISO 9660), and machine_model cernvm3 and cernvm4 boot from one: set "
            "machine_model to vm or vm-raw for a disk"
        )
    if not start[_BOOT_RECORD_AT:].startswith(_BOOT_RECORD):
        raise FormatError("is a CD-ROM that nothing boots from (no El Torito record)")


def _size(path: Path) -> int:
    return path.stat().st_size
