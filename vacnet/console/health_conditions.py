"""What can be the matter with a factory, and how bad that is for a monitor unless its admin says otherwise.

Rules of this file: one table, and `docs/health.md` has it for admins; a test holds the two together.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Status(enum.IntEnum):
    """How it is; the number is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """A condition of a factory."""

    status: Status
    meaning: str


TROUBLES: Mapping[str, Trouble] = {
    "restricted": Trouble(Status.CRITICAL, "settings or keys are bad: what runs goes on, nothing starts"),
    "record": Trouble(Status.CRITICAL, "the record cannot be written: no machine is created"),
    "conflict": Trouble(Status.CRITICAL, "two factories of one name run"),
    "isolated": Trouble(Status.CRITICAL, "no peer is heard"),
    "draining": Trouble(Status.WARNING, "somebody drains it, or its settings do"),
    "deadline": Trouble(Status.WARNING, "the host's deadline has passed"),
    "settling": Trouble(Status.OK, "it learns the space, after a start or a stall"),
    "overload": Trouble(Status.WARNING, "the load is over `overload_per_processor`"),
    "memory": Trouble(Status.WARNING, "less memory is free than `memory_free_min`"),
    "disk": Trouble(Status.WARNING, "less disk is free than `disk_free_min`"),
    "engine": Trouble(Status.WARNING, "an engine that targets need is not there or does not answer"),
    "black-hole": Trouble(Status.WARNING, "a target fails here and not elsewhere"),
    "not-made": Trouble(
        Status.WARNING, "for more than a minute no machine of a target could be made: its image or user_data"
    ),
    "wrong-key": Trouble(Status.WARNING, "datagrams come that no key here opens"),
    "namesakes": Trouble(Status.WARNING, "two other factories of the space bear one name"),
    "settings": Trouble(Status.WARNING, "an edit was refused or waits for a restart"),
    "keys": Trouble(Status.WARNING, "the key file is bad (the last good keys stand), or all may read it"),
    "peers": Trouble(Status.WARNING, "a peer is not found, or the file is bad"),
    "pipes": Trouble(Status.WARNING, "a pipe, or an entry of one, is refused"),
    "targets": Trouble(Status.WARNING, "there are more targets than are taken"),
    "metrics": Trouble(Status.WARNING, "nobody can read the metrics"),
    "override": Trouble(Status.OK, "an override is in force until the next reboot"),
}
"""By the names that `messages.Condition` has; what is not here is a warning."""


def severities() -> dict[str, Status]:
    """Return how bad each condition is by itself."""
    return {name: trouble.status for name, trouble in TROUBLES.items()}
