"""From the files of a factory to its `Settings`: all problems at once, or a whole that is complete.

Rules of this file: any problem of the site's own files is fatal, a typo in a target as much as a
missing space: the last good settings stand, and an admin's mistake is refused before it takes effect
(DESIGN section 3). Only what somebody else wrote, an entry of a pipe, is left out alone (see `pipe`).
Precedence of a target's options: ``[targets.PREFIX-SUFFIX]`` > ``[pipes.PREFIX]`` > the pipe >
``[defaults]`` > built-in. Whatever has no value in a file follows from `Host`, so that several factories
can live on one host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from vacnet.targets import sections
from vacnet.targets.address import PORT_DEFAULT, endpoint_text
from vacnet.targets.checks import RefusedError
from vacnet.targets.layers import layer_at
from vacnet.targets.model import (
    ControlSettings,
    DockerSettings,
    FactorySettings,
    FetchSettings,
    LibvirtSettings,
    MetadataSettings,
    MetricsSettings,
    PipeSource,
    Problem,
    ProcessSettings,
    Settings,
    SpaceSettings,
)
from vacnet.targets.options import SITE_CHECKS
from vacnet.targets.overridden import faults_of
from vacnet.targets.own_targets import faulty_options, named_targets, own_targets
from vacnet.targets.problems import shown, unknown_name
from vacnet.targets.reader import Reader
from vacnet.targets.safe import MEMBER
from vacnet.targets.section import Values
from vacnet.targets.source import SourceFile, merge_files

__all__ = ["Host", "Reading", "SourceFile", "read_settings"]

MAIN_NAME = "vacnet.toml"
OVERRIDE_NAME = "override.toml"
"""The file that is gone at reboot, known by its last component: what it sets is shown to everybody."""

LISTEN_DEFAULT = (endpoint_text("0.0.0.0", PORT_DEFAULT),)  # noqa: S104 - gossip is sealed, and a space spans hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What of the host the defaults follow from."""

    node_name: str
    processors: int
    state_directory: str
    runtime_directory: str
    config_directory: str
    runs_as_root: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the files gave: settings without a problem, or problems without settings."""

    settings: Settings | None
    problems: tuple[Problem, ...]
    draft: Settings | None = None
    """The settings as far as they could be read, problems or not: for looks at what else is wrong."""


def read_settings(files: Sequence[SourceFile], host: Host) -> Reading:
    """Return the settings that the files make, or every problem they have.

    Args:
        files: In the order of their precedence, lowest first.
        host: What defaults follow from.
    """
    reader = Reader(merge_files(files), main_file=f"{host.config_directory}/{MAIN_NAME}")
    settings = _settings(reader, host, files)
    order = {file.name: number for number, file in enumerate(files)}
    hidden = [problem for file in files for problem in faults_of(file)] if len(files) > 1 else []
    found = dict.fromkeys(reader.merged.problems + reader.problems + hidden)
    problems = sorted(found, key=lambda problem: (order.get(problem.place.file, 0), problem.place.line))
    return Reading(settings if not problems else None, tuple(problems), settings)


def _settings(reader: Reader, host: Host, files: Sequence[SourceFile]) -> Settings:
    """Return the settings as far as they could be read; they stand only if there is no problem."""
    top = reader.section((), sections.TOP, sections.TABLES)
    before = len(reader.problems)
    defaults = reader.section(("defaults",), SITE_CHECKS)
    faulty = faulty_options(reader, ("defaults",), before)
    pipes = tuple(_pipes(reader))
    named = named_targets(reader)
    owned = {name for name in named if any(name.startswith(pipe.prefix + "-") for pipe in pipes)}
    settings = Settings(
        space=_space(reader, host),
        factory=_factory(reader, host),
        process=_process(reader),
        docker=_docker(reader),
        libvirt=LibvirtSettings(**reader.section(("runtimes", "libvirt"), sections.LIBVIRT)),  # type: ignore[arg-type] # checked
        fetch=_fetch(reader),
        control=_control(reader, host),
        metrics=MetricsSettings(**reader.section(("metrics",), sections.METRICS)),  # type: ignore[arg-type] # checked
        metadata=MetadataSettings(**reader.section(("metadata",), sections.METADATA)),  # type: ignore[arg-type] # checked
        pipes=pipes,
        target_overrides=MappingProxyType({name: named[name].values for name in named if name in owned}),
        defaults=MappingProxyType(defaults),
        sources=tuple(file.name for file in files),
        override_active=any(file.name.rpartition("/")[2] == OVERRIDE_NAME for file in files),
        runs_as_root=host.runs_as_root,
        files_directory=f"{host.config_directory}/files",
        places=MappingProxyType(reader.places),
        **{"state_directory": host.state_directory, **top},  # type: ignore[arg-type] # checked
    )
    own = {name: said for name, said in named.items() if name not in owned}
    return msgspec.structs.replace(settings, targets=tuple(own_targets(reader, settings, own, faulty)))


def _pipes(reader: Reader) -> Iterator[PipeSource]:
    """Yield the ``[pipes.PREFIX]`` sections that can be used."""
    prefixes: list[str] = []
    for prefix in reader.names(("pipes",), "a pipe's prefix"):
        path = ("pipes", prefix)
        values = reader.section(path, sections.PIPE)
        rival = next((old for old in prefixes if _overlap(old, prefix)), "")
        if rival:
            reader.say(
                path, f"names targets that [pipes.{rival}] could name too; choose another prefix for one"
            )
        elif "vacuum_pipe_url" not in reader.table(path):
            reader.say(
                path, 'has no vacuum_pipe_url; add vacuum_pipe_url = "https://..." (or a file\'s path)'
            )
        elif "vacuum_pipe_url" in values:
            yield _pipe(reader, prefix, values)
        prefixes.append(prefix)


def _pipe(reader: Reader, prefix: str, values: Values) -> PipeSource:
    """Return one pipe's section as a value."""
    options = {
        name: value for name, value in values.items() if name in SITE_CHECKS and name != "target_share"
    }
    allowed = values.get("allow_machine_models")
    own: Values = {name: values[name] for name in ("target_share", "allow_images") if name in values}
    if isinstance(allowed, tuple):
        own["allow_machine_models"] = frozenset(allowed)
    return PipeSource(
        prefix=prefix,
        vacuum_pipe_url=str(values["vacuum_pipe_url"]),
        options=MappingProxyType(options),
        places=MappingProxyType(dict(layer_at(reader.places, f"pipes.{prefix}", values).places)),
        place=reader.place(("pipes", prefix)),
        **own,  # type: ignore[arg-type] # checked
    )


