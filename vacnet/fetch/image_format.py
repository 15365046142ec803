"""What an image of a virtual machine is, by its bytes: never by its name or by what a server calls it.

Rules of this file: tables of signs, the first that fits stands. A qcow2 image that refers to other files (a
backing file, an external data file) is refused, also one of this host, which may be an experiment's below
``/cvmfs``: whoever publishes it would choose which file of this host a machine reads. What is no disk at all
is told by what it seems to be, for most often it is a page of HTML with an error on it, or a disk that is
still packed.

Sources: QEMU docs/interop/qcow2.txt; ECMA-119 section 8 (ISO 9660); UEFI section 5 (GPT and MBR); ext4's
super block.
"""

from __future__ import annotations

import struct
from pathlib import Path

from vacnet.fetch.bounded import open_ordinary
from vacnet.fetch.fetched import UnavailableError
from vacnet.machines.images import Format

LOOKED_AT_BYTES = 36 << 10
"""The last sign, that of a CD-ROM, stands behind 32 KiB."""

SIGNS: tuple[tuple[int, bytes, Format], ...] = (
    (0, b"QFI\xfb", Format.QCOW2),
    (32769, b"CD001", Format.ISO),
    (512, b"EFI PART", Format.RAW),
    (510, b"\x55\xaa", Format.RAW),
    (1080, b"\x53\xef", Format.RAW),
)
"""Offset, bytes there, what it is. A CD-ROM that boots from a stick too has a boot sector, so it is first."""

PACKED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
)
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"KDMV", "a VMDK disk"),
    (b"vhdxfile", "a VHDX disk"),
    (b"<<<", "a VDI disk"),
    (b"<", "a page of HTML or XML"),
    (b"{", "JSON"),
)

_BACKING = struct.Struct(">8xQ")
_VERSION = struct.Struct(">4xI")
_FEATURES = struct.Struct(">72xQ")
_EXTERNAL_DATA = 1 << 2
_QCOW2_HEAD_BYTES = 80
_WITH_FEATURES = 3


def look(path: Path) -> Format:
    """Return what the image in a file is. Blocks for one reading of 36 KiB.

    Raises:
        UnavailableError: it cannot be read, or is none, in words for an admin.
    """
    try:
        with open_ordinary(path) as file:
            head = file.read(LOOKED_AT_BYTES)
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error.strerror}") from None
    found = next((kind for at, sign, kind in SIGNS if head[at : at + len(sign)] == sign), None)
    if found is None:
        raise UnavailableError(f"it is no image of a disk: {_seems(head)}")
    if found is Format.QCOW2:
        _refuse_references(head)
    return found


def _seems(head: bytes) -> str:
    for sign, packer in PACKED:
        if head.startswith(sign):
            return f"it is packed by {packer}; publish it unpacked"
    begin = head.lstrip()
    words = next((words for sign, words in FOREIGN if begin.startswith(sign)), "")
    expected = "expected qcow2, an ISO or a raw disk with a boot sector"
    return f"it is {words}; {expected}" if words else f"{len(head)} bytes looked at; {expected}"


def _refuse_references(head: bytes) -> None:
    if len(head) < _QCOW2_HEAD_BYTES:
        raise UnavailableError("it is a qcow2 image that is cut short in its header")
    (version,), (backing,), (features,) = (form.unpack_from(head) for form in (_VERSION, _BACKING, _FEATURES))
    if backing or (version >= _WITH_FEATURES and features & _EXTERNAL_DATA):
        raise UnavailableError(
            "it is a qcow2 image that refers to another file, which is never followed: "
            "publish it whole (qemu-img convert -O qcow2)"
        )
