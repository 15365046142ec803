"""An initramfs as bytes: a cpio archive in the form that the kernel takes, made without cpio and root.

Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
"""

from __future__ import annotations

import gzip
import stat

_MAGIC = "070701"
_END = "TRAILER!!!"


class Archive:
    """Files in the order in which they are added."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held = bytearray()
        self._count = 0

    def folder(self, name: str) -> None:
        """Add a folder."""
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Add a file."""
        self._add(name, stat.S_IFREG | mode, data)

    def link(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name: str, major: int, minor: int) -> None:
        """Add a character device: it needs no right to make one."""
        self._add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def packed(self) -> bytes:
        """Return the whole, compressed."""
        self._add(_END, 0)
        return gzip.compress(bytes(self._held), 6, mtime=0)

    def _add(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._count += 1
        path = name.encode() + b"\0"
        numbers = (self._count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        header = _MAGIC + "".join(f"{number:08x}" for number in numbers)
        self._held += header.encode() + path
        self._fill()
        self._held += data
        self._fill()

    def _fill(self) -> None:
        self._held += bytes(-len(self._held) % 4)
