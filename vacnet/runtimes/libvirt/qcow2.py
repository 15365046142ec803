"""QCOW2 headers: reading what an image says of itself, and writing an empty overlay over another image.

Rules of this file: pure, bytes in and bytes out. An overlay is four clusters that say "all is in the file
beneath me"; writing them is less than starting a program that does. An image from outside that refers to
other files (a backing file, an external data file) could make the host's files its disk, and is refused.

Source: QEMU, docs/interop/qcow2.txt, version 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"QFI\xfb"
HEADER_BYTES = 104
_HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_FIELDS_OF_VERSION_2 = struct.Struct(">4sIQIIQI")
_VERSIONS = (2, 3)
_INCOMPATIBLE_AT = 72
_EXTERNAL_DATA = 1 << 2
_BACKING_FORMAT = 0xE2792ACA

CLUSTER_BITS = 16
CLUSTER = 1 << CLUSTER_BITS
_ENTRY = 8
_BYTES_OF_L1_ENTRY = CLUSTER // _ENTRY * CLUSTER
"""Guest bytes that one entry of the first table leads to: 512 MiB."""
_REFCOUNT_ORDER = 4
"""Two bytes for each cluster."""
_CLUSTERS = 4
"""Header, table of reference counts, their first block, first table of the disk."""
SIZE_MAX = CLUSTER // _ENTRY * _BYTES_OF_L1_ENTRY
"""What one cluster of the first table leads to: 4 PiB."""


class FormatError(Exception):
    """What these bytes are that no machine is started from, in words for an admin."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an image says of itself."""

    size_bytes: int
    """Of the disk that its guest sees."""


def read_header(start: bytes) -> Header:
    """Return what the first bytes of a QCOW2 image say.

    Raises:
        FormatError: it is none that a machine may have.
    """
    if len(start) < HEADER_BYTES or start[:4] != MAGIC:
        raise FormatError("is no QCOW2 image")
    _, version, backing_at, _, _, size, encrypted = _FIELDS_OF_VERSION_2.unpack_from(start)
    if version not in _VERSIONS:
        raise FormatError(f"is a QCOW2 image of version {version}: convert it (qemu-img convert -O qcow2)")
    if backing_at:
        raise FormatError("needs another file beneath it: make it whole (qemu-img convert -O qcow2)")
    if encrypted:
        raise FormatError("is encrypted: give it plain")
    (incompatible,) = struct.unpack_from(">Q", start, _INCOMPATIBLE_AT) if version > _VERSIONS[0] else (0,)
    if incompatible & _EXTERNAL_DATA:
        raise FormatError("has its data in another file: make it whole (qemu-img convert -O qcow2)")
    return Header(size)


def overlay(beneath: str, beneath_format: str, size_bytes: int) -> bytes:
    """Return an empty image over the file `beneath`.

    Args:
        beneath: its path.
        beneath_format: `qcow2` or `raw`.
        size_bytes: of the disk that the guest sees, a multiple of 512.

    Raises:
        ValueError: the path is longer, or the disk larger, than the format takes.
    """
    path, name = beneath.encode(), beneath_format.encode()
    extensions = struct.pack(">II", _BACKING_FORMAT, len(name)) + name.ljust(8, b"\0") + bytes(8)
    path_at = HEADER_BYTES + len(extensions)
    if len(path) > 1023 or size_bytes > SIZE_MAX:  # noqa: PLR2004 (the format's own bound)
        raise ValueError(f"{beneath}: longer than 1023 bytes, or {size_bytes} is more than {SIZE_MAX}")
    header = _HEADER.pack(
        *(MAGIC, 3, path_at, len(path), CLUSTER_BITS, size_bytes, 0),
        *(-(-size_bytes // _BYTES_OF_L1_ENTRY), 3 * CLUSTER),  # the disk's first table
        *(CLUSTER, 1, 0, 0),  # table of reference counts; no snapshots
        *(0, 0, 0, _REFCOUNT_ORDER, HEADER_BYTES),  # no features
    )
    first = (header + extensions + path).ljust(CLUSTER, b"\0")
    table = struct.pack(">Q", 2 * CLUSTER).ljust(CLUSTER, b"\0")
    block = struct.pack(f">{_CLUSTERS}H", *[1] * _CLUSTERS).ljust(CLUSTER, b"\0")
    return first + table + block + bytes(CLUSTER)
