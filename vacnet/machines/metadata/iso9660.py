"""A CD-ROM's file system with a few small files in its root: enough for a seed disk, without another program.

Rules of this file: pure, files in and bytes out; equal files make equal bytes, so nothing tells a time. Names
stand twice, as ISO 9660 writes them (eight capitals and digits) and as Joliet does, in UCS-2, which is what
systems of today show. One directory of one sector, so few files.

::

    sector 16  primary descriptor        19, 20  path tables        23  root directory
           17  Joliet's descriptor       21, 22  Joliet's           24  Joliet's
           18  end of descriptors                                   25  files, one after the other

Sources: ECMA-119 (ISO 9660) sections 7 to 9; Microsoft, "Joliet Specification".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECTOR_BYTES = 2048
FILES_MAX = 8
_FIRST_DESCRIPTOR = 16
_END_DESCRIPTOR = 18
_FIRST_FILE = 25
_PATH_TABLE_BYTES = 10
_DIRECTORY = 2
_NO_DATE = b"0" * 16 + b"\0"
_UCS2_LEVEL_3 = b"%/E"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file, by both its names, and where it is."""

    plain: bytes
    joliet: bytes
    sector: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Volume:
    """One of the two views of the same files."""

    kind: int
    label: bytes
    filler: bytes
    escape: bytes
    tables: int
    root: int


_PLAIN = _Volume(kind=1, label=b"", filler=b" ", escape=b"", tables=19, root=23)
_JOLIET = _Volume(kind=2, label=b"", filler=b"\0 ", escape=_UCS2_LEVEL_3, tables=21, root=24)


def image(label: str, files: Mapping[str, bytes]) -> bytes:
    """Return a file system.

    Args:
        label: of the volume, ASCII, at most 16 characters.
        files: at most `FILES_MAX`, by name; the first eight letters and digits of names have to differ.
    """
    if len(files) > FILES_MAX:
        raise ValueError(f"{len(files)} files, and {FILES_MAX} have room")
    entries = _entries(files)
    body = b"".join(_padded(entry.body) for entry in entries)
    sectors = _FIRST_FILE + len(body) // SECTOR_BYTES
    head = [
        bytes(_FIRST_DESCRIPTOR * SECTOR_BYTES),
        _descriptor(_PLAIN, label.encode("ascii"), sectors),
        _descriptor(_JOLIET, label.encode("utf-16-be"), sectors),
        _padded(b"\xffCD001\x01"),
        *_path_tables(_PLAIN),
        *_path_tables(_JOLIET),
        _directory(_PLAIN, [(entry.plain, entry) for entry in entries]),
        _directory(_JOLIET, [(entry.joliet, entry) for entry in entries]),
    ]
    return b"".join(head) + body


def _entries(files: Mapping[str, bytes]) -> list[_Entry]:
    entries, sector = [], _FIRST_FILE
    for name in sorted(files):
        plain = "".join(letter for letter in name.upper() if letter.isalnum())[:8].encode("ascii")
        entries.append(_Entry(plain + b".;1", f"{name};1".encode("utf-16-be"), sector, files[name]))
        sector += len(_padded(files[name])) // SECTOR_BYTES
    return entries


def _descriptor(volume: _Volume, label: bytes, sectors: int) -> bytes:
    def text(length: int, value: bytes = b"") -> bytes:
        return (value + volume.filler * length)[:length]

    parts = [
        bytes([volume.kind]) + b"CD001\x01\x00",
        text(32) + text(32, label) + bytes(8),
        _both32(sectors) + volume.escape.ljust(32, b"\0"),
        _both16(1) + _both16(1) + _both16(SECTOR_BYTES) + _both32(_PATH_TABLE_BYTES),
        struct.pack("<II", volume.tables, 0) + struct.pack(">II", volume.tables + 1, 0),
        _record(b"\0", volume.root, SECTOR_BYTES, _DIRECTORY),
        text(128) * 4 + text(37) * 3 + _NO_DATE * 4 + b"\x01",
    ]
    return _padded(b"".join(parts))


def _path_tables(volume: _Volume) -> list[bytes]:
    """Return the table with the root alone, for both kinds of machines."""
    return [_padded(struct.pack(order + "BBIHBB", 1, 0, volume.root, 1, 0, 0)) for order in "<>"]


def _directory(volume: _Volume, names: Sequence[tuple[bytes, _Entry]]) -> bytes:
    itself = [_record(name, volume.root, SECTOR_BYTES, _DIRECTORY) for name in (b"\0", b"\x01")]
    files = [_record(name, entry.sector, len(entry.body), 0) for name, entry in sorted(names, key=_name)]
    return _padded(b"".join((*itself, *files)))


def _name(named: tuple[bytes, _Entry]) -> bytes:
    return named[0]


def _record(name: bytes, sector: int, length: int, flags: int) -> bytes:
    no_date = bytes(7)
    tail = bytes([flags, 0, 0]) + _both16(1) + bytes([len(name)]) + name
    record = b"\0" + _both32(sector) + _both32(length) + no_date + tail
    padding = b"" if len(record) % 2 else b"\0"
    return bytes([len(record) + len(padding) + 1]) + record + padding


def _both16(number: int) -> bytes:
    return struct.pack("<H", number) + struct.pack(">H", number)


def _both32(number: int) -> bytes:
    return struct.pack("<I", number) + struct.pack(">I", number)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % SECTOR_BYTES)
