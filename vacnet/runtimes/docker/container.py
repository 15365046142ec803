"""One container of ours, as an engine shows it when it is inspected.

Rules of this file: pure, from the engine's JSON to a value. Nothing is believed of its form: labels come from
images too, and Podman leaves out what Docker has. A machine's id becomes part of a path, so one that has not
the form of an id makes a container a stranger.

Source: Docker Engine API 1.41, "Inspect a container".
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from vacnet.machines.names import parse_machine_id
from vacnet.machines.spec import LABEL_PREFIX
from vacnet.runtimes.docker.creation import DISK_LABEL

MACHINE_LABEL = LABEL_PREFIX + "machine"
FACTORY_LABEL = LABEL_PREFIX + "factory"

_RUNNING = frozenset({"running", "paused", "restarting", "stopping"})
"""The last is Podman's."""
_NO_TIME = "0001-"
"""Go's zero time: it has not happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What is known of it."""

    id: str
    machine_id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    status: str
    """created, running, paused, restarting, removing, exited or dead."""
    pid: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    started_wall: float | None = None
    ended_wall: float | None = None
    memory_limit_bytes: int = 0
    stop_signal: str = "SIGTERM"
    log_path: str = ""
    disk_bytes: int = 0
    """What it may have; 0: not limited."""
    held_by_engine: bool = False
    """The engine holds its writable layer to that."""
    layers: tuple[Path, ...] = ()
    """Where on this host its writable layer and its volumes are."""

    @property
    def running(self) -> bool:
        """Tell whether it has processes."""
        return self.status in _RUNNING

    @property
    def never_ran(self) -> bool:
        """Tell whether it was created and not started; since then it may be on its way out."""
        unstarted = self.started_wall is None and not self.running
        return self.status == "created" or unstarted


def machine_of(labels: Mapping[str, str] | None, factory: str) -> str:
    """Return the machine that a container with these labels is of; empty when it is not this factory's."""
    if not labels or labels.get(FACTORY_LABEL) != factory:
        return ""
    machine_id = labels.get(MACHINE_LABEL, "")
    return machine_id if parse_machine_id(machine_id) is not None else ""


def container_of(shown: Mapping[str, Any], machine_id: str) -> Container:
    """Return the container of a machine from what an engine shows of it."""
    state, host = _table(shown, "State"), _table(shown, "HostConfig")
    config, labels = _table(shown, "Config"), _table(_table(shown, "Config"), "Labels")
    return Container(
        id=str(shown["Id"]),
        machine_id=machine_id,
        labels={str(name): str(labels[name]) for name in labels},
        status=str(state.get("Status", "")).lower(),
        pid=_whole(state.get("Pid")),
        exit_code=_whole(state.get("ExitCode")),
        oom_killed=bool(state.get("OOMKilled")),
        started_wall=unix_seconds(state.get("StartedAt")),
        ended_wall=unix_seconds(state.get("FinishedAt")),
        memory_limit_bytes=_whole(host.get("Memory")),
        stop_signal=str(config.get("StopSignal") or "SIGTERM"),
        log_path=str(shown.get("LogPath") or ""),
        disk_bytes=_whole(labels.get(DISK_LABEL)),
        held_by_engine=bool(host.get("StorageOpt")),
        layers=tuple(_layers(shown)),
    )


def unix_seconds(text: object) -> float | None:
    """Return an engine's time as Unix seconds; None when there is none."""
    if not isinstance(text, str) or not text or text.startswith(_NO_TIME):
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(text).timestamp()
    return None


def _layers(shown: Mapping[str, Any]) -> list[Path]:
    upper = _table(_table(shown, "GraphDriver"), "Data").get("UpperDir")
    volumes = [one.get("Source") for one in shown.get("Mounts") or () if one.get("Type") == "volume"]
    return [Path(path) for path in (upper, *volumes) if path]


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}


def _whole(value: object) -> int:
    with suppress(TypeError, ValueError):
        return int(str(value))
    return 0
