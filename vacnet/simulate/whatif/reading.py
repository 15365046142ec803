"""A scenario read: TOML in the words of `vacnet.toml` to a `Site`, or everything that is wrong with it.

Rules of this file: what a key may be stands in tables; options of targets and of `[factory]` are those of
`vacnet.targets`, so that a section of `vacnet.toml` can be pasted. Files come in the order of their
precedence, lowest first: what `--set` says is one more file on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from msgspec.structs import replace

from vacnet.simulate.network import Weather
from vacnet.simulate.whatif.site import HOUR_SECONDS, LOCAL, Hosts, Payload, Site
from vacnet.targets import sections
from vacnet.targets.checks import Check, RefusedError, number, whole
from vacnet.targets.layers import build_target, layer_at
from vacnet.targets.model import Model, Problem, Target
from vacnet.targets.options import SITE_CHECKS
from vacnet.targets.problems import unknown_name
from vacnet.targets.reader import Reader
from vacnet.targets.source import SourceFile, merge_files

DAY_SECONDS = 86400.0
HOURS_MAX = 14 * 24.0
FACTORIES_MAX = 2000
TABLES = ("factories", "targets", "payloads", "network")

UNSAID: Mapping[str, object] = MappingProxyType(
    {"machine_model": Model.PROCESS, "root_image": "/simulated", "user_data": "/simulated"}
)
"""What a real target needs and a simulated one does not."""


def _pairs(value: object) -> tuple[tuple[float, float], ...]:
    return tuple(_pair(item) for item in _list(value))


def _pair(value: object) -> tuple[float, float]:
    pair = _list(value)
    if len(pair) != 2:  # noqa: PLR2004 (a pair)
        raise RefusedError
    first, second = (float(str(_AMOUNT(item))) for item in pair)
    return first, second


def _spans(value: object) -> tuple[tuple[float, float], ...]:
    spans = _pairs(value)
    if any(until <= since for since, until in spans):
        raise RefusedError
    return spans


def _delay(value: object) -> tuple[float, float]:
    least, most = _pair(value)
    if least > most or most > LONGEST_DELAY_SECONDS:
        raise RefusedError
    return least, most


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise RefusedError
    return value


LONGEST_DELAY_SECONDS = 10.0
_AMOUNT = number(0, 1e9)
_PART = number(0, 1)
_LIFE = number(1, 366 * DAY_SECONDS)

TOP: Mapping[str, Check] = MappingProxyType({"hours": number(0.05, HOURS_MAX)})
_OF_FACTORY = ("processors", "memory_per_processor", "disk_gb_per_processor", "gpus", "benchmark")
HOSTS: Mapping[str, Check] = MappingProxyType(
    {
        "count": whole(1, FACTORIES_MAX),
        "processors_per_superslot": sections.FACTORY["processors_per_superslot"],
        **{name: sections.FACTORY[name] for name in _OF_FACTORY},
    }
)
PAYLOAD: Mapping[str, Check] = MappingProxyType(
    {
        "work_seconds": _LIFE,
        "empty_seconds": number(0, DAY_SECONDS),
        "job_started_seconds": number(0, DAY_SECONDS),
        "empty_hours": Check("a list of [from, to] in hours, such as [[2, 4], [6, 6.5]]", _spans),
        "jobs": Check("a list of [hour, jobs], such as [[0, 200], [3, 500]]", _pairs),
        "odd_300_part": _PART,
        "error_part": _PART,
        "error_code": whole(400, 999),
    }
)
NETWORK: Mapping[str, Check] = MappingProxyType(
    {
        "loss": number(0, 0.9),
        "delay_seconds": Check("[least, most] in seconds up to 10, such as [0.001, 0.1]", _delay),
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a scenario gave: a site, or problems."""

    site: Site | None
    problems: tuple[Problem, ...]


def read_site(files: Sequence[SourceFile]) -> Reading:
    """Return the site that the files describe together; the first gives it its name."""
    reader = Reader(merge_files(files), main_file=files[0].name)
    if reader.merged.problems:
        return Reading(None, tuple(reader.merged.problems))
    site = _site(reader, files[0].name)
    problems = tuple(dict.fromkeys(reader.problems))  # a table is looked at more than once
    return Reading(None if problems else site, problems)


def _site(reader: Reader, name: str) -> Site:
    top = reader.section((), TOP, TABLES)
    site = Site(
        name=name,
        hosts=tuple(_hosts(reader)),
        targets=tuple(_targets(reader)),
        payloads=dict(_payloads(reader)),
        weather=_weather(reader),
        seconds=HOUR_SECONDS * float(str(top.get("hours", 6))),
    )
    _complain(reader, site)
    return site


def _hosts(reader: Reader) -> Iterator[Hosts]:
    for name in reader.names(("factories",), "a kind of factory"):
        path = ("factories", name)
        values = reader.section(path, HOSTS)
        benchmark = values.pop("benchmark", None)
        if isinstance(benchmark, tuple):
            values["benchmark_per_processor"] = benchmark[1]
        fields = {sections.RENAMED.get(key, key): value for key, value in values.items()}
        said = reader.table(("factories",))[name]
        if isinstance(said, dict) and "processors" not in said:
            reader.say(path, "has no processors; add processors = 16, or how many each of them has")
        yield Hosts(**{"name": name, "processors": 1, **fields})  # type: ignore[arg-type] # each was checked


def _targets(reader: Reader) -> Iterator[Target]:
    for name in reader.names(("targets",), "a target's name"):
        before = len(reader.problems)
        values = reader.section(("targets", name), SITE_CHECKS)
        said = layer_at(reader.places, f"targets.{name}", values)
        place = reader.place(("targets", name))
        done = {**UNSAID, **said.values}
        target, broken = build_target(name, done, said.places, place, may_run_processes=True)
        if len(reader.problems) == before:  # what follows from a faulty value is not told besides
            reader.problems += [replace(rule.problem, key=f"targets.{rule.problem.key}") for rule in broken]
        yield target


def _payloads(reader: Reader) -> Iterator[tuple[str, Payload]]:
    known = list(reader.table(("targets",)))
    for name in reader.names(("payloads",), "a target's name"):
        path = ("payloads", name)
        values = reader.section(path, PAYLOAD)
        if name not in known:
            problem = unknown_name(reader.place(path), f"payloads.{name}", "target", known)
            reader.problems.append(problem)
        yield name, Payload(**values)  # type: ignore[arg-type] # each was converted by its check


def _weather(reader: Reader) -> Weather:
    values = reader.section(("network",), NETWORK)
    return Weather(**{"delay_seconds": LOCAL.delay_seconds, **values})  # type: ignore[arg-type] # checked


def _complain(reader: Reader, site: Site) -> None:
    if reader.merged.table.get("factories", {}) == {}:
        reader.say(("factories",), "there are none; add [factories.NAME] with count and processors")
    if reader.merged.table.get("targets", {}) == {}:
        reader.say(("targets",), "there are none; add [targets.NAME] with its target_share")
    elif not reader.problems and not any(target.target_share for target in site.targets):
        reader.say(
            ("targets",), "none has a target_share above 0, so nothing would be made; give one a share"
        )
    if site.factories > FACTORIES_MAX:
        reader.say(("factories",), f"{site.factories} together are more than {FACTORIES_MAX}; take fewer")


__all__ = ["Reading", "SourceFile", "read_site"]
