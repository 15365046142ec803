"""What the machines of a factory stand in: its identity, its clock, and where user_data comes from.

Rules of this file: values and protocols only. Whoever wires a factory implements the protocols; the
life of a machine knows nothing of settings files, HTTP or the kernel's clocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vacnet import __version__
from vacnet.targets.model import Target


class Clock(Protocol):
    """The two times of a factory, in seconds."""

    def boottime(self) -> float:
        """Return CLOCK_BOOTTIME: what deadlines, ages and waits run on."""
        ...

    def wall(self) -> float:
        """Return Unix time: for display and for what outlives a boot."""
        ...


@dataclass(frozen=True, slots=True)
class Template:
    """A target's user_data before substitution."""

    body: bytes
    url: str
    """Where it was had; the pattern ``##user_data_url##`` tells it if it is http(s)."""


class Sources(Protocol):
    """Where the contents of user_data come from."""

    async def template(self, target: Target) -> Template:
        """Return the target's `user_data`, unsubstituted.

        Raises:
            NotNowError: not to be had now.
        """
        ...

    async def file(self, target: Target, name: str) -> bytes:
        """Return what a `user_data_file_XXX` option names; `name` is that option's value.

        Raises:
            NotNowError: not to be had now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIdentity:
    """The factory as its machines are told of it."""

    factory: str
    space: str
    boot_id: str
    """The kernel's identity of this boot: times of CLOCK_BOOTTIME mean nothing under another."""
    host: str
    """First label of the factory's name."""
    domain: str = ""
    """The rest of the factory's name with its leading dot; empty when there is none."""
    machine_name_pattern: str = "{host}-{number:02d}{domain}"
    site: str = ""
    version: str = f"vacnet {__version__}"
    benchmark_name: str = ""
    benchmark_per_processor: float = 0.0
    """HEPscore23 or HS06 of one processor; 0: not told."""
    machinefeatures_options: Mapping[str, str] = field(default_factory=dict)
    user_data_options: Mapping[str, str] = field(default_factory=dict)
    user_data_files: Mapping[str, str] = field(default_factory=dict)
    """For all targets; what a target says itself stands above both."""
    machine_user: tuple[int, int] | None = None
    """Uid and gid that process and Apptainer machines run as; None: those of the factory."""
