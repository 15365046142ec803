"""Where a factory's files are: from its options, systemd's variables, the settings, or the user it runs as.

Rules of this file: the first that says something wins, and nothing is fixed, so several factories live on
one host. State: the option, `state_directory` in the settings (looked for even where they have
problems, for machines have to be adopted then too), `$STATE_DIRECTORY`, root's /var/lib/vacnet, the
user's own state directory of the XDG base directory specification. A factory whose state is somewhere of
its own has its control socket and override file beside it; else they are in `$RUNTIME_DIRECTORY`,
/run/vacnet, or the user's runtime directory.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vacnet.targets.model import Place, Problem
from vacnet.targets.settings import Host, SourceFile

CONFIG_DIRECTORY = Path("/etc/vacnet")
MAIN_FILE = "vacnet.toml"
MORE_FILES = "conf.d"
OVERRIDE_FILE = "override.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    config: Path = CONFIG_DIRECTORY
    """A directory with `vacnet.toml` and `conf.d/*.toml`, or one file that stands alone."""
    state_directory: Path | None = None
    log: Literal["people", "json"] = "people"
    check: bool = False
    """Only say whether the settings are good."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one factory's files are."""

    config: Path
    state_directory: Path
    runtime_directory: Path

    def settings_files(self) -> tuple[Path, ...]:
        """Return the files of the settings, lowest precedence first; the override only if it exists."""
        override = self.runtime_directory / OVERRIDE_FILE
        return (*_config_files(self.config), *((override,) if override.exists() else ()))


def find(options: Options) -> Places:
    """Return where the files of a factory with these options are."""
    named = options.state_directory or _state_in_settings(_config_files(options.config))
    if named is not None:
        return Places(options.config, named.absolute(), named.absolute())
    state = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    usual = _usual_of_root() if os.geteuid() == 0 else _usual_of_user()
    return Places(options.config, Path(state or usual[0]), Path(runtime or usual[1]))


def host_of(places: Places) -> Host:
    """Return what of the host the defaults of the settings follow from."""
    config = places.config if places.config.is_dir() else places.config.parent
    return Host(
        node_name=os.uname().nodename,
        processors=len(os.sched_getaffinity(0)),
        state_directory=str(places.state_directory),
        runtime_directory=str(places.runtime_directory),
        config_directory=str(config.absolute()),
        runs_as_root=os.geteuid() == 0,
    )


def read_files(paths: Sequence[Path]) -> tuple[tuple[SourceFile, ...], tuple[Problem, ...]]:
    """Return the files that can be read, and a problem for each that cannot."""
    files: list[SourceFile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files.append(SourceFile(str(path), path.read_bytes()))
        except OSError as error:
            problems.append(Problem(Place(str(path)), "", _why_not_read(error)))
    return tuple(files), tuple(problems)


def _why_not_read(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; `vacnet config init` makes one, --config names another"
    return f"it cannot be read ({error.strerror}); who runs this has to be able to: as root, or with sudo"


def _config_files(config: Path) -> tuple[Path, ...]:
    if not config.is_dir():
        return (config,)
    return (config / MAIN_FILE, *sorted((config / MORE_FILES).glob("*.toml")))


def _state_in_settings(files: Sequence[Path]) -> Path | None:
    found = None
    for path in files:
        with suppress(OSError, ValueError):
            told = tomllib.loads(path.read_text()).get("state_directory")
            found = Path(told) if isinstance(told, str) and told else found
    return found


def _usual_of_root() -> tuple[str, str]:
    return "/var/lib/vacnet", "/run/vacnet"


def _usual_of_user() -> tuple[str, str]:
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return f"{state}/vacnet", f"{runtime}/vacnet" if Path(runtime).is_dir() else f"{state}/vacnet"
