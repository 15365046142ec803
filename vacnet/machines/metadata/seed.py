"""NoCloud's files on a disk of their own, for a machine that cannot ask for them over HTTP.

Rules of this file: the files are those of the service, byte for byte, as they are when the disk is made;
what changes later (a deadline) is not on it. cloud-init finds the disk by its label. It holds user_data, so
it is for the machine's user alone.

Source: cloud-init, "NoCloud": an ISO 9660 or vfat volume labelled ``cidata``.
"""

from __future__ import annotations

from pathlib import Path

from vacnet.machines.directory import write_whole
from vacnet.machines.metadata.iso9660 import image
from vacnet.machines.metadata.nocloud import FILES
from vacnet.machines.metadata.pages import Told

LABEL = "cidata"
SEED = "seed.iso"
"""Name of the disk in a machine's directory."""
_SECRET = 0o600


def write_seed(path: Path, told: Told) -> None:
    """Write the seed disk of a machine, whole or not. Blocks.

    Raises:
        OSError: the disk is full or sick.
    """
    write_whole(path, image(LABEL, {name: page(told).body for name, page in FILES.items()}), _SECRET)
