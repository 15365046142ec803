"""From a `Spec` to a container: what the engine is asked to create, and the line that does it by hand.

Rules of this file: pure but for looking which files there are. One list of traits, each both as the Engine
API takes it and as ``docker run`` does, so the line that is logged cannot say other than what was done. Vac's
containers had no hard limits at all; here the kernel holds each to its processors, memory and
processes. The command is one word, given as a list of one: no shell ever takes it apart.

Deviations from Vac 3: hard limits beside its shares, `no-new-privileges`, a bounded log, the three
Machine/Job Features variables in the environment (HSF-TN-2016-02 has payloads look there first).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vacnet.machines.layout import LAYOUTS
from vacnet.machines.spec import LABEL_PREFIX, Spec
from vacnet.runtimes.docker.binds import binds_of
from vacnet.runtimes.docker.image import reference_of
from vacnet.targets.model import DockerSettings, Model

Json = dict[str, Any]

PERIOD_MICROSECONDS = 100_000
"""The kernel's default cfs period."""
SHARES_PER_PROCESSOR = 1024
"""Vac's, and the kernel's weight of one ordinary group."""
LOG_FILES = 2
HOST_NAME_MAX = 64
"""Bytes that the kernel takes (gethostname(2))."""

DISK_LABEL = LABEL_PREFIX + "disk_bytes"
GPUS_LABEL = LABEL_PREFIX + "gpus"


@dataclass(frozen=True, slots=True)
class Trait:
    """One property of a container, in both spellings."""

    words: Sequence[str]
    """Of ``docker run``; empty where it has none."""
    top: Json
    """Of the body of ``POST /containers/create``."""
    host: Json
    """Of its `HostConfig`."""


def _top(words: Sequence[str], **values: object) -> Trait:
    return Trait(words, values, {})


def _host(words: Sequence[str], **values: object) -> Trait:
    return Trait(words, {}, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a container is made of."""

    spec: Spec
    settings: DockerSettings
    cvmfs: Path
    gpus: tuple[str, ...] = ()
    """Numbers of the GPUs that it gets for itself."""
    layer_bytes: int = 0
    """What the engine is to hold the writable layer to; 0: it cannot, or need not."""

    @property
    def traits(self) -> tuple[Trait, ...]:
        """Return every property of it, in the order in which a person would write them."""
        return tuple(_traits(self))

    @property
    def image(self) -> str:
        """Return the image's name as the engine takes it."""
        return reference_of(self.spec.target.root_image)

    def body(self) -> Json:
        """Return what is posted to create it."""
        body: Json = {"Image": self.image, "Cmd": [self.spec.target.container_command]}
        host: Json = {}
        for trait in self.traits:
            body.update(trait.top)
            host.update(trait.host)
        return {**body, "HostConfig": host}

    def line(self) -> str:
        """Return the command that makes the same container by hand; it holds no secret."""
        words = [word for trait in self.traits for word in trait.words]
        command = ["docker", "run", "--detach", *words, self.image, self.spec.target.container_command]
        return shlex.join(command)


def _traits(plan: Plan) -> Iterator[Trait]:
    spec = plan.spec
    hostname = _host_name(spec.name)
    yield _top(["--name", spec.name])
    yield _top(["--hostname", hostname], Hostname=hostname)
    yield from _limits(spec, plan.settings)
    yield from _disk(plan)
    yield from _privileges(plan)
    yield from _binds(plan)
    yield _log(plan.settings)
    seconds = plan.settings.stop_grace_seconds
    yield _top(["--stop-timeout", str(seconds)], StopTimeout=seconds)
    environment = environment_of(spec)
    yield _top(_each("--env", environment), Env=[f"{name}={environment[name]}" for name in environment])
    # Not in the line: a container made by hand is not the factory's to look after.
    yield _top([], Labels=labels_of(plan))


def _host_name(name: str) -> str:
    """Return the name as the kernel takes it: a longer one without its domain."""
    return name if len(name.encode()) <= HOST_NAME_MAX else name.partition(".")[0]


def _limits(spec: Spec, settings: DockerSettings) -> Iterator[Trait]:
    processors, memory = spec.processors, spec.memory_bytes
    quota, shares = processors * PERIOD_MICROSECONDS, processors * SHARES_PER_PROCESSOR
    # Not NanoCpus: an engine refuses more of those than the host has, and a site may overcommit.
    yield _host(
        ["--cpu-period", str(PERIOD_MICROSECONDS), "--cpu-quota", str(quota)],
        CpuPeriod=PERIOD_MICROSECONDS,
        CpuQuota=quota,
    )
    yield _host(["--cpu-shares", str(shares)], CpuShares=shares)
    yield _host(
        ["--memory", str(memory), "--memory-swap", str(memory)],
        Memory=memory,
        MemorySwap=memory,
    )
    pids = processors * settings.pids_limit_per_processor
    yield _host(["--pids-limit", str(pids)], PidsLimit=pids)


def _disk(plan: Plan) -> Iterator[Trait]:
    size = plan.spec.disk_bytes
    if not size:
        return
    # A single file larger than the whole disk is cut off at once; `guard` holds the sum.
    yield _host(["--ulimit", f"fsize={size}:{size}"], Ulimits=[{"Name": "fsize", "Soft": size, "Hard": size}])
    if plan.layer_bytes:
        layer = str(plan.layer_bytes)
        yield _host(["--storage-opt", f"size={layer}"], StorageOpt={"size": layer})


def _privileges(plan: Plan) -> Iterator[Trait]:
    if not plan.spec.target.allow_new_privileges:
        yield _host(["--security-opt", "no-new-privileges"], SecurityOpt=["no-new-privileges"])
    if plan.gpus:
        request = {"DeviceIDs": list(plan.gpus), "Capabilities": [["gpu"]]}
        yield _host(["--gpus", f'"device={",".join(plan.gpus)}"'], DeviceRequests=[request])


def _binds(plan: Plan) -> Iterator[Trait]:
    binds = binds_of(plan.spec, plan.cvmfs)
    words = [word for bind in binds for word in ("--mount", bind.words())]
    yield _host(words, Mounts=[bind.mount() for bind in binds])


def _log(settings: DockerSettings) -> Trait:
    options = {"max-size": str(settings.log_bytes_max // LOG_FILES), "max-file": str(LOG_FILES)}
    words = ["--log-driver", "json-file", *_each("--log-opt", options)]
    return _host(words, LogConfig={"Type": "json-file", "Config": options})


def _each(option: str, values: Mapping[str, str]) -> list[str]:
    return [word for name in values for word in (option, f"{name}={values[name]}")]


def environment_of(spec: Spec) -> dict[str, str]:
    """Return what a payload finds in its environment, beside what its image puts there."""
    layout = LAYOUTS[Model.DOCKER]
    return {
        "MACHINEFEATURES": layout.machinefeatures,
        "JOBFEATURES": layout.jobfeatures,
        "JOBOUTPUTS": layout.joboutputs,
        "VACNET_MACHINE": spec.id,
        "VACNET_UUID": spec.uuid,
    }


def labels_of(plan: Plan) -> dict[str, str]:
    """Return the labels that say whose it is, and what has to be known of it after a restart."""
    own = {DISK_LABEL: str(plan.spec.disk_bytes)}
    if plan.gpus:
        own[GPUS_LABEL] = ",".join(plan.gpus)
    return {**plan.spec.labels(), **own}
