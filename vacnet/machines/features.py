"""What a machine is told of itself: machinefeatures and jobfeatures.

Rules of this file: a key -> value table per directory and nothing else decides what a machine reads. A
key whose value is not known is left out, as the note asks. Values carry no newline. Sizes are bytes,
times Unix seconds, durations seconds.

Source: HSF-TN-2016-02, all keys of it; with Vac's deprecated ones, some of which break the note's own rule
that keys are lower case. Deviations from Vac 3: `grace_secs` and `grace_secs_job` are given, which the note
requires of whoever changes `shutdowntime` for running machines; `max_swap_bytes` and `scratch_limit_bytes`
too. `hs06` carries the site's benchmark per processor whatever its name, since HEPscore23 was
normalised to HS06 at its introduction. As in Vac, the "machine" of the note is the machine, not the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import HostIdentity

GRACE_SECONDS = 30
"""Between an announced shutdown and the end: what Vac gave a VM from the ACPI signal to its destruction."""

Value = int | float | str | None
"""None: not known, so no such key."""

_Value = Callable[[Spec, HostIdentity], Value]


def _benchmark(spec: Spec, host: HostIdentity) -> float | None:
    return round(host.benchmark_per_processor * spec.processors, 3) or None


def _wall_seconds(spec: Spec) -> int:
    return max(0, spec.deadline_wall - spec.created_wall)


MACHINEFEATURES: Mapping[str, _Value] = MappingProxyType(
    {
        "total_cpu": lambda spec, _: spec.processors,
        "hs06": _benchmark,
        "shutdowntime": lambda spec, _: spec.deadline_wall,
        "grace_secs": lambda _spec, _host: GRACE_SECONDS,
        "phys_cores": lambda spec, _: spec.processors,
        "log_cores": lambda spec, _: spec.processors,
        "jobslots": lambda _spec, _host: 1,
    }
)

JOBFEATURES: Mapping[str, _Value] = MappingProxyType(
    {
        "allocated_cpu": lambda spec, _: spec.processors,
        "hs06_job": _benchmark,
        "shutdowntime_job": lambda spec, _: spec.deadline_wall,
        "grace_secs_job": lambda _spec, _host: GRACE_SECONDS,
        "jobstart_secs": lambda spec, _: spec.created_wall,
        "job_id": lambda spec, _: spec.uuid,
        "wall_limit_secs": lambda spec, _: _wall_seconds(spec),
        "cpu_limit_secs": lambda spec, _: _wall_seconds(spec) * spec.processors,
        "max_rss_bytes": lambda spec, _: spec.memory_bytes,
        "max_swap_bytes": lambda _spec, _host: 0,
        "scratch_limit_bytes": lambda spec, _: spec.disk_bytes or None,
        "allocated_CPU": lambda spec, _: spec.processors,
        "cpufactor_lrms": lambda _spec, _host: 1.0,
        "cpu_limit_secs_lrms": lambda spec, _: _wall_seconds(spec) * spec.processors,
        "wall_limit_secs_lrms": lambda spec, _: _wall_seconds(spec),
        "mem_limit_MB": lambda spec, _: spec.memory_bytes // 1_000_000,
    }
)

CHANGING_MACHINEFEATURES = ("shutdowntime",)
CHANGING_JOBFEATURES = ("shutdowntime_job",)
"""What the note calls dynamic: written again when a deadline is lowered; all else stays as it was."""


def machinefeatures(spec: Spec, host: HostIdentity) -> dict[str, str]:
    """Return what `$MACHINEFEATURES` holds; the site's own options stand above the table."""
    return {**_values(MACHINEFEATURES, spec, host), **host.machinefeatures_options}


def jobfeatures(spec: Spec, host: HostIdentity) -> dict[str, str]:
    """Return what `$JOBFEATURES` holds."""
    return _values(JOBFEATURES, spec, host)


def _values(table: Mapping[str, _Value], spec: Spec, host: HostIdentity) -> dict[str, str]:
    values = {key: value(spec, host) for key, value in table.items()}
    return {key: str(value) for key, value in values.items() if value is not None}
