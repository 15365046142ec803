"""The one table of target options: what each may be, in the site's files and in a pipe.

Rules of this file: one row an option. A row without `pipe` is the site's alone: caps, groups, host
directories and how long a claim waits are no business of whoever publishes a pipe. Keys that a pipe
may say are those of the Vacuum Platform (HSF-TN-2016-04) and Vac 3.01, and those of ours that only
touch the target's own machines. Bounds are generous: they keep mistakes out (seconds taken for
milliseconds), they do not tune anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vacnet.targets import safe
from vacnet.targets.checks import (
    Check,
    RefusedError,
    choice,
    flag,
    line,
    lines,
    number,
    pattern,
    secret,
    size,
    table,
    whole,
    words,
)
from vacnet.targets.model import GIB, MODEL_ALIASES, Metadata, Model, Network, Proof

PROCESSORS_MAX = 4096
GPUS_MAX = 64
DAY_SECONDS = 86400
LIFE_SECONDS_MAX = 366 * DAY_SECONDS
SHARE_MAX = 1e6
USER_DATA_MAX = 256
"""Options or files of user_data of one target."""

USER_DATA_NAME = r"[a-z0-9_]{1,64}"
FREE_NAME = "lower-case letters, digits and _ (at most 64)"
MODELS: Mapping[str, Model] = MappingProxyType({**{str(model): model for model in Model}, **MODEL_ALIASES})


@dataclass(frozen=True, slots=True)
class Option:
    """One row: what an option may be and who may say it."""

    site: Check
    pipe: Check | None = None
    """None: never taken from a pipe."""
    field: str = ""
    """Its field of `Target`; empty: the same name."""


def _both(check: Check) -> Option:
    return Option(check, check)


def _text_or_number(text: Check) -> Check:
    """Return a check that takes numbers too: Vac passed option values through ``str()``."""

    def convert(value: object) -> object:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return text(str(value) if is_number else value)

    return secret(Check(text.expected, convert))


USER_DATA_OPTIONS = table(USER_DATA_NAME, FREE_NAME, _text_or_number(lines()), USER_DATA_MAX)
USER_DATA_FILES = table(USER_DATA_NAME, FREE_NAME, safe.SITE_FILE, USER_DATA_MAX)
PIPE_USER_DATA_OPTIONS = table(USER_DATA_NAME, FREE_NAME, _text_or_number(line()), USER_DATA_MAX)
PIPE_USER_DATA_FILES = table(USER_DATA_NAME, FREE_NAME, safe.FILE_NAME, USER_DATA_MAX)


def _exit_codes(value: object) -> Mapping[int, int]:
    """Return exit code -> code of an outcome from ``{ "0" = 200, "3" = 300 }``."""
    if not isinstance(value, Mapping):
        raise RefusedError
    found = _EXIT_TABLE(value)
    assert isinstance(found, Mapping)  # noqa: S101 - what `table` returns, for the type checker
    return MappingProxyType({int(code): meaning for code, meaning in found.items()})


_EXIT_TABLE = table(r"[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]", "0 to 255", whole(100, 999), 64)
_EXIT_CODES = Check('a table of exit codes and outcomes from 100 to 999, such as { "0" = 200 }', _exit_codes)

_SECONDS = whole(0, DAY_SECONDS)
_LIFE = whole(60, LIFE_SECONDS_MAX)
_CAP = whole(0, 1_000_000)

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "target_share": _both(number(0, SHARE_MAX)),
        "group": Option(pattern("a group's name", r"[A-Za-z0-9_./=-]{1,253}")),
        "machine_model": _both(choice(MODELS)),
        "root_image": Option(safe.SITE_IMAGE, safe.PIPE_IMAGE),
        "user_data": Option(safe.SITE_USER_DATA, safe.PIPE_USER_DATA),
        "container_command": _both(safe.COMMAND),
        "cvmfs_repositories": _both(words(safe.REPOSITORY, 64)),
        "tmp_binds": _both(words(safe.TMP_BIND, 16)),
        "root_device": _both(safe.DEVICE),
        "scratch_device": _both(safe.DEVICE),
        "metadata": _both(choice({str(metadata): metadata for metadata in Metadata})),
        # What its machines reach is the site's to say: a pipe would stand above [defaults].
        "network": Option(choice({str(network): network for network in Network})),
        "min_processors": _both(whole(1, PROCESSORS_MAX)),
        "max_processors": _both(whole(1, PROCESSORS_MAX)),
        "memory_per_processor": Option(
            size(GIB // 1024, 4096 * GIB), size(GIB // 1024, 4096 * GIB), "memory_bytes_per_processor"
        ),
        "disk_gb_per_processor": _both(whole(0, 100_000)),
        # Devices and privileges of a host are never a pipe's to ask for (DESIGN section 9).
        "gpus": Option(whole(0, GPUS_MAX)),
        "allow_new_privileges": Option(flag()),
        "max_wallclock_seconds": _both(_LIFE),
        "min_wallclock_seconds": _both(_LIFE),
        "backoff_seconds": _both(whole(1, DAY_SECONDS)),
        "backoff_max_seconds": _both(whole(1, 8 * DAY_SECONDS)),
        "fizzle_seconds": _both(whole(1, DAY_SECONDS)),
        "heartbeat_file": _both(safe.FILE_NAME),
        "heartbeat_seconds": _both(_SECONDS),
        "proof": _both(choice({str(proof): proof for proof in Proof})),
        "proof_seconds": _both(_SECONDS),
        "gain": _both(whole(1, 16)),
        "claim_wait_seconds": Option(number(0.1, 60)),
        "exit_codes": _both(_EXIT_CODES),
        "max_machines_running": Option(_CAP),
        "max_processors_running": Option(_CAP),
        "max_machines_per_factory": Option(_CAP),
        "machines_dir_days": Option(number(0, 3650)),
        "accounting_fqan": _both(
            pattern("a VOMS FQAN such as /atlas/Role=pilot", r"/[A-Za-z0-9_./=-]{1,253}")
        ),
        "image_sha256": _both(pattern("64 hexadecimal digits in lower case", r"[0-9a-f]{64}")),
        "image_sha512": _both(pattern("128 hexadecimal digits in lower case", r"[0-9a-f]{128}")),
        "image_signing_dn": _both(line(512)),
        "legacy_proxy": _both(flag()),
        "user_data_proxy": _both(flag()),
        "user_data_options": Option(USER_DATA_OPTIONS, PIPE_USER_DATA_OPTIONS),
        "user_data_files": Option(USER_DATA_FILES, PIPE_USER_DATA_FILES),
        "files_directory": Option(safe.HOST_PATH),
    }
)

SITE_CHECKS: Mapping[str, Check] = MappingProxyType({name: option.site for name, option in OPTIONS.items()})
PIPE_CHECKS: Mapping[str, Check] = MappingProxyType(
    {name: option.pipe for name, option in OPTIONS.items() if option.pipe is not None}
)


def field_of(option: str) -> str:
    """Return the field of `Target` that an option fills."""
    return OPTIONS[option].field or option
