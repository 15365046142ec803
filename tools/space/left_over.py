"""What is left of a space that should be gone: processes that were started for something in a directory.

Rules of this file: it only looks. Whoever ends processes knows them by number and start time (`member`,
the process runtime); this finds those that were forgotten, so that a test can fail.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TOLD_IN = ("cmdline", "environ")


def processes_that_mention(mark: Path | str) -> list[int]:
    """Return processes with a directory, or another mark, in their command line or environment."""
    marker = str(mark).encode()
    numbers = (entry.name for entry in PROC.iterdir() if entry.name.isdigit())
    return [int(number) for number in numbers if marker in _told(PROC / number)]


def _told(process: Path) -> bytes:
    told = b""
    for name in TOLD_IN:
        with suppress(OSError):
            told += (process / name).read_bytes()
    return told
