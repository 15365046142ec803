"""NoCloud's files on a disk of their own, for a machine that cannot ask for them over HTTP.

Rules of this file: the files are those of the service, byte for byte, as they are when the disk is made;
what changes later (a deadline) is not on it. cloud-init finds the disk by its label. It holds user_data, so
it is for the machine's user alone.

Source: cloud-init, "NoCloud": an ISO 9660 or vfat volume labelled ``cidata``.
"""

from __future__ import annotations

from vacnet.machines.metadata.iso9660 import image
from vacnet.machines.metadata.nocloud import FILES
from vacnet.machines.metadata.pages import Told

LABEL = "cidata"


def seed_disk(told: Told) -> bytes:
    """Return the seed disk of a machine. Blocks: what is told is read."""
    return image(LABEL, {name: page(told).body for name, page in FILES.items()})
