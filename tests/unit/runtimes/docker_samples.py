"""Specs and containers for tests of what needs no engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vacnet.machines.spec import Spec
from vacnet.runtimes.docker.container import Container
from vacnet.targets.model import Model, Target

MIB = 1 << 20


def spec_in(
    directory: Path, *, disk_bytes: int = 0, processors: int = 2, name: str = "", **target: Any
) -> Spec:
    """Return a machine with its directory as the factory prepares it."""
    for folder in ("machinefeatures", "jobfeatures", "joboutputs"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    (directory / "user_data").write_text("#!/bin/sh\necho secret-of-the-experiment\n")
    options = {"root_image": "docker://example.org/pilot:v1", "machine_model": Model.DOCKER, **target}
    return Spec(
        id="100_t_00",
        uuid="7c8ef0b6-0000-4000-8000-000000000000",
        name=name or "wn01-00.example.org",
        number=0,
        factory="wn01.example.org",
        space="vac.example.org",
        target=Target(name="t", **options),
        processors=processors,
        memory_bytes=512 * MIB,
        disk_bytes=disk_bytes,
        directory=directory,
        created_wall=100,
        deadline_at=1e9,
        deadline_wall=200,
        ticket_number=3,
        window_number=7,
        window_opener="wn02.example.org",
    )


def ended(**facts: Any) -> Container:
    """Return a container that ran from 1000 to 2000 and ended with 0, unless `facts` say otherwise."""
    usual = {
        "id": "c" * 64,
        "machine_id": "100_t_00",
        "status": "exited",
        "started_wall": 1000.0,
        "ended_wall": 2000.0,
        "memory_limit_bytes": 64 * MIB,
    }
    return Container(**{**usual, **facts})
