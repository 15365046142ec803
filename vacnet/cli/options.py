"""What several commands take: `--json`, `--ascii`, and where a factory is asked `--socket` and `--config`.

Rules of this file: options that several commands share stand here once, so that they mean the same
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Plain:
    """How to print."""

    json: bool = False
    """Print the result as JSON with its `schema` number, for programs."""
    ascii: bool = False
    """Use no signs beyond ASCII; so it is anyway where the terminal is not UTF-8."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask and how to print."""

    json: bool = False
    """Print the answer as JSON with its `schema` number, for programs."""
    socket: Path | None = None
    """Control socket of the factory to ask; else VACNET_SOCKET, else that of --config, else the host's."""
    config: Path | None = None
    """Settings of the factory meant, as `vacnet run` takes them; else /etc/vacnet."""
    ascii: bool = False
    """Use no signs beyond ASCII; so it is anyway where the terminal is not UTF-8."""


DEFAULT = Asking()
PLAIN = Plain()
