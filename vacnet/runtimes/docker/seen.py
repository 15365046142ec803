"""From a container to what `Runtime.seen` says of a machine, with the truth about how it ended.

Rules of this file: pure. An exit code alone tells little: 137 is what the kernel's killing for memory, a
`docker kill` by hand and an engine's restart all leave. So:

- *Out of memory* needs the engine's or the cgroup's word, and an exit code other than 0: a payload that
  outlived the killing of one of its processes and then ended well did not end for its memory.
- *Lost* is a container that neither it nor we ended. One started before this boot ended with the host.
  One that ended before the engine started last ended with the engine before, if it ended by a signal (137,
  143), in a way nobody knows (255), or within a minute of the start, in which the old engine ends its
  containers gracefully. One that ended soon after somebody else's signal was ended by a foreign hand.
- A container that was created and never started was cut off by the end of a factory.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, replace
from typing import Any

from vacnet.machines.machine import NEVER_STARTED, REBOOTED
from vacnet.machines.runtime import Seen, Usage
from vacnet.runtimes.docker.container import Container

FOREIGN_HAND = "ended by a foreign hand"
ENGINE_RESTARTED = "engine restarted"

ENDED_BY_ENGINE = frozenset({137, 143, 255})
SHUTDOWN_SECONDS = 60.0
"""An engine gives its containers 15 s, and starting again takes it some more."""
SIGNALS_FROM = 128
"""Exit codes above are signals', by the custom of shells."""
KILLED = SIGNALS_FROM + signal.SIGKILL
FILE_TOO_LARGE = SIGNALS_FROM + signal.SIGXFSZ
"""A single file was larger than the machine's whole disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the cgroups of a container said last."""

    usage: Usage = field(default_factory=Usage)
    memory_peak_bytes: int = 0
    oom_kills: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a container beside what the engine shows."""

    sample: Sample = field(default_factory=Sample)
    oom_told: bool = False
    """The engine told of a process killed for memory."""
    over_disk: bool = False
    """It was ended for it, or had failed by itself with a full one."""
    foreign_signal_wall: float | None = None
    """When somebody else last sent it a signal to end."""
    engine_started_wall: float | None = None
    boot_wall: float = 0.0


def describe(container: Container, known: Known) -> Seen:
    """Return a machine as its container and all else show it."""
    ending = {} if container.running else _ending(container, known)
    return Seen(
        machine_id=container.machine_id,
        labels=container.labels,
        reference=container.id,
        running=container.running,
        began=not container.never_ran,
        started_wall=container.started_wall,
        memory_limit_bytes=container.memory_limit_bytes,
        **ending,
    )


def _ending(container: Container, known: Known) -> dict[str, Any]:
    out_of_memory, over_disk = _out_of_memory(container, known), _over_disk(container, known)
    used = max(container.memory_limit_bytes, known.sample.memory_peak_bytes)
    return {
        "ended_wall": container.ended_wall,
        "exit_code": None if container.never_ran else container.exit_code,
        "out_of_memory": out_of_memory,
        "memory_used_bytes": used if out_of_memory else 0,
        "over_disk": over_disk,
        "lost": "" if out_of_memory or over_disk else _lost(container, known),
        "usage": known.sample.usage,
    }


def still_running(container: Container, known: Known) -> Seen:
    """Return an ended machine as one that runs, for as long as its end is not to be told."""
    return describe(replace(container, status="running"), known)


def unexplained_kill(container: Container, known: Known) -> bool:
    """Tell whether it was killed, it may have been for its memory, and nobody has said why."""
    killed = not container.running and not container.never_ran and container.exit_code == KILLED
    explained = _out_of_memory(container, known) or _over_disk(container, known) or _lost(container, known)
    return killed and container.memory_limit_bytes > 0 and not explained


def failed_by_itself(container: Container) -> bool:
    """Tell whether it ran and ended with an exit code of its own that is no success."""
    return not container.never_ran and 0 < container.exit_code < SIGNALS_FROM


def _over_disk(container: Container, known: Known) -> bool:
    cut_off = container.disk_bytes > 0 and container.exit_code == FILE_TOO_LARGE
    return known.over_disk or cut_off


def _out_of_memory(container: Container, known: Known) -> bool:
    told = container.oom_killed or known.oom_told or known.sample.oom_kills > 0
    return told and not container.never_ran and container.exit_code != 0


def _lost(container: Container, known: Known) -> str:
    """Return why it ended when neither it nor we ended it; the first that applies."""
    if container.never_ran:
        return NEVER_STARTED
    if container.started_wall is not None and container.started_wall < known.boot_wall:
        return REBOOTED
    if _ended_with_engine(container, known.engine_started_wall):
        return ENGINE_RESTARTED
    return FOREIGN_HAND if _ended_by_hand(container, known.foreign_signal_wall) else ""


def _ended_by_hand(container: Container, signalled_wall: float | None) -> bool:
    if signalled_wall is None or container.ended_wall is None:
        return False
    return container.ended_wall - signalled_wall <= SHUTDOWN_SECONDS


def _ended_with_engine(container: Container, engine_started_wall: float | None) -> bool:
    if engine_started_wall is None or (container.started_wall or 0.0) > engine_started_wall:
        return False
    ended = engine_started_wall if container.ended_wall is None else container.ended_wall
    by_signal = container.exit_code in ENDED_BY_ENGINE
    return ended <= engine_started_wall and (by_signal or engine_started_wall - ended <= SHUTDOWN_SECONDS)
