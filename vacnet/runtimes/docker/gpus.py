"""Which GPUs a machine gets: whole ones, for itself alone, told by their numbers.

Rules of this file: an engine given a mere count hands the first GPUs to everybody, so each machine is given
numbers that no living container of any factory on this engine bears in its labels. Numbers are those of the
NVIDIA driver, the only one that engines take device requests for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vacnet.machines.runtime import NotNowError

PRESENT = Path("/proc/driver/nvidia/gpus")
"""One folder for each GPU, made by the driver."""


def present(folder: Path = PRESENT) -> int:
    """Return how many GPUs this host has."""
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def choose(wanted: int, there: int, taken: Iterable[str]) -> tuple[str, ...]:
    """Return the lowest numbers that are free.

    Args:
        wanted: How many.
        there: How many the host has.
        taken: The labels of those that have some, numbers joined by commas.

    Raises:
        NotNowError: there are not as many.
    """
    used = {number for label in taken for number in label.split(",")}
    free = [str(number) for number in range(there) if str(number) not in used]
    if len(free) < wanted:
        raise NotNowError(
            f"gpus is {wanted}, and {len(free)} of the {there} GPUs in {PRESENT} are free: another machine "
            "has to end first, or the target is for factories with more"
        )
    return tuple(free[:wanted])
