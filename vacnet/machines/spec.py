"""What a machine is to be: everything a runtime needs to start it and we need to find it again.

Rules of this file: values only; a `Spec` is written to the record before anything of it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vacnet.targets.model import Target

LABEL_PREFIX = "vacnet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One machine, from before its creation."""

    id: str
    """``<created>_<target>_<NN>``: names its directory too."""
    uuid: str
    name: str
    """Host name, ``<host>-NN.<domain>``."""
    number: int
    """NN: the lowest that no unfinished machine of this factory has."""
    factory: str
    space: str
    target: Target
    processors: int
    memory_bytes: int
    disk_bytes: int
    """0: not limited."""
    directory: Path
    created_wall: int
    """Unix seconds."""
    deadline_at: float
    """CLOCK_BOOTTIME seconds of the boot it was created in."""
    deadline_wall: int
    """The same for display and for Machine/Job Features."""
    ticket_number: int
    window_number: int
    window_opener: str

    def labels(self) -> dict[str, str]:
        """Return what an engine object of ours bears, from which it can be adopted without a record."""
        values: dict[str, object] = {
            "machine": self.id,
            "uuid": self.uuid,
            "name": self.name,
            "target": self.target.name,
            "factory": self.factory,
            "space": self.space,
            "created": self.created_wall,
            "deadline": self.deadline_wall,
            "processors": self.processors,
            "ticket": f"{self.window_number}:{self.ticket_number}:{self.window_opener}",
        }
        return {LABEL_PREFIX + key: str(value) for key, value in values.items()}
