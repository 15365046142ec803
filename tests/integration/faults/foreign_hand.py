"""What somebody does who knows nothing of vacnet: kills a machine and removes its directory.

The directory goes first, by one rename, so that no look at the engine ever shows the machine's end.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL

import msgspec


def remove(directory: Path) -> None:
    """Take a machine's directory away and kill its keeper and its payload."""
    keeper = msgspec.json.decode((directory / "engine" / "keeper.json").read_bytes())
    directory.rename(directory.parent.parent / f"taken-{directory.name}")
    with suppress(ProcessLookupError):
        os.kill(keeper["pid"], SIGKILL)
        os.killpg(keeper["payload_pid"], SIGKILL)
