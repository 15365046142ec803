"""The sections of `vacnet.toml` and what each key may be: one table a section.

Rules of this file: tables only, and the checks that just one key needs. A key with a unit in its name
takes a number in that unit, one without takes text such as ``"2 GiB"``. Defaults stand in `model`,
those that follow from the host in `settings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from vacnet.targets import safe
from vacnet.targets.checks import (
    Check,
    RefusedError,
    address,
    address_or_off,
    choice,
    flag,
    line,
    lines,
    number,
    size,
    table,
    whole,
    words,
)
from vacnet.targets.model import PullPolicy
from vacnet.targets.options import (
    FREE_NAME,
    GPUS_MAX,
    MODELS,
    PROCESSORS_MAX,
    SITE_CHECKS,
    USER_DATA_FILES,
    USER_DATA_NAME,
    USER_DATA_OPTIONS,
)

Checks = Mapping[str, Check]

MIB = 1 << 20
TIB = 1 << 40
TIME_MAX = 1 << 40
"""Unix seconds: far enough off, and never milliseconds by mistake for long."""

BENCHMARKS = ("HEPscore23", "HS06")

_PATTERN = re.compile(r"(?:[a-z0-9.-]|\{host\}|\{domain\}|\{number(?::0[1-6]d)?\})+")


@runtime_checkable
class _Instant(Protocol):
    """A date and time as tomllib gives it; its module is a clock too, so only its shape is named."""

    def timestamp(self) -> float:
        """Return Unix seconds."""

    def utcoffset(self) -> object:
        """Return None where no time zone is written."""


def _unix_seconds(value: object) -> int:
    if isinstance(value, _Instant) and value.utcoffset() is not None:
        return int(value.timestamp())
    if type(value) is not int or not 0 <= value <= TIME_MAX:
        raise RefusedError
    return value


def _benchmark(value: object) -> tuple[str, float]:
    worth = number(0.01, 10_000)
    if not isinstance(value, dict) or len(value) != 1:
        raise RefusedError
    name, score = next(iter(value.items()))
    if name not in BENCHMARKS:
        raise RefusedError
    return name, float(str(worth(score)))


def _name_pattern(value: object) -> str:
    if not isinstance(value, str) or not _PATTERN.fullmatch(value) or "{number" not in value:
        raise RefusedError
    return value


SPACE: Checks = MappingProxyType(
    {
        "name": safe.SPACE,
        "key_file": safe.HOST_PATH,
        "peers_file": safe.HOST_PATH,
        "listen": words(address(), 16),
        "advertise": address(),
        "exclude": words(line(253), 1024),  # whatever name another factory may give itself
    }
)

FACTORY: Checks = MappingProxyType(
    {
        "name": safe.MEMBER,
        "processors": whole(1, PROCESSORS_MAX),
        "memory_per_processor": size(MIB, 4 * TIB),
        "disk_gb_per_processor": whole(0, 100_000),
        "gpus": whole(0, GPUS_MAX),
        "processors_per_superslot": whole(1, PROCESSORS_MAX),
        "overload_per_processor": number(0.1, 1000),
        "disk_free_min": size(0, 1024 * TIB),
        "memory_free_min": size(0, 1024 * TIB),
        "shutdown_time": Check("Unix seconds, or a date and time with its zone", _unix_seconds),
        "draining": flag(),
        "machine_name_pattern": Check(
            "lower-case letters, digits, . and - with {number}, such as {host}-{number:02d}{domain}",
            _name_pattern,
        ),
        "benchmark": Check(
            "a table of one benchmark and its score, such as { HEPscore23 = 17.2 }", _benchmark
        ),
        "site": line(253),
        "machinefeatures_options": table(USER_DATA_NAME, FREE_NAME, lines(), 256),
    }
)

PROCESS: Checks = MappingProxyType(
    {"process_user": safe.USER, "sandbox": choice({name: name for name in ("auto", "bwrap", "none")})}
)

DOCKER: Checks = MappingProxyType(
    {
        "socket": safe.ENGINE_SOCKET,
        "pull_policy": choice({str(policy): policy for policy in PullPolicy}),
        "auth_file": safe.HOST_PATH,
        "log_max": size(MIB, TIB),
        "pids_limit_per_processor": whole(16, 1 << 22),
        "stop_grace_seconds": whole(0, 600),
    }
)

LIBVIRT: Checks = MappingProxyType(
    {
        "uri": safe.LIBVIRT_URI,
        "domain_type": choice({name: name for name in ("auto", "kvm", "qemu")}),
        "network": choice({name: name for name in ("auto", "own", "user")}),
    }
)

RUNTIMES: Mapping[str, Checks] = MappingProxyType({"docker": DOCKER, "libvirt": LIBVIRT, "process": PROCESS})
"""Of ``[runtimes.NAME]``, by name."""

FETCH: Checks = MappingProxyType(
    {
        "proxy": safe.WEB_ADDRESS,
        "ca_file": safe.HOST_PATH,
        "timeout_seconds": number(0.1, 600),
        "pipe_bytes_max": whole(1024, 64 * MIB),
        "user_data_bytes_max": whole(1024, 64 * MIB),
        "image_max": size(MIB, 64 * TIB),
        "images_max": size(MIB, 1024 * TIB),
    }
)

CONTROL: Checks = MappingProxyType({"socket": safe.SOCKET_PATH, "group": safe.GROUP})

METRICS: Checks = MappingProxyType({"listen": address_or_off()})

METADATA: Checks = MappingProxyType({"vendor_data_file": safe.HOST_PATH, "root_public_key": safe.HOST_PATH})

TOP: Checks = MappingProxyType(
    {
        "state_directory": safe.HOST_PATH,
        "user_data_options": USER_DATA_OPTIONS,
        "user_data_files": USER_DATA_FILES,
    }
)
TABLES = (
    *("space", "factory", "runtimes", "fetch", "control", "metrics", "metadata"),
    *("defaults", "targets", "pipes"),
)
"""Sections that are read one by one, beside the keys of `TOP`."""

PIPE_OWN: Checks = MappingProxyType(
    {
        "vacuum_pipe_url": safe.PIPE_ADDRESS,
        "allow_machine_models": words(choice(MODELS), len(MODELS)),
        "allow_images": words(line(1024), 256),
    }
)
PIPE: Checks = MappingProxyType({**PIPE_OWN, **SITE_CHECKS})

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "memory_per_processor": "memory_bytes_per_processor",
        "disk_free_min": "disk_free_bytes_min",
        "log_max": "log_bytes_max",
        "memory_free_min": "memory_free_bytes_min",
        "image_max": "image_bytes_max",
        "images_max": "images_bytes_max",
    }
)
"""Keys whose converted value stands under a name with its unit in `model`."""