def _overlap(one: str, other: str) -> bool:
    """Tell whether two prefixes could name the same target: ``a`` with ``b-c``, ``a-b`` with ``c``."""
    return one.startswith(other + "-") or other.startswith(one + "-")


def _space(reader: Reader, host: Host) -> SpaceSettings:
    values = reader.section(("space",), sections.SPACE)
    unread = bool(reader.merged.problems)  # a file that could not be read may well have the name
    if "name" not in reader.table(("space",)) and not unread:
        reader.say(
            ("space", "name"), 'is missing; add [space] with name = "..." (the same on all its factories)'
        )
    built_in = {
        "name": "",
        "key_file": f"{host.config_directory}/space.key",
        "peers_file": f"{host.config_directory}/peers.toml",
        "listen": LISTEN_DEFAULT,
    }
    return SpaceSettings(**{**built_in, **values})  # type: ignore[arg-type] # each was converted by its check


def _factory(reader: Reader, host: Host) -> FactorySettings:
    values = reader.section(("factory",), sections.FACTORY)
    if "name" not in values:
        _check_node_name(reader, host.node_name)
    benchmark = values.pop("benchmark", None)
    if isinstance(benchmark, tuple):
        values["benchmark_name"], values["benchmark_per_processor"] = benchmark
    fields = {sections.RENAMED.get(key, key): value for key, value in values.items()}
    built_in = {"name": host.node_name, "processors": host.processors}
    return FactorySettings(**{**built_in, **fields})  # type: ignore[arg-type] # each was converted by its check


def _check_node_name(reader: Reader, node_name: str) -> None:
    try:
        MEMBER(node_name)
    except RefusedError:
        message = (
            f"{shown(node_name)}, the kernel's node name, is not {MEMBER.expected}; set name in [factory]"
        )
        reader.say(("factory", "name"), message)


def _process(reader: Reader) -> ProcessSettings:
    for name in reader.table(("runtimes",)):
        if name not in sections.RUNTIMES:
            place = reader.place(("runtimes", name))
            reader.problems.append(
                unknown_name(place, f"runtimes.{name}", "runtime with settings", sections.RUNTIMES)
            )
    return ProcessSettings(**reader.section(("runtimes", "process"), sections.PROCESS))  # type: ignore[arg-type] # checked


def _docker(reader: Reader) -> DockerSettings:
    values = reader.section(("runtimes", "docker"), sections.DOCKER)
    fields = {sections.RENAMED.get(key, key): value for key, value in values.items()}
    return DockerSettings(**fields)  # type: ignore[arg-type] # each was converted by its check


def _fetch(reader: Reader) -> FetchSettings:
    values = reader.section(("fetch",), sections.FETCH)
    fields = {sections.RENAMED.get(key, key): value for key, value in values.items()}
    return FetchSettings(**fields)  # type: ignore[arg-type] # each was converted by its check


def _control(reader: Reader, host: Host) -> ControlSettings:
    values = reader.section(("control",), sections.CONTROL)
    return ControlSettings(**{"socket": f"{host.runtime_directory}/control.sock", **values})  # type: ignore[arg-type] # checked
