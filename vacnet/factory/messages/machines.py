"""What machines a factory has and had."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.schema import SCHEMA


class MachineState(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of this factory."""

    name: str
    id: str
    uuid: str
    factory: str
    target: str
    state: str
    """`created`, `starting`, `running`, `stopping` or `ended`."""
    processors: int
    memory_bytes: int
    kind: str
    """`VM`, `DC`, `SC` or `PR`."""
    created: float
    started: float | None
    ended: float | None
    hours: float
    cpu_seconds: float
    cpu_efficiency: float | None
    """CPU seconds by wall seconds and processors over its life, 1.0 is all of them."""
    cpu_efficiency_recent: float | None
    """The same over the last minutes."""
    deadline: float
    proven: bool
    ticket: int
    outcome: str
    message: str
    by_vacnet: bool
    directory: str


class Machines(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/machines?ended=N`: unfinished ones, then the N last ended.

    `GET /v1/factories/{name}/machines?ended=N` is the same of another factory, asked over the network.
    """

    schema: int = SCHEMA
    factory: str
    """Whose machines they are."""
    time: float
    machines: tuple[MachineState, ...]
    asked_by: str = ""
    """The factory that asked another for this; empty: it is of the factory that answers."""
    age_seconds: float = 0.0
    """Nothing of it was older than this when it was given: how long the asking took."""
